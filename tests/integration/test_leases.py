"""Seats, leases and late answers: nobody over the target, nobody twice, nothing thrown away."""

import threading
from collections import Counter
from random import Random
from typing import Any

import psycopg

from domain.assignment.queries.leased import expire_seats
from domain.assignment.service import claim_task
from tests.harness import Job, Person, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png


def answer(_: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [box(*disc_box(0))]


def job_with(stack: Stack, pictures: int, **options: Any) -> Job:
    job = make_job(stack, **options)
    for i in range(pictures):
        stack.put(job.bucket, f"{i}.png", disc_png(i))
    stack.pump()
    return job


def expire(stack: Stack, admin_url: str) -> None:
    """Let every lease run out and the sweep see it."""
    with psycopg.connect(admin_url) as connection:
        connection.execute("UPDATE seat SET expires_at = now() - interval '1 second' WHERE state = 1")
    with stack.relay_database.begin(None) as session:
        expire_seats(session, limit=500)


def test_claim_gives_no_more_seats_than_the_target(stack: Stack) -> None:
    job = job_with(stack, 1)
    held = [job.claim(person) for person in job.annotators]
    assert [lease is not None for lease in held] == [True, True, False]


def test_lease_tells_everything_that_work_needs(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    image = lease["image"]
    assert (image["key"], image["width"], image["height"]) == ("0.png", 320, 240)
    assert [c["name"] for c in lease["ontology"]["classes"]] == ["coin", "button"]
    assert lease["expires_at"] is not None


def test_repeated_submit_returns_the_first_receipt(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    first = job.submit(job.annotators[0], lease, answer(), expect=201)
    assert job.submit(job.annotators[0], lease, [], expect=200) == first


def test_two_submits_at_once_store_one_answer(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    receipts: list[Any] = []
    threads = [
        threading.Thread(target=lambda: receipts.append(job.submit(job.annotators[0], lease, answer())))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 4
    assert all(r == receipts[0] for r in receipts)
    assert job.tasks()[0]["votes"] == 1


def test_late_answer_on_an_untaken_seat_is_accepted(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    expire(stack, admin_url)
    job.submit(job.annotators[0], lease, answer(), expect=201)
    assert job.tasks()[0]["votes"] == 1


def test_late_answer_on_a_reissued_seat_is_refused_and_kept_as_a_draft(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1, policy={"min_votes": 1, "max_votes": 1})
    lease = job.claim(job.annotators[0])
    assert lease is not None
    expire(stack, admin_url)
    assert job.claim(job.annotators[1]) is not None
    refused = job.submit(job.annotators[0], lease, answer(), expect=409)
    assert refused["code"] == "seat_reissued"
    kept = job.annotators[0].call("GET", f"/v1/leases/{lease['lease_id']}")["draft"]["objects"]
    assert [o["shape"] for o in kept] == [o["shape"] for o in answer()]


def test_claiming_again_after_expiry_brings_the_draft_back(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    body = {"sequence": 3, "objects": answer()}
    job.annotators[0].call("PUT", f"/v1/leases/{lease['lease_id']}/draft", json=body)
    expire(stack, admin_url)
    again = job.claim(job.annotators[0])
    assert again is not None
    assert again["lease_id"] != lease["lease_id"]
    assert again["draft"]["sequence"] == 3


def test_older_draft_never_overwrites_a_newer_one(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    path = f"/v1/leases/{lease['lease_id']}/draft"
    assert job.annotators[0].call("PUT", path, json={"sequence": 2, "objects": answer()})["stored"]
    assert not job.annotators[0].call("PUT", path, json={"sequence": 1, "objects": []})["stored"]


def test_lease_given_back_is_free_for_others(stack: Stack) -> None:
    job = job_with(stack, 1, policy={"min_votes": 1, "max_votes": 1})
    lease = job.claim(job.annotators[0])
    assert lease is not None
    assert job.claim(job.annotators[1]) is None
    job.annotators[0].call("DELETE", f"/v1/leases/{lease['lease_id']}")
    assert job.claim(job.annotators[1]) is not None


def test_undo_inside_the_window_gives_the_seat_a_new_lease_and_stops_the_decision(stack: Stack) -> None:
    job = job_with(stack, 1, policy={"min_votes": 1, "max_votes": 1, "undo_window_s": 30})
    lease = job.claim(job.annotators[0])
    assert lease is not None
    job.submit(job.annotators[0], lease, [])
    again = job.annotators[0].call("POST", f"/v1/leases/{lease['lease_id']}/undo")
    assert job.tasks()[0]["state"] == "open"
    job.submit(job.annotators[0], again, answer())
    stack.sweep()
    stack.pump()
    [task] = job.tasks()
    assert (task["state"], task["votes"]) == ("accepted", 1)
    assert len(job.client.call("GET", f"/v1/tasks/{task['id']}")["objects"]) == 1


def test_undo_after_the_window_is_refused(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    job.submit(job.annotators[0], lease, answer())
    path = f"/v1/leases/{lease['lease_id']}/undo"
    assert job.annotators[0].call("POST", path, expect=409)["code"] == "undo_window_over"


def test_somebody_elses_lease_does_not_exist(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    for stranger in (job.annotators[1], job.supervisor, job.client):
        stranger.call("GET", f"/v1/leases/{lease['lease_id']}", expect=(403, 404))
        stranger.call("POST", f"/v1/leases/{lease['lease_id']}/annotation", json={"objects": []}, expect=(403, 404))


def test_invalid_shape_is_refused_naming_the_field(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    bow_tie = box(0, 0, 1, 1) | {"shape": {"type": "polygon", "parts": [[[[0, 0], [50, 50], [50, 0], [0, 50.5]]]]}}
    problem = job.submit(job.annotators[0], lease, [answer()[0], bow_tie], expect=422)
    assert problem["code"] == "invalid_objects"
    assert "objects[1]" in str(problem)
    assert job.tasks()[0]["votes"] == 0


def test_crowd_of_threads_never_fills_a_seat_twice(stack: Stack) -> None:
    job = job_with(stack, 6, annotators=8, policy={"min_votes": 3, "max_votes": 3})
    done: Counter[tuple[int, int]] = Counter()
    lock = threading.Lock()

    def work(person: Person) -> None:
        while lease := job.claim(person):
            job.submit(person, lease, answer())
            with lock:
                done[(lease["task_id"], person.member_id)] += 1

    threads = [threading.Thread(target=work, args=(person,)) for person in job.annotators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for person in job.annotators:
        work(person)
    stack.pump()
    assert set(done.values()) == {1}
    assert Counter(task for task, _ in done) == Counter({t["id"]: 3 for t in job.tasks()})
    assert {t["state"] for t in job.tasks()} == {"accepted"}


def test_second_claim_that_meets_the_first_on_one_task_finds_no_more_work(stack: Stack) -> None:
    job = job_with(stack, 1)
    held = [job.claim(person) for person in job.annotators[:2]]
    for person, lease in zip(job.annotators, held, strict=False):
        assert lease is not None
        person.call("DELETE", f"/v1/leases/{lease['lease_id']}")
    person = job.annotators[0]
    second: list[Any] = []
    other = threading.Thread(target=lambda: second.append(job.claim(person)))
    with stack.database.begin(stack.actor(person).scope) as session:
        first = claim_task(session, stack.actor(person), rng=Random(1))
        assert first is not None
        other.start()
        other.join(0.5)
        assert second == []  # it waits for the first claim's unfinished transaction
    other.join()
    assert second == [None]


def test_client_sees_answers_without_names(stack: Stack) -> None:
    job = job_with(stack, 1)
    for person in job.annotators[:2]:
        job.label(person, lambda lease: answer(lease))
    stack.pump()
    story = job.client.call("GET", f"/v1/tasks/{job.tasks()[0]['id']}")
    assert "member" not in str(story)
