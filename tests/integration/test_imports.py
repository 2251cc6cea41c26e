"""Labels of other tools on their way into a project: shown, or accepted, once, whatever dies in between."""

import io
import json
import zipfile
from typing import Any

import pytest

from domain.imports import service
from schema.enums import OrganisationKind, Role, Topic
from tests.harness import Job, Stack, box, make_job
from tests.integration.pictures import disc_png
from tests.integration.test_uploads import send_all
from workers.handlers import imports

CATEGORIES = [{"id": 1, "name": "COIN"}, {"id": 2, "name": "button"}]
SIZE = {"width": 320, "height": 240}


@pytest.fixture
def job(stack: Stack) -> Job:
    """Three pictures with an open task each."""
    made = make_job(stack)
    for number in range(3):
        stack.put(made.bucket, f"in/{number}.png", disc_png(number))
    stack.pump()
    return made


def coco(annotations: dict[str, list[dict[str, Any]]], **image: Any) -> bytes:
    """A file with an image for each name, and its annotations."""
    images = [{"id": n, "file_name": name, **SIZE, **image} for n, name in enumerate(annotations, 1)]
    listed = [
        {"id": 0, "image_id": n, "category_id": 1, "bbox": [10, 10, 50, 50], **one}
        for n, found in enumerate(annotations.values(), 1)
        for one in found
    ]
    return json.dumps({"images": images, "categories": CATEGORIES, "annotations": listed}).encode()


def archive(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in files.items():
            target.writestr(name.replace("__", "/").replace("_txt", ".txt").replace("_yaml", ".yaml"), text)
    return out.getvalue()


def upload(job: Job, body: bytes) -> int:
    begun = job.client.call("POST", "/v1/uploads", json={"purpose": "labels", "name": "l", "bytes": len(body)})
    return int(send_all(job.client, begun, body)["id"])


def request(job: Job, body: bytes, mode: str = "predictions", format: str = "coco", **more: Any) -> int:
    wanted = {"upload_id": upload(job, body), "format": format, "mode": mode} | more
    return int(job.client.call("POST", f"/v1/projects/{job.project_id}/imports", json=wanted)["id"])


def show(job: Job, import_id: int) -> dict[str, Any]:
    return dict(job.client.call("GET", f"/v1/projects/{job.project_id}/imports/{import_id}"))


def run(job: Job, body: bytes, mode: str = "predictions", format: str = "coco", **more: Any) -> dict[str, Any]:
    import_id = request(job, body, mode, format, **more)
    job.stack.pump()
    return show(job, import_id)


def states(job: Job) -> dict[str, str]:
    return {t["key"]: t["state"] for t in job.tasks()}


def test_predictions_are_shown_to_whoever_begins(job: Job) -> None:
    done = run(job, coco({"in/0.png": [{}, {"category_id": 2}], "1.png": [{}], "unknown.png": [{}]}))
    assert (done["state"], done["counts"]["images_matched"], done["counts"]["images_unknown"]) == ("complete", 2, 1)
    assert (done["counts"]["objects"], done["counts"]["tasks_changed"]) == (3, 2)
    assert [p["where"] for p in done["problems"]] == ["unknown.png"]
    leases = [job.claim(person) for person in job.annotators]
    shown = sorted(len(lease["prelabels"] or ()) for lease in leases if lease)
    assert set(shown) <= {0, 1, 2}
    assert sum(shown) > 0


def test_imported_objects_say_where_they_come_from(job: Job) -> None:
    run(job, coco({"in/0.png": [{"score": 0.5}]}))
    items = job.client.call("GET", f"/v1/projects/{job.project_id}/items?limit=10")["items"]
    [item] = [i for i in items if i["prelabels"]]
    assert [(o["origin"], o["score"], o["class_id"]) for o in item["prelabels"]] == [("import", 0.5, 1)]


def test_task_that_somebody_has_begun_keeps_what_it_showed(job: Job) -> None:
    lease = job.claim(job.annotators[0])
    assert lease is not None
    done = run(job, coco({f"in/{n}.png": [{}] for n in range(3)}))
    assert (done["counts"]["tasks_changed"], done["counts"]["tasks_begun"]) == (2, 1)
    again = job.annotators[0].call("GET", f"/v1/leases/{lease['lease_id']}")
    assert not again["prelabels"]


def test_labels_for_a_task_that_still_waits_are_shown_when_it_opens(job: Job) -> None:
    stack = job.stack
    stack.put(job.bucket, "late.png", disc_png(9))
    for body in stack.receive_all(Topic.IMAGES):
        stack.deliver(Topic.IMAGES, body)
    import_id = request(job, coco({"late.png": [{}]}))
    stack.relay()
    for body in stack.receive_all(Topic.IMPORT):
        stack.deliver(Topic.IMPORT, body)
    assert (show(job, import_id)["counts"]["tasks_changed"], states(job)["late.png"]) == (1, "waiting")
    stack.pump()
    items = job.client.call("GET", f"/v1/projects/{job.project_id}/items?limit=10")["items"]
    assert [i["key"] for i in items if i["prelabels"]] == ["late.png"]


def test_accepted_labels_are_released_without_a_vote(job: Job) -> None:
    done = run(job, coco({"in/0.png": [{}, {"category_id": 2}], "in/1.png": []}), mode="accepted")
    assert (done["counts"]["tasks_changed"], done["counts"]["objects"]) == (2, 2)
    assert states(job) == {"in/0.png": "accepted", "in/1.png": "accepted", "in/2.png": "open"}
    assert job.label(job.annotators[0], lambda _: [box(1, 1, 9, 9)]) == 1
    [task] = [t for t in job.tasks() if t["key"] == "in/0.png"]
    [decision] = job.client.call("GET", f"/v1/tasks/{task['id']}")["decisions"]
    assert (decision["rule"], decision["outcome"], task["votes"]) == ("import-1", "accept", 0)
    release = job.client.call("POST", "/v1/releases", json={"project_id": job.project_id})
    job.stack.pump()
    found = job.client.call("GET", f"/v1/releases/{release['id']}")
    assert (found["state"], found["images"], found["objects"]) == ("complete", 2, 2)


def test_image_whose_labels_cannot_all_stand_is_not_accepted(job: Job) -> None:
    done = run(job, coco({"in/0.png": [{}, {"bbox": [1, 1, float("nan"), 2]}]}), mode="accepted")
    assert (done["counts"]["objects"], done["counts"]["refused"], done["counts"]["tasks_changed"]) == (1, 1, 0)
    assert states(job)["in/0.png"] == "open"


def test_labels_of_a_picture_of_another_size_are_refused(job: Job) -> None:
    done = run(job, coco({"in/0.png": [{}]}, width=640))
    assert (done["counts"]["refused"], done["counts"]["objects"]) == (1, 0)
    assert "640 x 240" in done["problems"][0]["problem"]


def test_unknown_categories_are_counted_unless_the_map_names_them(job: Job) -> None:
    body = coco({"in/0.png": [{"category_id": 9}, {"category_id": 9}]})
    assert run(job, body)["counts"]["unknown_categories"] == {"9": 2}
    assert run(job, body, class_map={"9": 2})["counts"]["objects"] == 2


def test_map_to_a_class_that_is_not_there_is_refused(job: Job) -> None:
    wanted = {"upload_id": upload(job, b"{}"), "format": "coco", "mode": "predictions", "class_map": {"a": 77}}
    problem = job.client.call("POST", f"/v1/projects/{job.project_id}/imports", json=wanted, expect=422)
    assert (problem["code"], problem["facts"]["class_ids"]) == ("class_map_invalid", [77])


def test_yolo_archive_is_read_with_its_names(job: Job) -> None:
    body = archive(
        labels__train__0_txt="0 0.5 0.5 0.2 0.2\n1 0.1 0.1 0.4 0.1 0.4 0.4\n",
        labels__train__1_txt="0 0.5 0.5 0.2 0.2 0.9\nrubbish\n",
        data_yaml="names: [coin, button]\n",
    )
    done = run(job, body, format="yolo")
    assert (done["counts"]["images_matched"], done["counts"]["objects"], done["counts"]["refused"]) == (2, 3, 1)
    assert done["problems"][0]["where"].endswith("labels/train/1.txt:2")


@pytest.mark.parametrize(
    ("body", "format", "reason"),
    [
        (b"no json", "coco", "not JSON"),
        (b"no zip", "yolo", "no zip archive"),
        (archive(readme="x"), "yolo", "no label file"),
        (archive(a_txt="0 " * 3_000_000), "yolo", "unpacks to more"),
    ],
)
def test_file_that_cannot_be_read_fails_with_the_reason(job: Job, body: bytes, format: str, reason: str) -> None:
    done = run(job, body, format=format)
    assert done["state"] == "failed"
    assert reason in done["reason"]
    lines = job.client.call("GET", "/v1/me/notifications")["items"]
    assert [line["kind"] for line in lines] == ["import_failed"]


def test_worker_that_dies_between_pages_goes_on_where_it_was(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "PAGE", 1)
    import_id = request(job, coco({f"in/{n}.png": [{}] for n in range(3)}), mode="accepted")
    job.stack.relay()
    [body] = job.stack.receive_all(Topic.IMPORT)
    write, written = service.write_page, list[int]()

    def die_after_two(*arguments: Any, **options: Any) -> bool:
        if len(written) == 2:
            raise RuntimeError("killed")
        written.append(1)
        return write(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(imports, "write_page", die_after_two)
        with pytest.raises(RuntimeError):
            job.stack.deliver(Topic.IMPORT, body)
    for _ in range(2):
        job.stack.deliver(Topic.IMPORT, body)
    done = show(job, import_id)
    assert (done["state"], done["counts"]["objects"], done["counts"]["tasks_changed"]) == ("complete", 3, 3)
    assert set(states(job).values()) == {"accepted"}


def test_import_whose_message_was_lost_is_announced_again(job: Job) -> None:
    import_id = request(job, coco({"in/0.png": [{}]}))
    job.stack.relay()
    job.stack.receive_all(Topic.IMPORT)
    job.stack.sweep()
    job.stack.pump()
    assert show(job, import_id)["state"] == "complete"


def test_who_asked_is_told_once_when_an_import_is_given_up(job: Job) -> None:
    import_id = request(job, coco({"in/0.png": [{}]}))
    for _ in range(job.stack.settings.max_resends + 1):
        job.stack.relay()
        job.stack.receive_all(Topic.IMPORT)
        job.stack.sweep()
    job.stack.pump()
    given_up = show(job, import_id)
    assert (given_up["state"], "stuck" in given_up["reason"]) == ("failed", True)
    for topic, body in list(job.stack.delivered):
        job.stack.deliver(topic, body)
    told = [n["kind"] for n in job.client.call("GET", "/v1/me/notifications")["items"]]
    assert told == ["import_failed"]


def test_repeated_request_with_one_key_imports_once(job: Job) -> None:
    wanted = {"upload_id": upload(job, coco({"in/0.png": [{}]})), "format": "coco"}
    path = f"/v1/projects/{job.project_id}/imports"
    headers = {"Authorization": f"Bearer {job.client.token}", "Idempotency-Key": "one"}
    ids = {job.client.client.post(path, json=wanted, headers=headers).json()["id"] for _ in range(2)}
    assert len(ids) == 1
    assert len(job.client.call("GET", path)["items"]) == 1


def test_only_the_projects_own_client_imports_and_only_what_is_complete(job: Job) -> None:
    path = f"/v1/projects/{job.project_id}/imports"
    begun = job.client.call("POST", "/v1/uploads", json={"purpose": "labels", "name": "l", "bytes": 3})
    wanted = {"upload_id": begun["id"], "format": "coco"}
    assert job.client.call("POST", path, json=wanted, expect=409)["code"] == "conflict"
    job.vendor.call("POST", path, json=wanted, expect=403)
    other = job.stack.add_person(job.stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    other.call("POST", path, json=wanted, expect=404)
    other.call("GET", path, expect=404)
    job.client.call("POST", path, json={"upload_id": 999, "format": "coco"}, expect=404)
