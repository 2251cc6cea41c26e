"""One photograph, all the way, through the API: bucket → event → task → answers → decision → review → release."""

import json
from typing import Any

import pytest
from pycocotools.coco import COCO

from schema.enums import Role, Topic
from tests.harness import Job, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png, discs, jpeg, png


def two_discs(_: dict[str, Any]) -> list[dict[str, Any]]:
    return [box(*disc_box(0)), box(*disc_box(1), class_id=2)]


def test_picture_in_the_bucket_becomes_an_open_task(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a folder/photo+1 é.png", disc_png())
    stack.pump()
    [image] = job.images()
    assert (image["key"], image["state"], image["width"], image["height"]) == (
        "a folder/photo+1 é.png", "ready", 320, 240,
    )  # fmt: skip
    [task] = job.tasks()
    assert (task["state"], task["votes"], task["target"]) == ("open", 0, 2)


def test_turned_jpeg_is_brought_upright(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "turned.jpg", jpeg(discs(), turn=6))
    stack.pump()
    [image] = job.images()
    assert (image["width"], image["height"]) == (240, 320)


@pytest.mark.parametrize(
    ("key", "body", "reason"),
    [
        ("empty.jpg", b"", "empty"),
        ("notes.jpg", b"just some text, not a picture at all", "wrong_type"),
        ("cut.png", disc_png()[:2000], "unreadable"),
    ],
)
def test_unusable_file_is_quarantined_with_a_reason_and_no_task(
    stack: Stack, key: str, body: bytes, reason: str
) -> None:
    job = make_job(stack)
    stack.put(job.bucket, key, body)
    stack.pump()
    [image] = job.images()
    assert (image["state"], image["reason"]) == ("quarantined", reason)
    assert len(image["detail"]) > 20
    assert job.tasks() == []


def test_oversize_file_is_quarantined_undownloaded(stack: Stack) -> None:
    job = make_job(stack)
    object.__setattr__(stack.work, "settings", stack.settings.model_copy(update={"picture_max_bytes": 100}))
    stack.put(job.bucket, "huge.png", disc_png())
    stack.pump()
    [image] = job.images()
    assert (image["state"], image["reason"]) == ("quarantined", "too_large")


def test_test_event_of_s3_is_no_image(stack: Stack) -> None:
    job = make_job(stack)
    stack.deliver(Topic.IMAGES, json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": job.bucket}))
    assert job.images() == []


def test_agreeing_answers_are_accepted_without_a_supervisor(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    for person in job.annotators[:2]:
        assert job.label(person, two_discs) == 1
    stack.pump()
    [task] = job.tasks()
    assert (task["state"], task["votes"], task["outcome"]) == ("accepted", 2, "accept")


def test_nobody_labels_a_task_twice(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    person = job.annotators[0]
    assert job.label(person, two_discs) == 1
    assert job.claim(person) is None


def test_disagreement_asks_one_more_and_the_majority_is_accepted(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    job.label(job.annotators[0], two_discs)
    job.label(job.annotators[1], lambda _: [box(*disc_box(0))])
    stack.pump()
    [task] = job.tasks()
    assert (task["state"], task["target"], task["causes"]) == ("open", 3, ["missing"])
    job.label(job.annotators[2], two_discs)
    stack.pump()
    [task] = job.tasks()
    story = job.client.call("GET", f"/v1/tasks/{task['id']}")
    assert task["state"] == "accepted"
    assert len(story["objects"]) == 2


def contest(stack: Stack) -> Job:
    """A job with one task in review: one missed the second disc, two gave it different classes."""
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    job.label(job.annotators[0], lambda _: [box(*disc_box(0)), box(*disc_box(1), class_id=1)])
    job.label(job.annotators[1], lambda _: [box(*disc_box(0)), box(*disc_box(1), class_id=2)])
    stack.pump()
    job.label(job.annotators[2], lambda _: [box(*disc_box(0))])
    stack.pump()
    assert job.tasks()[0]["state"] == "in_review"
    return job


def review_of(job: Job) -> tuple[dict[str, Any], dict[str, Any]]:
    lease = job.claim(job.supervisor)
    assert lease is not None
    return lease, job.supervisor.call("GET", f"/v1/leases/{lease['lease_id']}/review")


def contested(view: dict[str, Any]) -> dict[str, Any]:
    [entry] = [entry for entry in view["objects"] if entry["causes"]]
    return entry


def test_contested_object_reaches_the_supervisor_with_every_version(stack: Stack) -> None:
    job = contest(stack)
    lease, view = review_of(job)
    assert lease["stage"] == "review"
    entry = contested(view)
    assert entry["causes"] == ["class"]
    assert sorted(v["object"]["class_id"] for v in entry["versions"]) == [1, 2]
    assert len(view["objects"]) == 2


def test_annotators_never_draw_review_work(stack: Stack) -> None:
    job = contest(stack)
    assert all(job.claim(person) is None for person in job.annotators)


def test_supervisor_takes_one_version_and_the_object_keeps_its_id(stack: Stack) -> None:
    job = contest(stack)
    lease, view = review_of(job)
    entry = contested(view)
    chosen = next(v for v in entry["versions"] if v["object"]["class_id"] == 2)
    body = {"verdicts": [{"object_id": entry["object"]["id"], "choice": "version", "lease_id": chosen["lease_id"]}]}
    job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/review", json=body)
    [task] = job.tasks()
    story = job.client.call("GET", f"/v1/tasks/{task['id']}")
    assert task["state"] == "accepted"
    final = {o["object"]["id"]: o["object"]["class_id"] for o in story["objects"]}
    assert final[entry["object"]["id"]] == 2
    assert [d["rule"] for d in story["decisions"]][-1] == "review-1"


def test_review_without_a_verdict_for_a_contested_object_is_refused(stack: Stack) -> None:
    job = contest(stack)
    lease, _ = review_of(job)
    job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/review", json={}, expect=422)
    assert job.tasks()[0]["state"] == "in_review"


def test_supervisor_fixes_removes_and_adds(stack: Stack) -> None:
    job = contest(stack)
    lease, view = review_of(job)
    [plain] = [entry for entry in view["objects"] if not entry["causes"]]
    fixed = box(100, 80, 200, 160, class_id=2)
    added = box(10, 10, 40, 40)
    verdicts = [
        {"object_id": contested(view)["object"]["id"], "choice": "fix", "fixed": fixed},
        {"object_id": plain["object"]["id"], "choice": "remove"},
    ]
    body = {"verdicts": verdicts, "added": [added]}
    job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/review", json=body)
    story = job.client.call("GET", f"/v1/tasks/{job.tasks()[0]['id']}")
    found = {o["object"]["id"]: o["object"]["shape"] for o in story["objects"]}
    assert found == {contested(view)["object"]["id"]: fixed["shape"], added["id"]: added["shape"]}


def test_work_sent_back_reaches_its_author_alone_and_is_decided_again(stack: Stack) -> None:
    job = contest(stack)
    lease, view = review_of(job)
    author_lease = max(a["lease_id"] for a in view["answers"])
    body = {"send_back": [author_lease], "feedback": "the second coin is missing"}
    path = f"/v1/leases/{lease['lease_id']}/review"
    first = job.supervisor.call("POST", path, json=body)
    assert job.supervisor.call("POST", path, json=body) == first
    assert [job.claim(p) is None for p in job.annotators[:2]] == [True, True]
    again = job.claim(job.annotators[2])
    assert again is not None
    assert again["feedback"] == "the second coin is missing"
    assert len(again["last_answer"]) == 1
    job.submit(job.annotators[2], again, two_discs(again))
    stack.pump()
    [task] = job.tasks()
    assert (task["state"], task["votes"]) == ("accepted", 3)


def test_feedback_is_shown_to_whom_it_is_about_and_to_nobody_else(stack: Stack) -> None:
    job = contest(stack)
    lease, view = review_of(job)
    author_lease = view["answers"][0]["lease_id"]
    body = {"send_back": [author_lease], "feedback": "the second coin is missing"}
    job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/review", json=body)
    told = [p for p in job.annotators if p.call("GET", "/v1/me/notifications")["items"]]
    [author] = told
    job.vendor.call("POST", f"/v1/members/{author.member_id}/deactivate", json={"reason": "done"})
    stranger = stack.add_person(job.vendor.organisation_id, Role.ANNOTATOR)
    job.vendor.call("POST", f"/v1/projects/{job.project_id}/workforce", json={})

    taken_over = job.claim(stranger)

    assert taken_over is not None
    assert taken_over["feedback"] is None


def test_send_back_without_feedback_is_refused(stack: Stack) -> None:
    job = contest(stack)
    lease, view = review_of(job)
    body = {"send_back": [view["answers"][0]["lease_id"]]}
    job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/review", json=body, expect=422)


def test_second_review_after_send_back_goes_to_a_supervisor_again(stack: Stack) -> None:
    job = contest(stack)
    lease, view = review_of(job)
    author_lease = max(a["lease_id"] for a in view["answers"])
    body = {"send_back": [author_lease], "feedback": "look again"}
    job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/review", json=body)
    again = job.claim(job.annotators[2])
    assert again is not None
    job.submit(job.annotators[2], again, [box(*disc_box(0))])
    stack.pump()
    assert job.tasks()[0]["state"] == "in_review"
    second, view = review_of(job)
    assert second["lease_id"] != lease["lease_id"]
    verdicts = [{"object_id": contested(view)["object"]["id"], "choice": "merged"}]
    job.supervisor.call("POST", f"/v1/leases/{second['lease_id']}/review", json={"verdicts": verdicts})
    assert job.tasks()[0]["state"] == "accepted"


def test_rejected_task_is_in_no_release(stack: Stack) -> None:
    job = contest(stack)
    lease, _ = review_of(job)
    body = {"reject": True, "feedback": "the picture is blurred"}
    job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/review", json=body)
    assert job.tasks()[0]["state"] == "rejected"
    release = release_of(job)
    assert (release["images"], release["objects"]) == (0, 0)


def release_of(job: Job) -> dict[str, Any]:
    created = job.client.call("POST", "/v1/releases", json={"project_id": job.project_id})
    job.stack.pump()
    return dict(job.client.call("GET", f"/v1/releases/{created['id']}"))


def read(job: Job, release: dict[str, Any], name: str) -> bytes:
    [file] = [f for f in release["files"] if f["name"] == name]
    return bytes(job.stack.work.bucket.get_bytes(file["s3_key"]))


def test_release_holds_what_was_accepted_and_pycocotools_reads_it(stack: Stack, tmp_path: Any) -> None:
    job = make_job(stack)
    ring = {
        "type": "polygon",
        "parts": [[[[20, 20], [120, 20], [120, 120], [20, 120]], [[50, 50], [90, 50], [90, 90], [50, 90]]]],
    }
    holed = box(0, 0, 1, 1) | {"shape": ring}
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    for person in job.annotators[:2]:
        job.label(person, lambda _: [holed, box(*disc_box(2), class_id=2)])
    stack.pump()
    release = release_of(job)
    assert (release["state"], release["images"], release["objects"]) == ("complete", 1, 2)
    path = tmp_path / "annotations.json"
    path.write_bytes(read(job, release, "annotations.json"))
    coco = COCO(str(path))
    by_class = {a["category_id"]: a for a in coco.loadAnns(coco.getAnnIds())}
    assert by_class[1]["iscrowd"] == 0
    assert by_class[1]["area"] == coco.annToMask(by_class[1]).sum() == 100 * 100 - 40 * 40
    assert by_class[1]["object_id"] == holed["id"]
    assert {c["name"] for c in coco.loadCats(coco.getCatIds())} == {"coin", "button"}


def test_releasing_the_same_snapshot_twice_gives_the_same_bytes(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    for person in job.annotators[:2]:
        job.label(person, two_discs)
    stack.pump()
    first, second = release_of(job), release_of(job)
    assert first["manifest_sha256"] == second["manifest_sha256"] is not None
    assert read(job, first, "annotations.json") == read(job, second, "annotations.json")


def test_plain_background_project_shows_prelabels(stack: Stack) -> None:
    job = make_job(stack, policy={"prelabeling": "plain_background", "prelabel_class_id": 1})
    stack.put(job.bucket, "a.png", png(discs(count=3)))
    stack.pump()
    lease = job.claim(job.annotators[0])
    assert lease is not None
    assert len(lease["prelabels"]) == 3
    assert {o["origin"] for o in lease["prelabels"]} == {"model"}
    assert all(0 < o["score"] <= 1 for o in lease["prelabels"])


def test_project_without_prelabelling_shows_none(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    lease = job.claim(job.annotators[0])
    assert lease is not None
    assert lease["prelabels"] is None


def test_agreement_is_reported_as_a_triple_with_intervals(stack: Stack) -> None:
    job = make_job(stack, policy={"max_votes": 2})
    for i in range(3):
        stack.put(job.bucket, f"{i}.png", disc_png(i))
    stack.pump()
    job.label(job.annotators[0], two_discs)
    job.label(job.annotators[1], lambda _: [box(*disc_box(0))])
    stack.pump()
    found = job.client.call("GET", f"/v1/projects/{job.project_id}/agreement")
    assert found["items"] == 3
    assert found["match_f1"]["value"] == pytest.approx(2 / 3)
    assert found["mean_iou"]["value"] == pytest.approx(1.0)
    assert found["match_f1"]["low"] <= found["match_f1"]["value"] <= found["match_f1"]["high"]
