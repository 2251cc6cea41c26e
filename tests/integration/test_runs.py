"""Runs of a model over a project, from the wish to the prediction set; the model itself is made up."""

from typing import Any

import pytest
from sqlalchemy import text

from domain.scope import Scope
from schema.enums import OrganisationKind, Role, Topic
from tests.harness import Job, Stack, box, make_job
from tests.integration.modelled import (
    act,
    add_mapping,
    add_model,
    handle,
    one_coin,
    raw,
    set_model_state,
    show_run,
    start_run,
    take_messages,
    work_off,
)
from tests.integration.pictures import disc_png

PICTURES = 5


@pytest.fixture
def job(stack: Stack) -> Job:
    """Five pictures with an open task each."""
    made = make_job(stack)
    for number in range(PICTURES):
        stack.put(made.bucket, f"in/{number}.png", disc_png(number))
    stack.pump()
    return made


@pytest.fixture
def mapping(job: Job) -> int:
    return add_mapping(job, add_model(job))


def runs(job: Job, tail: str = "") -> Any:
    return job.client.call("GET", f"/v1/projects/{job.project_id}/runs{tail}")


def estimate(job: Job, mapping_id: int, **more: Any) -> dict[str, Any]:
    wanted = {"mapping_id": mapping_id} | more
    return dict(job.client.call("POST", f"/v1/projects/{job.project_id}/runs/estimate", json=wanted))


def predictions(job: Job) -> list[dict[str, Any]]:
    return [
        p for image in job.images() for p in job.client.call("GET", f"/v1/images/{image['id']}/predictions")["items"]
    ]


def test_run_covers_every_picture_once_and_completes(job: Job, mapping: int) -> None:
    run = start_run(job, mapping, name="all of it")
    assert (run["state"], run["items"], run["is_cut"], run["model"]) == ("running", 0, False, "made-up")
    work_off(job)
    done = show_run(job, run)
    assert (done["state"], done["items"], done["done"], done["failed"], done["objects"]) == ("complete", 5, 5, 0, 5)
    assert done["is_cut"]
    assert done["finished_at"] is not None
    assert [(p["model"], p["mapping_id"]) for p in predictions(job)] == [("made-up", mapping)] * PICTURES


def test_requester_and_other_systems_learn_of_the_end(job: Job, mapping: int) -> None:
    run = start_run(job, mapping)
    work_off(job)
    [line] = job.client.call("GET", "/v1/me/notifications")["items"]
    assert (line["kind"], line["body"]["run_id"]) == ("run_ready", run["id"])
    [event] = job.client.call("GET", f"/v1/events?project_id={job.project_id}&kind=run.complete")["items"]
    assert (event["aggregate_id"], event["data"]["done"], event["data"]["objects"]) == (run["id"], 5, 5)


def test_images_that_fail_are_named_with_their_reason_and_the_run_completes(job: Job, mapping: int) -> None:
    broken = job.images()[0]["id"]

    def say(item: Any) -> Any:
        if item.image_id == broken:
            raise ValueError("its picture cannot be read")
        return one_coin(item)

    run = start_run(job, mapping)
    work_off(job, say)
    done = show_run(job, run)
    assert (done["state"], done["done"], done["failed"]) == ("complete", 4, 1)
    assert done["problems"] == [{"image_id": broken, "problem": "its picture cannot be read"}]


def test_run_of_which_not_one_image_could_be_run_failed(job: Job, mapping: int) -> None:
    def say(_: Any) -> Any:
        raise ValueError("the child died")

    run = start_run(job, mapping)
    work_off(job, say)
    done = show_run(job, run)
    assert (done["state"], done["done"], done["failed"], len(done["problems"])) == ("failed", 0, 5, 5)
    assert "the child died" in done["reason"]
    [line] = job.client.call("GET", "/v1/me/notifications")["items"]
    assert line["kind"] == "run_failed"


def test_run_that_finds_nothing_completes_at_once(job: Job, mapping: int) -> None:
    run = start_run(job, mapping, filter={"key": "nowhere"})
    work_off(job)
    assert (show_run(job, run)["state"], show_run(job, run)["items"]) == ("complete", 0)


@pytest.mark.parametrize(
    ("filter", "found"),
    [({"key": "IN/3"}, 1), ({"state": "open"}, 4), ({"state": "accepted"}, 1), ({"class_id": 1}, 1)],
)
def test_filter_means_what_the_items_list_means(job: Job, mapping: int, filter: dict[str, Any], found: int) -> None:
    for person in job.annotators[:2]:
        lease = job.claim(person)
        assert lease is not None
        job.submit(person, lease, [box(10, 10, 60, 60)])
    job.stack.pump()
    query = "&".join(f"{name}={value}" for name, value in filter.items())
    listed = job.client.call("GET", f"/v1/projects/{job.project_id}/items?{query}")["items"]
    assert estimate(job, mapping, filter=filter)["items"] == len(listed) == found
    run = start_run(job, mapping, filter=filter)
    work_off(job)
    pictures = runs(job, f"/{run['id']}/pictures")["items"]
    assert [p["item_id"] for p in pictures] == [i["id"] for i in listed]


def test_pictures_without_pre_labels_are_those_the_first_run_left_out(job: Job, mapping: int) -> None:
    start_run(job, mapping, filter={"key": "in/1"})
    work_off(job)
    run = start_run(job, mapping, filter={"without_prelabels": True})
    work_off(job)
    assert show_run(job, run)["items"] == PICTURES - 1
    listed = job.client.call("GET", f"/v1/projects/{job.project_id}/items?has=no_prelabels")["items"]
    assert listed == []


def delete_picture(job: Job, image: dict[str, Any]) -> None:
    job.stack.s3.delete_object(Bucket=job.bucket, Key=image["key"])
    for body in job.stack.receive_all(Topic.IMAGES):
        job.stack.deliver(Topic.IMAGES, body)


def test_pictures_that_are_put_aside_before_or_after_the_cut_are_passed_over(job: Job, mapping: int) -> None:
    run = start_run(job, mapping)
    first, images = take_messages(job), job.images()
    delete_picture(job, images[0])
    for message in first:
        handle(job, message)
    delete_picture(job, images[1])
    work_off(job)
    done = show_run(job, run)
    assert (done["state"], done["items"], done["done"], done["failed"]) == ("complete", 3, 3, 0)


def test_same_model_is_asked_once_about_a_picture_and_mapped_as_often_as_wanted(job: Job) -> None:
    model = add_model(job)
    asked: list[int] = []

    def say(item: Any) -> Any:
        if item.output is None:
            asked.append(item.image_id)
        return item.output or (raw(0), raw(1))

    start_run(job, add_mapping(job, model))
    work_off(job, say)
    run = start_run(job, add_mapping(job, model, {1: 1}))
    work_off(job, say)
    assert sorted(asked) == sorted(i["id"] for i in job.images())
    assert show_run(job, run)["objects"] == PICTURES
    [one, other] = job.client.call("GET", f"/v1/images/{asked[0]}/predictions")["items"]
    assert [o["class_id"] for o in one["objects"]] == [1, 2]
    assert [(o["class_id"], o["id"]) for o in other["objects"]] == [(1, one["objects"][1]["id"])]


def test_estimate_tells_how_much_is_known_and_how_long_the_rest_takes(job: Job, mapping: int) -> None:
    before = estimate(job, mapping)
    assert before == {"items": 5, "is_exact": True, "known_images": 0, "seconds": None, "seconds_per_image": None}
    start_run(job, mapping, filter={"key": "in/1"})
    work_off(job)
    after = estimate(job, mapping)
    assert (after["known_images"], after["seconds_per_image"], after["seconds"]) == (1, 0.0125, 4 * 0.0125)
    assert len(runs(job)["items"]) == 1


def test_estimate_that_found_nothing_so_far_is_not_exact_and_its_run_looks_at_the_rest(
    job: Job, mapping: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.walk.CHUNK", 1)
    monkeypatch.setattr("domain.walk.MOST_CHUNKS", 2)
    last = {"key": f"in/{PICTURES - 1}"}
    found = estimate(job, mapping, filter=last)
    assert (found["items"], found["is_exact"]) == (0, False)
    run = start_run(job, mapping, filter=last)
    work_off(job)
    assert (show_run(job, run)["state"], show_run(job, run)["items"]) == ("complete", 1)


def test_problems_are_those_of_the_first_chunks_that_have_any(job: Job, mapping: int) -> None:
    run = start_run(job, mapping)
    insert = text(
        "INSERT INTO model_run_chunk (run_id, number, client_org, items, state, done, failed, problems) "
        "SELECT :run, n, :org, CAST(:items AS bigint[]), CASE WHEN n = 3 THEN 'failed' ELSE 'done' END, 0, 2, "
        "  CASE WHEN n > 3 THEN jsonb_build_array(jsonb_build_object('image_id', 2 * n, 'problem', 'p'), "
        "    jsonb_build_object('image_id', 2 * n + 1, 'problem', 'p')) END FROM generate_series(1, 200) n"
    )
    items = [item["id"] for item in job.client.call("GET", f"/v1/projects/{job.project_id}/items")["items"]]
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        session.execute(insert, {"run": run["id"], "org": job.client.organisation_id, "items": items[:1]})
    problems = show_run(job, run)["problems"]
    assert "given up" in problems[0]["problem"]
    assert [p["image_id"] for p in problems[1:]] == list(range(8, 107))


def test_list_is_newest_first_and_by_purpose(job: Job, mapping: int) -> None:
    one = start_run(job, mapping)
    trial = start_run(job, mapping, purpose="trial", filter={"image_ids": [job.images()[0]["id"]]})
    work_off(job)
    assert [r["id"] for r in runs(job)["items"]] == [trial["id"], one["id"]]
    assert [r["id"] for r in runs(job, "?purpose=trial")["items"]] == [trial["id"]]
    page = runs(job, "?limit=1")
    assert [r["id"] for r in runs(job, f"?limit=1&after={page['next']}")["items"]] == [one["id"]]


def test_trial_shows_what_the_model_says_of_the_images_named(job: Job, mapping: int) -> None:
    wanted = sorted(i["id"] for i in job.images())[1:4]
    run = start_run(job, mapping, purpose="trial", filter={"image_ids": wanted})
    work_off(job)
    pictures = runs(job, f"/{run['id']}/pictures")["items"]
    assert [p["image_id"] for p in pictures] == wanted
    assert all(len(p["objects"]) == 1 and p["url"] for p in pictures)
    assert all(job.claim(p)["prelabels"] is None for p in job.annotators)  # type: ignore[index]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"purpose": "trial"}, "image_ids"),
        ({"purpose": "trial", "filter": {"image_ids": [1]}, "show": True}, "show"),
        ({"filter": {"image_ids": list(range(1, 18))}}, "image_ids"),
    ],
)
def test_wish_that_makes_no_sense_is_refused(job: Job, mapping: int, more: dict[str, Any], problem: str) -> None:
    wanted = {"mapping_id": mapping} | more
    refused = job.client.call("POST", f"/v1/projects/{job.project_id}/runs", json=wanted, expect=422)
    assert problem in refused["detail"]


def test_trial_of_a_strange_image_is_refused(job: Job, mapping: int) -> None:
    wanted = {"mapping_id": mapping, "purpose": "trial", "filter": {"image_ids": [987_654]}}
    refused = job.client.call("POST", f"/v1/projects/{job.project_id}/runs", json=wanted, expect=409)
    assert refused["facts"]["image_ids"] == [987_654]


def test_model_that_is_not_ready_is_refused_with_the_remedy(job: Job) -> None:
    model = add_model(job)
    mapping = add_mapping(job, model)
    set_model_state(job, model, "retired")
    path = f"/v1/projects/{job.project_id}/runs"
    for url in (path, f"{path}/estimate"):
        assert "restore it" in job.client.call("POST", url, json={"mapping_id": mapping}, expect=409)["detail"]


def test_archived_project_takes_no_run_and_resumes_none(job: Job, mapping: int) -> None:
    run = start_run(job, mapping)
    act(job, run, "pause")
    job.client.call("POST", f"/v1/projects/{job.project_id}/archive")
    refused = job.client.call("POST", f"/v1/projects/{job.project_id}/runs", json={"mapping_id": mapping}, expect=409)
    assert refused["code"] == act(job, run, "resume", expect=409)["code"] == "project_archived"


def test_creating_request_sent_twice_makes_one_run(job: Job, mapping: int) -> None:
    headers = {"Authorization": f"Bearer {job.client.token}", "Idempotency-Key": "once"}
    made = [
        job.stack.client.post(f"/v1/projects/{job.project_id}/runs", json={"mapping_id": mapping}, headers=headers)
        for _ in range(2)
    ]
    assert made[0].status_code == made[1].status_code == 201
    assert made[0].headers["Location"] == f"/v1/projects/{job.project_id}/runs/{made[0].json()['id']}"
    assert len(take_messages(job)) == 1
    assert job.stack.receive_all(Topic.RUN) == []


def test_others_see_nothing_of_a_run(job: Job, mapping: int) -> None:
    run = start_run(job, mapping)
    other = job.stack.add_person(job.stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    for path in ("", f"/{run['id']}", f"/{run['id']}/pictures"):
        url = f"/v1/projects/{job.project_id}/runs{path}"
        assert other.call("GET", url, expect=404)["code"] == "not_found"
        assert job.vendor.call("GET", url, expect=403)["code"] == "forbidden"
        assert job.annotators[0].call("GET", url, expect=403)["code"] == "forbidden"
