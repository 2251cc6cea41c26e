"""Two things at once to one task, and workers that are behind: nothing revives, nothing is lost, nothing is doubled."""

import hashlib
import json
import threading
from random import Random
from typing import Any

import psycopg
import pytest

from domain.assignment.queries.claim import Wish
from domain.assignment.service import claim_task
from domain.releases.service import list_shapes
from schema.enums import Topic
from tests.harness import Job, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png
from workers import snapshot


def answer(_: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [box(*disc_box(0)), box(*disc_box(1), class_id=2)]


def job_with(stack: Stack, pictures: int, **options: Any) -> Job:
    job = make_job(stack, **options)
    for i in range(pictures):
        stack.put(job.bucket, f"{i}.png", disc_png(i))
    stack.pump()
    return job


def contest(stack: Stack) -> tuple[Job, dict[str, Any], dict[str, Any]]:
    """A job with one task in review, the supervisor's lease of it, and the review as it is shown."""
    job = job_with(stack, 1, policy={"max_votes": 2})
    job.label(job.annotators[0], answer)
    job.label(job.annotators[1], lambda _: [box(*disc_box(0))])
    stack.pump()
    lease = job.claim(job.supervisor)
    assert lease is not None
    return job, lease, job.supervisor.call("GET", f"/v1/leases/{lease['lease_id']}/review")


class Meanwhile:
    """Runs a call in a thread while the administrator holds the task cancelled but not yet committed."""

    def __init__(self, admin_url: str) -> None:
        self._url = admin_url
        self.answer: Any = None

    def run(self, call: Any) -> Any:
        def keep() -> None:
            self.answer = call()

        thread = threading.Thread(target=keep)
        with psycopg.connect(self._url) as connection:
            connection.execute("UPDATE task SET state = 6, reason = 'its image was deleted'")
            thread.start()
            thread.join(0.7)
            assert thread.is_alive()
        thread.join()
        return self.answer


def test_undo_never_revives_a_task_that_is_cancelled_at_that_moment(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1, policy={"undo_window_s": 30})
    [person, *_] = job.annotators
    lease = job.claim(person)
    assert lease is not None
    job.submit(person, lease, answer())
    path = f"/v1/leases/{lease['lease_id']}/undo"
    refused = Meanwhile(admin_url).run(lambda: person.call("POST", path, expect=409))
    assert refused["code"] == "undo_window_over"
    [task] = job.tasks()
    assert (task["state"], task["votes"]) == ("cancelled", 1)


def test_review_of_a_task_that_is_cancelled_at_that_moment_leaves_nothing(stack: Stack, admin_url: str) -> None:
    job, lease, _ = contest(stack)
    path, body = f"/v1/leases/{lease['lease_id']}/review", {"reject": True, "feedback": "blurred"}
    refused = Meanwhile(admin_url).run(lambda: job.supervisor.call("POST", path, json=body, expect=409))
    assert refused["code"] == "task_closed"
    [task] = job.tasks()
    assert task["state"] == "cancelled"
    story = job.client.call("GET", f"/v1/tasks/{task['id']}")
    assert [d["rule"] for d in story["decisions"]] == ["quorum-1"]


def test_open_pages_of_work_sent_back_do_not_take_its_seats(stack: Stack) -> None:
    job, lease, view = contest(stack)
    author_lease = max(a["lease_id"] for a in view["answers"])
    body = {"send_back": [author_lease], "feedback": "look again"}
    job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/review", json=body)
    job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/heartbeat", expect=409)
    job.annotators[1].call("POST", f"/v1/leases/{author_lease}/heartbeat", expect=409)
    again = job.claim(job.annotators[1])
    assert again is not None
    job.submit(job.annotators[1], again, [box(*disc_box(0))])
    stack.pump()
    assert job.claim(job.supervisor) is not None


def test_cancelling_waits_for_a_claim_without_holding_its_task(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    stack.s3.delete_object(Bucket=job.bucket, Key="0.png")
    [removed] = stack.receive_all(Topic.IMAGES)
    cancelling = threading.Thread(target=lambda: stack.deliver(Topic.IMAGES, removed))
    with psycopg.connect(admin_url) as claim:
        claim.execute("SET lock_timeout = '1s'")
        claim.execute("SELECT 1 FROM seat FOR UPDATE")
        cancelling.start()
        cancelling.join(0.7)
        assert cancelling.is_alive()
        claim.execute("UPDATE task SET seats = seats")
    cancelling.join()
    assert [t["state"] for t in job.tasks()] == ["cancelled"]


def test_fresh_seat_that_was_given_back_is_the_next_one_served(stack: Stack) -> None:
    class Always(Random):
        def randrange(self, *_: Any) -> int:
            return 0

    job = job_with(stack, 3, policy={"min_votes": 1, "max_votes": 1})
    first, second = (stack.actor(person) for person in job.annotators[:2])

    def claim(actor: Any) -> Any:
        with stack.database.begin(actor.scope) as session:
            return claim_task(session, actor, Wish(project=job.project_id), rng=Always())

    held = claim(first)
    assert claim(second).task_id != held.task_id
    job.annotators[0].call("DELETE", f"/v1/leases/{held.lease_id}")
    assert claim(second).task_id == held.task_id


def test_work_is_never_given_up_while_its_messages_wait_for_workers(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    for body in stack.receive_all(Topic.IMAGES):
        stack.deliver(Topic.IMAGES, body)
    for _ in range(stack.settings.max_resends + 3):
        stack.sweep()
    assert [t["state"] for t in job.tasks()] == ["waiting"]
    stack.relay()
    for _ in range(3):
        stack.sweep()
    assert [t["state"] for t in job.tasks()] == ["waiting"]
    stack.pump()
    assert [t["state"] for t in job.tasks()] == ["open"]


def accepted(stack: Stack, pictures: int) -> Job:
    job = job_with(stack, pictures)
    for person in job.annotators[:2]:
        job.label(person, answer)
    stack.pump()
    return job


def request_release(job: Job) -> tuple[int, str]:
    """Ask for a release; return its id and the message that has it written."""
    created = job.client.call("POST", "/v1/releases", json={"project_id": job.project_id})
    job.stack.relay()
    [body] = job.stack.receive_all(Topic.RELEASE)
    return int(created["id"]), body


def between_the_passes(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Have something happen once, after a release wrote its images and before it writes their objects."""
    real, due = list_shapes, [act]

    def acting(*arguments: Any) -> Any:
        while due:
            due.pop()()
        return real(*arguments)

    monkeypatch.setattr(snapshot, "list_shapes", acting)


def lose_a_picture(job: Job) -> None:
    job.stack.s3.delete_object(Bucket=job.bucket, Key="0.png")
    for body in job.stack.receive_all(Topic.IMAGES):
        job.stack.deliver(Topic.IMAGES, body)


def stored(job: Job, release_id: int) -> tuple[dict[str, Any], bytes, dict[str, Any]]:
    made = job.client.call("GET", f"/v1/releases/{release_id}")
    [file] = [f for f in made["files"] if f["name"] == "annotations.json"]
    body = job.stack.work.bucket.get_bytes(file["s3_key"])
    return made, body, file


def test_picture_that_goes_while_a_release_is_written_keeps_its_objects_there(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = accepted(stack, 2)
    release_id, body = request_release(job)
    between_the_passes(monkeypatch, lambda: lose_a_picture(job))
    stack.deliver(Topic.RELEASE, body)
    made, written, _ = stored(job, release_id)
    document = json.loads(written)
    per_image = [sum(a["image_id"] == i["id"] for a in document["annotations"]) for i in document["images"]]
    assert per_image == [2, 2]
    assert (made["images"], made["objects"]) == (2, 4)


def test_two_workers_on_one_release_never_write_over_each_other(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    job = accepted(stack, 2)
    release_id, body = request_release(job)

    def let_another_worker_finish() -> None:
        lose_a_picture(job)
        stack.deliver(Topic.RELEASE, body)

    between_the_passes(monkeypatch, let_another_worker_finish)
    stack.deliver(Topic.RELEASE, body)
    made, written, file = stored(job, release_id)
    assert hashlib.sha256(written).hexdigest() == file["sha256"]
    assert made["images"] == len(json.loads(written)["images"]) == 1
