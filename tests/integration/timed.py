"""What the tests of leases share: jobs of plain discs, leases that run out, and the rows that leases leave behind."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from domain.assignment.queries.ending import end_expired_leases, hand_on_left_work
from domain.assignment.queries.leased import expire_seats
from tests.harness import Job, Person, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png

ONE_VOTE = {"min_votes": 1, "max_votes": 1}


def answer(_: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [box(*disc_box(0))]


def job_with(stack: Stack, pictures: int, **options: Any) -> Job:
    job = make_job(stack, **options)
    for i in range(pictures):
        stack.put(job.bucket, f"{i}.png", disc_png(i))
    stack.pump()
    return job


def claim(job: Job, person: Person, **more: Any) -> dict[str, Any]:
    """Claim and find something."""
    found = person.call("POST", "/v1/leases", json={"project_id": job.project_id} | more, expect=201)
    return dict(found)


def skip(person: Person, lease: dict[str, Any], kind: str, expect: int | tuple[int, ...] = 200) -> Any:
    body = {"kind": kind, "reason": "too dark"}
    return person.call("POST", f"/v1/leases/{lease['lease_id']}/skip", json=body, expect=expect)


def change(admin_url: str, statement: str) -> None:
    """Change rows as nobody could, such as when something happened."""
    with psycopg.connect(admin_url) as connection:
        connection.execute(statement)


def rows(admin_url: str, statement: str) -> list[dict[str, Any]]:
    with psycopg.connect(admin_url, row_factory=dict_row) as connection:
        return connection.execute(statement).fetchall()


def run_out(stack: Stack, admin_url: str) -> None:
    """Let every lease run out and the relay see it."""
    change(admin_url, "UPDATE seat SET expires_at = now() - interval '1 second' WHERE state = 1")
    sweep(stack)


def sweep(stack: Stack) -> None:
    """Take the relay's steps about leases."""
    with stack.relay_database.begin(None) as session:
        expire_seats(session, limit=500)
        end_expired_leases(session, limit=500)
        hand_on_left_work(session, limit=500)


def ends(admin_url: str) -> dict[int, str]:
    """Return how each lease ended; every lease has one row at most."""
    found = rows(admin_url, "SELECT lease_id, end_reason FROM work_time ORDER BY lease_id")
    assert len({row["lease_id"] for row in found}) == len(found)
    return {row["lease_id"]: row["end_reason"] for row in found}


def at_work(admin_url: str) -> set[int]:
    """Return the leases whose end is not recorded yet."""
    return {row["lease_id"] for row in rows(admin_url, "SELECT lease_id FROM lease_activity")}
