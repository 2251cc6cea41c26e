"""Tasks by the million and past work by the hundred thousand, written set by set as the superuser. They are such as the
product writes; only the pictures behind them are not there."""

from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from bench.load.drawings import HEIGHT_PX, WIDTH_PX
from bench.record import say

CHUNK = 50_000
Connection = psycopg.Connection[tuple[Any, ...]]

# Foreign keys and triggers are passed over: every row is made of the one before it.
_QUICKLY: LiteralString = "SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off"
_TASKS: LiteralString = """
WITH pictures AS (
  INSERT INTO image (client_org, source_id, key, revision, sha256, bytes, width, height, turn, content_type, state)
  SELECT %(client)s, %(source)s, 'bench/' || lpad(n::text, 8, '0') || '.jpg', 'r' || %(project)s, md5(n::text), 200000,
    %(width)s, %(height)s, 0, 'image/jpeg', 'ready' FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
  RETURNING id),
items AS (
  INSERT INTO item (client_org, project_id, image_id) SELECT %(client)s, %(project)s, id FROM pictures RETURNING id),
tasks AS (
  INSERT INTO task (client_org, project_id, item_id, stage, round, state, votes, submits, seats, target, started_lane)
  SELECT %(client)s, %(project)s, id, 'label', 1, %(state)s, %(votes)s, %(votes)s, 1, %(target)s, %(started)s
  FROM items RETURNING id)
INSERT INTO seat (task_id, seat_no, client_org, project_id, lane_id, queue_key)
SELECT id, 1, %(client)s, %(project)s, %(fresh)s, nextval('queue_key') FROM tasks
"""
_FILL: LiteralString = """
UPDATE seat s SET state = 2, member_id = %(member)s, vendor_org = %(vendor)s, lease_id = nextval('lease_seq')
FROM task t WHERE t.id = s.task_id AND s.seat_no = 1 AND s.state = 0 AND t.id BETWEEN %(first)s AND %(last)s
  AND t.project_id = %(project)s AND (t.id %% %(of)s) = ANY (%(parts)s)
"""
_PAST: tuple[LiteralString, ...] = (
    """
INSERT INTO lease (id, task_id, seat_no, client_org, project_id, vendor_org, member_id, ontology_version,
                   guideline_version, policy_version, claimed_at)
SELECT s.lease_id, s.task_id, 1, s.client_org, s.project_id, s.vendor_org, s.member_id, 1, 1, 1,
  now() - s.task_id %% 8000000 * interval '1 second' FROM seat s
WHERE s.project_id = %(project)s AND s.member_id = %(member)s AND s.task_id BETWEEN %(first)s AND %(last)s
""",
    """
INSERT INTO annotation (lease_id, client_org, project_id, vendor_org, task_id, seat_no, version, member_id,
                        submitted_at, objects)
SELECT l.id, l.client_org, l.project_id, l.vendor_org, l.task_id, 1, 1, l.member_id,
  l.claimed_at + interval '30 seconds', '[]'
FROM lease l JOIN seat s ON s.lease_id = l.id
WHERE s.project_id = %(project)s AND s.member_id = %(member)s AND s.task_id BETWEEN %(first)s AND %(last)s
""",
    """
INSERT INTO work_time (lease_id, client_org, project_id, vendor_org, member_id, stage, claimed_at, ended_at, active_s,
                       end_reason, new, edited, accepted, deleted)
SELECT l.id, l.client_org, l.project_id, l.vendor_org, l.member_id, 'label', l.claimed_at,
  l.claimed_at + interval '30 seconds', 25, 'submitted', 5, 0, 0, 0
FROM lease l JOIN seat s ON s.lease_id = l.id
WHERE s.project_id = %(project)s AND s.member_id = %(member)s AND s.task_id BETWEEN %(first)s AND %(last)s
""",
)
_NEXT_SEATS: LiteralString = """
INSERT INTO seat (task_id, seat_no, client_org, project_id, lane_id, queue_key)
SELECT s.task_id, 2, s.client_org, s.project_id, %(started)s, nextval('queue_key') FROM seat s
WHERE s.project_id = %(project)s AND s.member_id = %(member)s AND s.task_id BETWEEN %(first)s AND %(last)s
ORDER BY s.task_id
"""
_WIDER: LiteralString = """
UPDATE task SET seats = 2 WHERE id BETWEEN %(first)s AND %(last)s AND project_id = %(project)s
  AND EXISTS (SELECT FROM seat s WHERE s.task_id = task.id AND s.seat_no = 2)
"""
_SKIPPED: tuple[LiteralString, ...] = (
    """
INSERT INTO lease (id, task_id, seat_no, client_org, project_id, vendor_org, member_id, ontology_version,
                   guideline_version, policy_version, claimed_at)
SELECT nextval('lease_seq'), s.task_id, 1, s.client_org, s.project_id, %(vendor)s, %(member)s, 1, 1, 1,
  now() - interval '2 days' FROM seat s
WHERE s.project_id = %(project)s AND s.seat_no = 1 AND s.state = 0 AND s.task_id BETWEEN %(first)s AND %(last)s
  AND (s.task_id %% %(of)s) = ANY (%(parts)s)
""",
    """
INSERT INTO skip (lease_id, client_org, project_id, vendor_org, task_id, member_id, kind, reason, at)
SELECT l.id, l.client_org, l.project_id, l.vendor_org, l.task_id, l.member_id, 'others', 'too hard', l.claimed_at
FROM seat s JOIN lease l ON l.task_id = s.task_id AND l.member_id = %(member)s
WHERE s.project_id = %(project)s AND s.seat_no = 1 AND s.state = 0 AND s.task_id BETWEEN %(first)s AND %(last)s
  AND (s.task_id %% %(of)s) = ANY (%(parts)s)
""",
)
_MOVED: LiteralString = """
UPDATE seat SET lane_id = %(other)s WHERE project_id = %(project)s AND seat_no = 1 AND state = 0
  AND task_id BETWEEN %(first)s AND %(last)s AND (task_id %% %(of)s) = ANY (%(parts)s)
"""
_LANES: LiteralString = """
SELECT (SELECT id FROM lane WHERE project_id = p.id AND stage = 'label' AND kind = 'started' AND requirement_key = ''),
  (SELECT id FROM lane WHERE project_id = p.id AND stage = 'label' AND kind = 'fresh' AND requirement_key = ''),
  p.client_org FROM project p WHERE p.id = %s
"""


@dataclass(frozen=True, slots=True)
class Tasks:
    """Tasks that were written together, and the lanes of their project."""

    project_id: int
    client_org: int
    first_id: int
    last_id: int
    fresh_lane: int
    started_lane: int


def write_tasks(
    admin: Connection, *, project_id: int, count: int, target: int, is_done: bool = False, chunk: int = CHUNK
) -> Tasks:
    """Write tasks with their pictures, items and first seats: open ones, or accepted with one vote each."""
    started, fresh, client_org = _one(admin, _LANES, (project_id,))
    source = _source(admin, client_org, project_id)
    first_id = _one(admin, "SELECT coalesce(max(id), 0) + 1 FROM task")[0]
    values = {
        "client": client_org,
        "source": source,
        "project": project_id,
        "width": WIDTH_PX,
        "height": HEIGHT_PX,
        "started": started,
        "fresh": fresh,
        "target": 1 if is_done else target,
        "state": 4 if is_done else 1,
        "votes": 1 if is_done else 0,
    }
    offset = _one(admin, "SELECT count(*) FROM image WHERE source_id = %s", (source,))[0]
    for begin in range(0, count, chunk):
        end = min(begin + chunk, count)
        with admin.transaction():
            admin.execute(_QUICKLY)
            admin.execute(_TASKS, values | {"first": offset + begin + 1, "last": offset + end})
        if count > chunk:
            say(f"  {end:,} of {count:,} tasks")
    last_id = _one(admin, "SELECT max(id) FROM task")[0]
    return Tasks(project_id, client_org, first_id, last_id, fresh, started)


def write_past_work(admin: Connection, tasks: Tasks, *, member_id: int, vendor_org: int) -> None:
    """Let a member have filled the first seat of all of these tasks, with leases, answers and time, over 90 days."""
    values = _values(tasks, member_id, vendor_org) | {"of": 1, "parts": [0]}
    _run(admin, (_FILL, *_PAST), values)


def bar_from_most(admin: Connection, tasks: Tasks, *, member_id: int, vendor_org: int) -> None:
    """Leave a member one task of a hundred: a third has a seat of theirs, a third they skipped, a third lies in a lane
    that is not theirs."""
    values = _values(tasks, member_id, vendor_org) | {"of": 100}
    thirds = [list(range(part, 99, 3)) for part in range(3)]
    other = _one(
        admin,
        "INSERT INTO lane (client_org, project_id, stage, kind, rank, requirement_key) "
        "SELECT client_org, project_id, stage, kind, rank, 'bench' FROM lane WHERE id = %s RETURNING id",
        (tasks.fresh_lane,),
    )[0]
    _run(admin, (_FILL, *_PAST, _NEXT_SEATS, _WIDER), values | {"parts": thirds[0]})
    _run(admin, _SKIPPED, values | {"parts": thirds[1]})
    _run(admin, (_MOVED,), values | {"parts": thirds[2], "other": other})


def settle(admin: Connection) -> None:
    """Have PostgreSQL look at what was written, and put it on disk: neither must happen while something is timed."""
    admin.execute("VACUUM ANALYZE")
    admin.execute("CHECKPOINT")


def _values(tasks: Tasks, member_id: int, vendor_org: int) -> dict[str, Any]:
    return {
        "project": tasks.project_id,
        "first": tasks.first_id,
        "last": tasks.last_id,
        "started": tasks.started_lane,
        "member": member_id,
        "vendor": vendor_org,
    }


def _run(admin: Connection, statements: tuple[LiteralString, ...], values: dict[str, Any]) -> None:
    with admin.transaction():
        admin.execute(_QUICKLY)
        for statement in statements:
            admin.execute(statement, values)


def _source(admin: Connection, client_org: int, project_id: int) -> int:
    admin.execute(
        "INSERT INTO source (client_org, bucket, prefix, external_id, nonce, reconciled_at) "
        "VALUES (%s, 'bench', %s, 'x', 'n', now()) ON CONFLICT DO NOTHING",
        (client_org, f"{project_id}/"),
    )
    found = _one(admin, "SELECT id FROM source WHERE client_org = %s AND prefix = %s", (client_org, f"{project_id}/"))
    return int(found[0])


def _one(admin: Connection, statement: LiteralString, values: tuple[Any, ...] = ()) -> tuple[Any, ...]:
    row = admin.execute(statement, values).fetchone()
    assert row is not None
    return row
