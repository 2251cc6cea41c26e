"""Two things at once to one lease: one of them counts, nothing is lost, nothing is recorded twice."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.harness import Stack
from tests.integration.timed import ONE_VOTE, answer, at_work, change, claim, ends, job_with, rows, run_out, skip, sweep

pytestmark = pytest.mark.slow

ROUNDS = 12


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Make calls at the same moment; return what each gave, in their order."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_late_submit_is_accepted_while_the_seat_is_untaken(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1, policy=ONE_VOTE)
    lease = claim(job, job.annotators[0])
    run_out(stack, admin_url)
    job.submit(job.annotators[0], lease, answer(), expect=201)
    assert job.claim(job.annotators[1]) is None
    assert ends(admin_url) == {lease["lease_id"]: "submitted"}


def test_submit_after_the_seat_was_reissued_is_refused_and_kept_as_draft(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1, policy=ONE_VOTE)
    first, second, _ = job.annotators
    lease = claim(job, first)
    run_out(stack, admin_url)
    other = claim(job, second)
    assert job.submit(first, lease, answer(), expect=409)["code"] == "seat_reissued"
    kept = first.call("GET", f"/v1/leases/{lease['lease_id']}")["draft"]["objects"]
    assert [o["shape"] for o in kept] == [o["shape"] for o in answer()]
    job.submit(second, other, answer(), expect=201)
    sweep(stack)
    assert ends(admin_url) == {lease["lease_id"]: "expired", other["lease_id"]: "submitted"}


@pytest.mark.parametrize("kind", ["later", "others", "unlabelable"])
def test_skip_and_submit_of_one_lease_at_once(stack: Stack, admin_url: str, kind: str) -> None:
    job = job_with(stack, ROUNDS, policy=ONE_VOTE)
    person = job.annotators[0]
    for _ in range(ROUNDS):
        lease = claim(job, person)
        skipped, submitted = at_once(
            partial(skip, person, lease, kind, expect=(200, 409)),
            partial(job.submit, person, lease, answer(), expect=(201, 409)),
        )
        assert ("kind" in skipped) != ("submitted_at" in submitted)
        assert ends(admin_url)[lease["lease_id"]] == (kind if "kind" in skipped else "submitted")
        if "kind" in skipped:
            assert person.call("GET", f"/v1/leases/{lease['lease_id']}")["draft"] is not None
    assert at_work(admin_url) == set()
    answers = rows(admin_url, "SELECT count(*) AS n FROM annotation")[0]["n"]
    assert answers == sum(t["votes"] for t in job.tasks()) == list(ends(admin_url).values()).count("submitted")


def test_skip_submit_expiry_and_the_next_claim_at_once(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 2 * ROUNDS, policy=ONE_VOTE)
    first, second, _ = job.annotators
    for _ in range(ROUNDS):
        lease = claim(job, first)
        change(admin_url, f"UPDATE seat SET expires_at = now() WHERE lease_id = {lease['lease_id']}")
        _, _, _, taken = at_once(
            partial(skip, first, lease, "others", expect=(200, 409)),
            partial(job.submit, first, lease, answer(), expect=(201, 409)),
            lambda: sweep(stack),
            lambda: job.claim(second),
        )
        if taken:
            job.submit(second, taken, answer(), expect=201)
        sweep(stack)
    change(admin_url, "UPDATE lease_activity SET expired_at = now() - interval '25 hours'")
    sweep(stack)
    leases = {row["id"] for row in rows(admin_url, "SELECT id FROM lease")}
    assert set(ends(admin_url)) == leases
    assert at_work(admin_url) == set()
    assert all(t["votes"] <= 1 for t in job.tasks())


def test_two_tabs_that_skip_one_lease_have_the_same_answer(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 4)
    person = job.annotators[0]
    for _ in range(4):
        lease = claim(job, person)
        one, other = at_once(partial(skip, person, lease, "others"), partial(skip, person, lease, "later"))
        assert one == other


def test_two_tabs_that_claim_hold_two_tasks(stack: Stack) -> None:
    job = job_with(stack, 8)
    person = job.annotators[0]
    for _ in range(4):
        one, other = at_once(lambda: job.claim(person), lambda: job.claim(person))
        assert one["task_id"] != other["task_id"]


def test_take_back_and_submit_at_once(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 6, policy=ONE_VOTE)
    person = job.annotators[0]
    for _ in range(6):
        lease = claim(job, person)
        path = f"/v1/tasks/{lease['task_id']}/seats/1/take-back"
        taken, submitted = at_once(
            partial(job.supervisor.call, "POST", path, json={"reason": "r"}, expect=(200, 409)),
            partial(job.submit, person, lease, answer(), expect=(201, 409)),
        )
        ended = bool(taken.get("ended_lease_id"))
        assert ended != ("submitted_at" in submitted)
        assert ends(admin_url)[lease["lease_id"]] == ("taken_back" if ended else "submitted")


def test_two_members_who_flag_a_task_at_once(stack: Stack) -> None:
    job = job_with(stack, 4)
    first, second, _ = job.annotators
    for _ in range(4):
        one, other = claim(job, first), claim(job, second)
        assert one["task_id"] == other["task_id"]
        done = at_once(
            partial(skip, first, one, "unlabelable", expect=(200, 409)),
            partial(skip, second, other, "unlabelable", expect=(200, 409)),
        )
        assert any("kind" in d for d in done)
        stack.pump()
    assert {t["state"] for t in job.tasks()} == {"in_review"}
