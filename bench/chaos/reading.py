"""Reads rows straight from PostgreSQL, as an administrator whom row-level security does not bind. Shares no statement
with the product, so that a wrong one there cannot hide behind itself."""

from collections.abc import Sequence
from typing import Any, Final, LiteralString

import psycopg

from bench.chaos.evidence import Annotation, Decision, Image, Rows, Seat, Task

CONNECT_TIMEOUT_S: Final = 5

# Of one client, or of everybody where it is null.
_OF_CLIENT: Final = "(%(client)s::bigint IS NULL OR client_org = %(client)s)"
_IMAGES: Final = f"SELECT id, key, revision, state, reason, duplicate_of FROM image WHERE {_OF_CLIENT} ORDER BY id"
_TASKS: Final = f"""
SELECT t.id, i.image_id, t.stage, t.round, t.state, t.target, t.votes, t.reason
FROM task t JOIN item i ON i.id = t.item_id WHERE {_OF_CLIENT.replace("client_org", "t.client_org")} ORDER BY t.id
"""
_SEATS: Final = (
    f"SELECT task_id, seat_no, state, member_id, lease_id FROM seat WHERE {_OF_CLIENT} ORDER BY task_id, seat_no"
)
_ANNOTATIONS: Final = f"""
SELECT a.lease_id, a.task_id, a.seat_no, a.member_id, a.version,
  ARRAY(SELECT o->>'id' FROM jsonb_array_elements(a.objects) o)
FROM annotation a WHERE {_OF_CLIENT} ORDER BY a.lease_id
"""
_DECISIONS: Final = f"SELECT task_id, submits, outcome, inputs->'leases' FROM decision WHERE {_OF_CLIENT} ORDER BY id"
# What is under way and is not an image or a task: each must end by itself.
_WAITING: Final[dict[str, LiteralString]] = {
    "outbox messages": "SELECT count(*) FROM outbox",
    "feeds to be filled": "SELECT count(*) FROM feed WHERE filled_at IS NULL",
    "events to be told": "SELECT count(*) FROM event WHERE fanned_out_at IS NULL",
    "deliveries": "SELECT count(*) FROM webhook_delivery WHERE state = 'waiting'",
    "releases": "SELECT count(*) FROM release WHERE state = 'running'",
    "label imports": "SELECT count(*) FROM label_import WHERE state = 'running'",
}
# Beside these, what the comparison names one by one but which moves as well.
_MOVING: Final[dict[str, LiteralString]] = {
    **_WAITING,
    "images received": "SELECT count(*) FROM image WHERE state = 'received'",
    "tasks under way": "SELECT count(*) FROM task WHERE state IN (0, 1, 2, 3)",
}


def connect(database_url: str) -> "psycopg.Connection[tuple[Any, ...]]":
    return psycopg.connect(database_url, connect_timeout=CONNECT_TIMEOUT_S, autocommit=True)


def read_rows(connection: "psycopg.Connection[tuple[Any, ...]]", *, client_org: int | None = None) -> Rows:
    """Read everything, or all of one client, in one snapshot."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

        def rows(statement: LiteralString) -> Sequence[tuple[Any, ...]]:
            return connection.execute(statement, {"client": client_org}).fetchall()

        return Rows(
            images=tuple(Image(*row) for row in rows(_IMAGES)),
            tasks=tuple(Task(*row) for row in rows(_TASKS)),
            seats=tuple(Seat(*row) for row in rows(_SEATS)),
            annotations=tuple(_annotation(*row) for row in rows(_ANNOTATIONS)),
            decisions=tuple(_decision(*row) for row in rows(_DECISIONS)),
            waiting={name: int(rows(statement)[0][0]) for name, statement in _WAITING.items()},
        )


def _annotation(
    lease_id: int, task_id: int, seat_no: int, member_id: int, version: int, objects: Sequence[str]
) -> Annotation:
    return Annotation(lease_id, task_id, seat_no, member_id, version, tuple(objects))


def _decision(task_id: int, submits: int, outcome: str, leases: Sequence[int] | None) -> Decision:
    return Decision(task_id, submits, outcome, None if leases is None else tuple(leases))


def read_moving(database_url: str) -> dict[str, int]:
    """Count what is not at rest, by name; what is at rest is left out."""
    with connect(database_url) as connection:
        counts = {name: int(_one(connection, statement)) for name, statement in _MOVING.items()}
    return {name: n for name, n in counts.items() if n}


def read_marks(database_url: str) -> tuple[int, tuple[Any, ...]]:
    """Return a number that grows with every message written, and when each source was last listed to its end."""
    with connect(database_url) as connection:
        written = _one(connection, "SELECT last_value FROM outbox_id_seq")
        listed = connection.execute(
            "SELECT reconciled_at FROM source WHERE verified_at IS NOT NULL AND listing_began_at IS NULL ORDER BY id"
        ).fetchall()
    return int(written), tuple(row[0] for row in listed)


def _one(connection: psycopg.Connection[tuple[Any, ...]], statement: LiteralString) -> Any:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]
