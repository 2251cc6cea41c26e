"""Leases claimed ahead: in the same transaction, for a short time, and free again when they are not begun."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.harness import Job, Person, Stack
from tests.integration.timed import ONE_VOTE, answer, change, claim, ends, job_with, sweep


def ahead(admin_url: str, leases: list[dict[str, Any]]) -> list[float]:
    """Return how long each lease still runs, s."""
    with psycopg.connect(admin_url, row_factory=dict_row) as connection:
        found = connection.execute(
            "SELECT lease_id, CAST(extract(epoch FROM expires_at - now()) AS float) AS left FROM seat WHERE state = 1"
        )
        left = {row["lease_id"]: row["left"] for row in found}
    return [left[lease["lease_id"]] for lease in leases]


def test_claim_without_prefetch_has_nothing_ahead(stack: Stack) -> None:
    job = job_with(stack, 2)
    assert claim(job, job.annotators[0])["prefetched"] == []


def test_prefetch_claims_so_many_more_for_two_minutes(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 4)
    lease = claim(job, job.annotators[0], prefetch=2)
    more = lease["prefetched"]
    assert len({lease["task_id"], *(m["task_id"] for m in more)}) == 3
    assert all(m["image"]["url"] and m["holds_seat"] for m in more)
    now, *later = ahead(admin_url, [lease, *more])
    assert now > 800
    assert all(100 < left <= 120 for left in later)


def test_prefetch_takes_what_there_is(stack: Stack) -> None:
    job = job_with(stack, 2)
    assert len(claim(job, job.annotators[0], prefetch=5)["prefetched"]) == 1
    assert job.claim(job.annotators[0]) is None


def test_short_leases_are_not_made_longer_by_prefetch(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 2, policy={"lease_ttl_s": 60})
    lease = claim(job, job.annotators[0], prefetch=1)
    assert all(left <= 60 for left in ahead(admin_url, lease["prefetched"]))


def test_sign_of_work_gives_a_prefetched_lease_its_whole_time(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 3)
    person = job.annotators[0]
    first, second = claim(job, person, prefetch=2)["prefetched"]
    person.call("POST", f"/v1/leases/{first['lease_id']}/heartbeat")
    person.call("PUT", f"/v1/leases/{second['lease_id']}/draft", json={"sequence": 1, "objects": answer()})
    assert all(left > 800 for left in ahead(admin_url, [first, second]))


def test_prefetched_work_that_nobody_began_is_free_again(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 2, policy=ONE_VOTE)
    first, second, _ = job.annotators
    [unused] = claim(job, first, prefetch=1)["prefetched"]
    assert job.claim(second) is None
    change(admin_url, f"UPDATE seat SET expires_at = now() WHERE lease_id = {unused['lease_id']}")
    sweep(stack)
    assert claim(job, second)["task_id"] == unused["task_id"]


def test_prefetched_work_can_be_given_back(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 2, policy=ONE_VOTE)
    first, second, _ = job.annotators
    [unused] = claim(job, first, prefetch=1)["prefetched"]
    first.call("DELETE", f"/v1/leases/{unused['lease_id']}")
    assert claim(job, second)["task_id"] == unused["task_id"]
    assert ends(admin_url) == {unused["lease_id"]: "released"}


def test_32_claimers_that_prefetch_never_hold_a_seat_twice(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 8, annotators=32, policy={"min_votes": 3, "max_votes": 3})
    done: list[int] = []

    def work(person: Person) -> None:
        while found := job_claim(job, person):
            for lease in (found, *found["prefetched"]):
                job.submit(person, lease, answer(), expect=201)
                done.append(lease["task_id"])

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(work, job.annotators)) == [None] * 32
    for person in job.annotators:
        work(person)
    assert Counter(done) == Counter({t["id"]: 3 for t in job.tasks()})
    assert list(ends(admin_url).values()) == ["submitted"] * 24


def test_tabs_of_one_member_that_prefetch_share_no_task(stack: Stack) -> None:
    job = job_with(stack, 12)
    person = job.annotators[0]

    def tab(_: int) -> list[int]:
        found = [job_claim(job, person) for _ in range(2)]
        return [lease["task_id"] for one in found if one for lease in (one, *one["prefetched"])]

    with ThreadPoolExecutor(3) as pool:
        got = [task for tasks in pool.map(tab, range(3)) for task in tasks]
    assert len(got) == len(set(got)) == 12


def job_claim(job: Job, person: Person) -> dict[str, Any] | None:
    body = {"project_id": job.project_id, "prefetch": 3}
    found = person.call("POST", "/v1/leases", json=body, expect=(201, 204))
    return dict(found) if found else None
