"""Measured work written by hand, past every constraint: leases that ended, as the claim and the submit would leave
them. Expects the rows that it names to be there where somebody reads them."""

import itertools
from datetime import UTC, datetime
from typing import Any

import psycopg

NOW = datetime(2025, 11, 20, 10, 30, tzinfo=UTC)
CLIENT, VENDOR, PROJECT, MEMBER = 9001, 9002, 9003, 9004
_leases = itertools.count(1_000_000)
_SUMS = "count(*), coalesce(sum(active_s), 0), coalesce(sum(new), 0)"


def add_project(admin: psycopg.Connection) -> None:
    """Write one client's project: what sums hang on."""
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute("INSERT INTO organisation (id, kind, name) VALUES (%s, 'client', 'c')", (CLIENT,))
        admin.execute(
            "INSERT INTO project (id, client_org, name, ontology_version, guideline_version, policy_version) "
            "VALUES (%s, %s, 'p', 1, 1, 1)",
            (PROJECT, CLIENT),
        )


def unchecked(admin: psycopg.Connection) -> psycopg.Connection:
    """Have a superuser's connection write past every constraint from now on."""
    admin.execute("SET session_replication_role = replica")
    return admin


def end_lease(connection: psycopg.Connection, **given: Any) -> int:
    """Write the row of a lease that ended, in the connection's transaction; return its lease."""
    row: dict[str, Any] = {
        "lease_id": next(_leases),
        "client_org": CLIENT,
        "project_id": PROJECT,
        "vendor_org": VENDOR,
        "member_id": MEMBER,
        "stage": "label",
        "claimed_at": NOW,
        "ended_at": NOW,
        "active_s": 1.5,
        "end_reason": "submitted",
        "new": 1,
        "edited": 0,
        "accepted": 0,
        "deleted": 0,
    } | given
    columns, values = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    connection.execute(f"INSERT INTO work_time ({columns}) VALUES ({values})", row)
    return int(row["lease_id"])


def end_many(connection: psycopg.Connection, rows: int) -> None:
    """End many leases of many people in one statement."""
    start = next(_leases)
    connection.execute(
        "INSERT INTO work_time (lease_id, client_org, project_id, vendor_org, member_id, stage, claimed_at, ended_at, "
        "  active_s, end_reason, new, edited, accepted, deleted) "
        "SELECT %s + i, %s, %s, %s, i %% 100, 'label', now(), now(), 1.5, 'submitted', 1, 0, 0, 0 "
        "FROM generate_series(1, %s) i",
        (start, CLIENT, PROJECT, VENDOR, rows),
    )
    for _ in range(rows):
        next(_leases)


def recorded(admin: psycopg.Connection) -> tuple[Any, ...]:
    """Return (leases, active seconds, new objects) of what is recorded."""
    return tuple(admin.execute(f"SELECT {_SUMS} FROM work_time").fetchone() or ())


def summed(admin: psycopg.Connection) -> tuple[Any, ...]:
    """Return the same of the boards."""
    leases = "coalesce(sum(submits + skips + expiries + releases), 0)"
    return tuple(admin.execute(f"SELECT {_SUMS.replace('count(*)', leases)} FROM board_hour").fetchone() or ())
