"""Work that is left: for its member later, to others, or to a supervisor; the draft is always kept."""

from random import Random
from typing import Any

import pytest

from domain.assignment.queries.claim import Wish
from domain.assignment.service import claim_task
from tests.harness import Stack
from tests.integration.timed import ONE_VOTE, answer, change, claim, job_with, rows, skip, sweep


def draft_of(lease: dict[str, Any]) -> int | None:
    return lease["draft"]["sequence"] if lease["draft"] else None


def test_work_left_for_later_comes_back_when_nothing_else_is_there(stack: Stack) -> None:
    job = job_with(stack, 2)
    person = job.annotators[0]
    left = claim(job, person)
    person.call("PUT", f"/v1/leases/{left['lease_id']}/draft", json={"sequence": 4, "objects": answer()})
    skip(person, left, "later")
    other = claim(job, person)
    assert other["task_id"] != left["task_id"]
    job.submit(person, other, answer())
    again = claim(job, person)
    assert (again["task_id"], draft_of(again)) == (left["task_id"], 4)


def test_work_left_for_later_can_be_asked_for(stack: Stack) -> None:
    job = job_with(stack, 3)
    person = job.annotators[0]
    assert person.call("POST", "/v1/leases", json={"later": True}, expect=204) is None
    left = claim(job, person)
    skip(person, left, "later")
    assert claim(job, person, later=True)["task_id"] == left["task_id"]


def test_work_left_for_later_is_nobody_elses_until_its_time_is_over(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1, policy=ONE_VOTE | {"skips": {"later_h": 2}})
    person, other, _ = job.annotators
    left = claim(job, person)
    skip(person, left, "later")
    sweep(stack)
    assert job.claim(other) is None
    [row] = rows(admin_url, "SELECT due_at - at AS wait FROM skip")
    assert row["wait"].total_seconds() == 7_200
    change(admin_url, "UPDATE skip SET due_at = now() - interval '1 second'")
    sweep(stack)
    assert claim(job, other)["task_id"] == left["task_id"]


def test_work_that_its_member_took_up_again_stays_theirs(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1, policy=ONE_VOTE)
    person, other, _ = job.annotators
    skip(person, claim(job, person), "later")
    again = claim(job, person)
    change(admin_url, "UPDATE skip SET due_at = now() - interval '1 second'")
    sweep(stack)
    person.call("DELETE", f"/v1/leases/{again['lease_id']}")
    assert job.claim(other) is None
    sweep(stack)
    assert job.claim(other) is not None


def test_other_seats_of_work_left_for_later_are_passed_over(stack: Stack) -> None:
    job = job_with(stack, 2)
    person = job.annotators[0]
    left = claim(job, person)
    skip(person, left, "later")
    assert claim(job, person)["task_id"] != left["task_id"]


def test_work_skipped_to_others_is_theirs_and_never_this_members(stack: Stack) -> None:
    job = job_with(stack, 1)
    person, other, third = job.annotators
    left = claim(job, person)
    skip(person, left, "others")
    assert job.claim(person) is None
    assert {claim(job, other)["task_id"], claim(job, third)["task_id"]} == {left["task_id"]}
    assert job.claim(person) is None


def test_work_skipped_to_others_lies_at_the_end_of_what_was_started(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    skip(job.annotators[0], claim(job, job.annotators[0]), "others")
    lanes = rows(admin_url, "SELECT l.kind FROM seat s JOIN lane l ON l.id = s.lane_id ORDER BY s.queue_key")
    assert [lane["kind"] for lane in lanes] == ["started", "started"]


def test_cursor_passes_what_was_skipped_to_others(stack: Stack, admin_url: str) -> None:
    class Always(Random):
        def randrange(self, *_: Any) -> int:
            return 0

    job = job_with(stack, 4, policy=ONE_VOTE)
    person = job.annotators[0]
    for _ in range(2):
        skip(person, claim(job, person), "others")
    last = claim(job, person)
    person.call("DELETE", f"/v1/leases/{last['lease_id']}")
    change(
        admin_url,
        "UPDATE seat SET lane_id = (SELECT id FROM lane WHERE kind = 'started' AND stage = 'label'), "
        "queue_key = nextval('queue_key') WHERE state = 0 AND lane_id = (SELECT id FROM lane WHERE kind = 'fresh' "
        "AND stage = 'label')",
    )
    actor = stack.actor(person)
    with stack.database.begin(actor.scope) as session:
        claim_task(session, actor, Wish(project=job.project_id), rng=Always())
    skipped = rows(admin_url, "SELECT max(s.queue_key) AS key FROM seat s JOIN skip k USING (task_id)")
    cursors = rows(admin_url, f"SELECT max(cursor_key) AS key FROM lane_member WHERE member_id = {person.member_id}")
    assert cursors[0]["key"] >= skipped[0]["key"]


def test_a_repeated_skip_has_the_same_answer(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    person = job.annotators[0]
    lease = claim(job, person)
    first = skip(person, lease, "others")
    assert skip(person, lease, "later") == first
    assert first["kind"] == "others"
    assert len(rows(admin_url, "SELECT 1 FROM skip")) == 1


def test_an_answered_lease_cannot_be_skipped(stack: Stack) -> None:
    job = job_with(stack, 1)
    person = job.annotators[0]
    lease = claim(job, person)
    job.submit(person, lease, answer())
    assert skip(person, lease, "others", expect=409)["code"] == "seat_reissued"
    assert skip(job.annotators[1], lease, "others", expect=404)["code"] == "not_found"


@pytest.mark.parametrize("kind", ["later", "unlabelable"])
def test_policy_says_which_skips_there_are(stack: Stack, kind: str) -> None:
    job = job_with(stack, 1, policy={"skips": {"kinds": ["others"]}})
    refused = skip(job.annotators[0], claim(job, job.annotators[0]), kind, expect=409)
    assert (refused["code"], refused["facts"]["kinds"]) == ("skip_refused", ["others"])


def test_policy_says_how_many_skips_a_day_has(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 3, policy={"skips": {"daily": 1}})
    person = job.annotators[0]
    skip(person, claim(job, person), "others")
    lease = claim(job, person)
    refused = skip(person, lease, "others", expect=409)
    assert (refused["code"], refused["facts"]["daily"]) == ("skip_refused", 1)
    change(admin_url, "UPDATE work_time SET ended_at = ended_at - interval '1 day'")
    skip(person, lease, "others")
    skip(job.annotators[1], claim(job, job.annotators[1]), "others")


def test_a_review_can_be_left_to_another_supervisor(stack: Stack) -> None:
    job = job_with(stack, 1, policy={"max_votes": 2})
    job.label(job.annotators[0], answer)
    job.label(job.annotators[1], lambda _: [])
    stack.pump()
    lease = claim(job, job.supervisor)
    assert skip(job.supervisor, lease, "unlabelable", expect=409)["code"] == "skip_refused"
    skip(job.supervisor, lease, "later")
    again = claim(job, job.supervisor)
    assert again["stage"] == "review"
    skip(job.supervisor, again, "others")
    assert job.claim(job.supervisor) is None
