"""Prediction sets: listed, compared with one another and with the final labels, and judged by people's answers."""

from typing import Any

import pytest

from schema.enums import OrganisationKind, Role
from schema.ids import new_object_id
from tests.harness import Job, Stack, box, make_job
from tests.integration.modelled import add_mapping, add_model, raw, set_model_state, start_run, work_off
from tests.integration.pictures import disc_png
from tests.integration.test_versions import publish

COIN, BUTTON = 1, 2


@pytest.fixture
def job(stack: Stack) -> Job:
    made = make_job(stack, policy={"min_votes": 1, "max_votes": 1})
    for number in range(3):
        stack.put(made.bucket, f"{number}.png", disc_png(number))
    stack.pump()
    return made


def make_set(job: Job, say: Any, *, version: str = "1", show: bool = False) -> int:
    mapping = add_mapping(job, add_model(job, version=version))
    start_run(job, mapping, show=show)
    work_off(job, say)
    job.stack.pump()
    return mapping


def sets(job: Job, tail: str = "") -> Any:
    return job.client.call("GET", f"/v1/projects/{job.project_id}/prediction-sets{tail}")


def two_things(_: Any) -> Any:
    return (raw(0, x0=10), raw(1, x0=100))


def label_first(job: Job, make: Any) -> dict[str, Any]:
    lease = job.claim(job.annotators[0])
    assert lease is not None
    job.submit(job.annotators[0], lease, make(lease))
    job.stack.pump()
    return lease


def test_sets_are_listed_with_their_counts(job: Job) -> None:
    first, second = make_set(job, two_things), make_set(job, lambda _: (), version="2")
    add_mapping(job, add_model(job, version="3"))  # of which nothing was run
    found = sets(job)["items"]
    assert [(s["mapping_id"], s["version"], s["images"], s["objects"]) for s in found] == [
        (first, "1", 3, 6),
        (second, "2", 3, 0),
    ]
    assert [s["mapping_id"] for s in sets(job, f"?limit=1&after={first}")["items"]] == [second]


def test_set_of_more_pictures_than_are_counted_says_so(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    make_set(job, two_things)
    [whole] = sets(job)["items"]
    monkeypatch.setattr("domain.runs.sets.MOST_COUNTED", 2)
    [first] = sets(job)["items"]
    assert (whole["images"], whole["objects"], whole["is_complete"]) == (3, 6, True)
    assert (first["images"], first["objects"], first["is_complete"]) == (2, 4, False)
    assert first["newest_at"] == whole["newest_at"]


def test_pictures_of_a_set_are_listed_in_pages(job: Job) -> None:
    mapping = make_set(job, two_things)
    page = sets(job, f"/{mapping}/pictures?limit=2")
    rest = sets(job, f"/{mapping}/pictures?limit=2&after={page['next']}")
    assert [p["key"] for p in page["items"] + rest["items"]] == ["0.png", "1.png", "2.png"]
    assert all(len(p["objects"]) == 2 for p in page["items"])
    assert rest["next"] is None


def test_two_sets_are_compared_on_the_images_that_both_have(job: Job) -> None:
    first = job.images()[0]["id"]

    def other(item: Any) -> Any:
        # The first picture: the coin is missing, and the button is taken for a coin.
        return (raw(0, x0=100),) if item.image_id == first else two_things(item)

    a, b = make_set(job, two_things), make_set(job, other, version="2")
    found = sets(job, f"/compare?a={a}&b={b}")
    assert (found["images"], found["is_complete"]) == (3, True)
    assert [(c["class_id"], c["objects_a"], c["objects_b"], c["matched"], c["mean_iou"]) for c in found["classes"]] == [
        (COIN, 3, 3, 2, 1.0),
        (BUTTON, 3, 2, 2, 1.0),
    ]
    assert [c["f1"] for c in found["classes"]] == [4 / 6, 4 / 5]
    [differing] = found["differing"]
    assert {k: differing[k] for k in ("image_id", "only_a", "only_b", "other_class", "matched")} == {
        "image_id": first,
        "only_a": 1,
        "only_b": 0,
        "other_class": 1,
        "matched": 0,
    }


def test_set_is_compared_with_the_final_labels_of_accepted_tasks(job: Job) -> None:
    a = make_set(job, two_things)
    label_first(job, lambda _: [box(10, 10, 60, 60, class_id=COIN)])
    found = sets(job, f"/compare?a={a}")
    assert (found["b"], found["images"]) == (None, 1)
    assert [(c["class_id"], c["objects_a"], c["objects_b"], c["matched"]) for c in found["classes"]] == [
        (COIN, 1, 1, 1),
        (BUTTON, 1, 0, 0),
    ]


@pytest.mark.parametrize(
    ("bound", "most", "images"),
    [("MOST_OBJECTS", 12, 3), ("MOST_OBJECTS", 11, 2), ("MOST_OBJECTS", 1, 1), ("MOST_COMPARED", 2, 2)],
)
def test_comparison_ends_at_its_bounds_and_says_so(
    job: Job, monkeypatch: pytest.MonkeyPatch, bound: str, most: int, images: int
) -> None:
    a, b = make_set(job, two_things), make_set(job, two_things, version="2")
    monkeypatch.setattr(f"domain.runs.sets.{bound}", most)
    found = sets(job, f"/compare?a={a}&b={b}")
    assert (found["images"], found["is_complete"]) == (images, images == 3)
    assert [c["objects_a"] for c in found["classes"]] == [images, images]


def test_answers_and_final_labels_are_bounded_like_sets(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = make_set(job, two_things, show=True)
    for _ in range(2):  # shown: two objects; the answer, and so the final labels: one
        label_first(job, lambda _: [box(10, 10, 60, 60, class_id=COIN)])
    for most, expected in ((6, (2, True)), (5, (1, False)), (1, (1, False))):
        monkeypatch.setattr("domain.runs.sets.MOST_OBJECTS", most)
        compared, accepted = sets(job, f"/compare?a={mapping}"), sets(job, f"/{mapping}/acceptance")
        assert (compared["images"], compared["is_complete"]) == expected
        assert (accepted["answers"], accepted["is_complete"]) == expected


def test_set_of_another_project_is_not_there(job: Job) -> None:
    a = make_set(job, two_things)
    for tail in (f"/compare?a={a}&b=987654", "/compare?a=987654", "/987654/pictures", "/987654/acceptance"):
        url = f"/v1/projects/{job.project_id}/prediction-sets{tail}"
        assert job.client.call("GET", url, expect=404)["code"] == "not_found"
    stranger = job.stack.add_person(job.stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    for tail in ("", f"/compare?a={a}", f"/{a}/pictures", f"/{a}/acceptance"):
        url = f"/v1/projects/{job.project_id}/prediction-sets{tail}"
        assert stranger.call("GET", url, expect=404)["code"] == "not_found"
        assert job.vendor.call("GET", url, expect=403)["code"] == "forbidden"


def test_answer_says_what_it_has_of_the_pre_labels_whatever_is_claimed(job: Job) -> None:
    mapping = make_set(job, lambda _: (raw(0, x0=10), raw(0, x0=80), raw(1, x0=150)), show=True)
    ids: dict[str, str] = {}

    def answer(lease: dict[str, Any]) -> list[dict[str, Any]]:
        kept, changed, gone = lease["prelabels"]
        ids.update(kept=kept["id"], changed=changed["id"], gone=gone["id"])
        assert (lease["prelabel_source"]["mapping_id"], kept["score"]) == (mapping, 0.9)
        moved = changed | {"shape": changed["shape"] | {"x0": 90}, "origin": "prelabel_accepted"}
        claimed = box(200, 10, 220, 60) | {"origin": "prelabel_accepted"}
        return [kept | {"origin": "drawn"}, moved, claimed]

    lease = label_first(job, answer)
    [submitted] = job.client.call("GET", f"/v1/tasks/{lease['task_id']}/annotations")["items"]
    assert [o["origin"] for o in submitted["objects"]] == ["prelabel_accepted", "prelabel_edited", "drawn"]
    assert [o["derived_from"] for o in submitted["objects"]] == [[ids["kept"]], [ids["changed"]], []]
    assert submitted["prelabels"] == {
        "accepted": [ids["kept"]],
        "edited": [ids["changed"]],
        "deleted": [ids["gone"]],
    }
    assert sets(job, f"/{mapping}/acceptance") == {
        "mapping_id": mapping,
        "answers": 1,
        "is_complete": True,
        "classes": [
            {"class_id": COIN, "accepted": 1, "edited": 1, "deleted": 0},
            {"class_id": BUTTON, "accepted": 0, "edited": 0, "deleted": 1},
        ],
    }


def test_object_that_names_a_pre_label_of_an_answer_without_any_was_drawn(job: Job) -> None:
    claim = {"origin": "prelabel_edited", "derived_from": [str(new_object_id())]}
    lease = label_first(job, lambda _: [box(10, 10, 60, 60) | claim])
    [submitted] = job.client.call("GET", f"/v1/tasks/{lease['task_id']}/annotations")["items"]
    assert (submitted["objects"][0]["origin"], submitted["prelabels"]) == ("drawn", None)


def test_names_of_a_clients_model_are_not_told_to_a_vendor(job: Job) -> None:
    mapping = make_set(job, two_things, show=True)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    assert lease["prelabel_source"] == {"model": None, "version": None, "mapping_id": mapping}


def test_policy_takes_only_a_mapping_of_the_project_whose_model_is_ready(job: Job) -> None:
    model = add_model(job)
    mapping = add_mapping(job, model)
    wanted = {"prelabeling": "model", "prelabel_mapping_id": mapping}
    refused = publish(job, "policy", wanted | {"prelabel_mapping_id": 987_654}).json()
    assert (refused["code"], refused["facts"]["problems"][0]["field"]) == ("version_refused", "prelabel_mapping_id")
    assert publish(job, "policy", wanted | {"hidden_share": 0.1}).is_success
    set_model_state(job, model, "retired")
    refused = publish(job, "policy", wanted | {"hidden_share": 0.2}, seen='"2"').json()
    assert "restore it" in refused["facts"]["problems"][0]["problem"]
    body = {"name": "n", "ontology": {"classes": [{"class_id": 1, "name": "coin"}]}, "policy": wanted}
    assert job.client.call("POST", "/v1/projects", json=body, expect=422)["code"] == "version_refused"
