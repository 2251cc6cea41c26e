"""Releases through the API: with every vote behind them, of nothing, asked for twice, and given up."""

import json
from typing import Any

from schema.enums import Topic
from tests.harness import Job, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png


def answer(_: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [box(*disc_box(0))]


def job_with_accepted(stack: Stack, pictures: int) -> Job:
    job = make_job(stack)
    for i in range(pictures):
        stack.put(job.bucket, f"{i}.png", disc_png(i))
    stack.pump()
    for person in job.annotators[:2]:
        job.label(person, answer)
    stack.pump()
    return job


def release_of(job: Job, **body: Any) -> dict[str, Any]:
    created = job.client.call("POST", "/v1/releases", json={"project_id": job.project_id} | body)
    job.stack.pump()
    return dict(job.client.call("GET", f"/v1/releases/{created['id']}"))


def read(job: Job, release: dict[str, Any], name: str) -> bytes:
    [file] = [f for f in release["files"] if f["name"] == name]
    return bytes(job.stack.work.bucket.get_bytes(file["s3_key"]))


def told(job: Job) -> list[str]:
    return [n["kind"] for n in job.client.call("GET", "/v1/me/notifications")["items"]]


def test_release_with_votes_has_a_line_a_task_and_one_pseudonym_a_person(stack: Stack) -> None:
    job = job_with_accepted(stack, 2)
    release = release_of(job, include="votes")
    lines = [json.loads(line) for line in read(job, release, "votes.jsonl").splitlines()]
    assert [line["task_id"] for line in lines] == [t["id"] for t in job.tasks()]
    assert len({v["author"] for line in lines for v in line["votes"]}) == 2
    [decision] = lines[0]["decisions"]
    assert (decision["rule"], decision["agreement"]) == ("quorum-1", {"match_f1": 1.0, "mean_iou": 1.0})
    assert sorted(decision["votes"]) == [v["vote"] for v in lines[0]["votes"]]
    assert lines[0]["votes"][0]["objects"][0]["shape"] == answer()[0]["shape"]
    assert "member" not in str(lines)


def test_objects_of_a_release_with_votes_say_how_far_people_agreed(stack: Stack) -> None:
    job = job_with_accepted(stack, 1)
    [found] = json.loads(read(job, release_of(job, include="votes"), "annotations.json"))["annotations"]
    assert (found["vote_share"], found["class_share"], found["agreement_iou"]) == (1.0, 1.0, 1.0)


def test_release_without_votes_tells_nothing_of_them(stack: Stack) -> None:
    job = job_with_accepted(stack, 1)
    release = release_of(job)
    [found] = json.loads(read(job, release, "annotations.json"))["annotations"]
    assert release["include"] == "accepted"
    assert [f["name"] for f in release["files"]] == ["annotations.json"]
    assert "vote_share" not in found


def test_same_votes_give_the_same_bytes(stack: Stack) -> None:
    job = job_with_accepted(stack, 2)
    first, second = release_of(job, include="votes"), release_of(job, include="votes")
    assert read(job, first, "votes.jsonl") == read(job, second, "votes.jsonl")
    assert first["manifest_sha256"] == second["manifest_sha256"]


def test_release_of_nothing_is_complete_and_says_so(stack: Stack) -> None:
    job = make_job(stack)
    release = release_of(job, include="votes")
    assert (release["state"], release["images"], release["objects"]) == ("complete", 0, 0)
    assert "nothing was accepted" in release["reason"]
    assert read(job, release, "votes.jsonl") == b""


def test_releases_are_listed_by_state_and_content(stack: Stack) -> None:
    job = make_job(stack)
    plain, full = release_of(job), release_of(job, include="votes")
    path = f"/v1/releases?project_id={job.project_id}"
    assert [r["id"] for r in job.client.call("GET", f"{path}&include=votes")["items"]] == [full["id"]]
    assert [r["id"] for r in job.client.call("GET", f"{path}&state=complete")["items"]] == [plain["id"], full["id"]]
    assert job.client.call("GET", f"{path}&state=failed")["items"] == []


def test_release_asked_for_twice_with_one_key_is_one(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    headers = {"Authorization": f"Bearer {job.client.token}", "Idempotency-Key": "june"}
    body = {"project_id": job.project_id}
    first, second = (stack.client.post("/v1/releases", json=body, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    other = stack.client.post("/v1/releases", json=body | {"include": "votes"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_who_asked_is_told_when_a_release_is_ready(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    release_of(job)
    assert told(job) == ["release_ready"]


def test_who_asked_is_told_once_when_a_release_is_given_up(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    created = job.client.call("POST", "/v1/releases", json={"project_id": job.project_id})
    for _ in range(stack.settings.max_resends + 1):
        stack.relay()
        stack.receive_all(Topic.RELEASE)
        stack.sweep()
    stack.pump()
    assert job.client.call("GET", f"/v1/releases/{created['id']}")["state"] == "failed"
    stack.deliver(Topic.RELEASE, stack_message(job, created["id"]))
    assert told(job) == ["release_failed"]


def stack_message(job: Job, release_id: int) -> str:
    """The message of a release, as the queue delivers it."""
    return next(body for topic, body in job.stack.delivered if topic is Topic.RELEASE and str(release_id) in body)
