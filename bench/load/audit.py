"""Whether anything was lost, doubled or given to too many: SQL over the whole database, as the superuser, beside what
people were told. Shares no statement with the product."""

from typing import Any, LiteralString

import psycopg

from bench.load.book import Book

# Seats from here on are for reviews.
REVIEW_SEAT = 1001
# Each counts what must not be.
RULES: dict[str, LiteralString] = {
    "tasks_over_overlap": """
SELECT count(*) FROM task t
WHERE (SELECT count(*) FROM seat s WHERE s.task_id = t.id AND s.seat_no < 1001 AND s.state > 0) > t.target
  OR (SELECT count(DISTINCT a.member_id) FROM annotation a WHERE a.task_id = t.id AND a.seat_no < 1001) > t.target
""",
    "members_twice_on_a_task": """
SELECT count(*) FROM (
  SELECT FROM seat WHERE member_id IS NOT NULL GROUP BY task_id, member_id HAVING count(*) > 1
  UNION ALL
  SELECT FROM annotation GROUP BY task_id, member_id HAVING count(DISTINCT seat_no) > 1) twice
""",
    "annotations_doubled": """
SELECT count(*) FROM (SELECT FROM annotation GROUP BY task_id, seat_no, version HAVING count(*) > 1) doubled
""",
    "filled_seats_without_annotation": """
SELECT count(*) FROM seat s WHERE s.state = 2 AND NOT EXISTS (
  SELECT FROM annotation a WHERE a.lease_id = s.lease_id AND a.task_id = s.task_id AND a.seat_no = s.seat_no
    AND a.member_id = s.member_id) AND s.seat_no < 1001
""",
    "annotations_without_seat": """
SELECT count(*) FROM annotation a WHERE NOT EXISTS (
  SELECT FROM seat s WHERE s.task_id = a.task_id AND s.seat_no = a.seat_no
    AND (s.lease_id = a.lease_id AND s.state = 2 OR s.version > a.version))
""",
    "votes_miscounted": """
SELECT count(*) FROM task t WHERE t.stage = 'label' AND t.votes <> (
  SELECT count(*) FROM seat s WHERE s.task_id = t.id AND s.seat_no < 1001 AND s.state = 2)
""",
    "leases_without_time_or_activity": """
SELECT count(*) FROM lease l WHERE NOT EXISTS (SELECT FROM work_time w WHERE w.lease_id = l.id)
  AND NOT EXISTS (SELECT FROM lease_activity a WHERE a.lease_id = l.id)
""",
    "leases_with_time_and_activity": """
SELECT count(*) FROM work_time w JOIN lease_activity a ON a.lease_id = w.lease_id
""",
    "answers_without_time": """
SELECT count(*) FROM annotation a WHERE NOT EXISTS (
  SELECT FROM work_time w WHERE w.lease_id = a.lease_id AND w.end_reason = 'submitted')
""",
}
_STORED: LiteralString = """
SELECT lease_id, task_id, member_id, ARRAY(SELECT o->>'id' FROM jsonb_array_elements(objects) o) FROM annotation
"""
_KEPT: LiteralString = """
SELECT task_id, member_id, ARRAY(SELECT o->>'id' FROM jsonb_array_elements(objects) o) FROM draft
"""
_FACTS: dict[str, LiteralString] = {
    "annotations": "SELECT count(*) FROM annotation",
    "leases": "SELECT count(*) FROM lease",
    "drafts_left": "SELECT count(*) FROM draft",
    "tasks_accepted": "SELECT count(*) FROM task WHERE state = 4",
    "tasks_touched": "SELECT count(DISTINCT task_id) FROM lease",
}


def count_broken(admin: "psycopg.Connection[tuple[Any, ...]]", book: Book) -> dict[str, int]:
    """Count, by name, what must not be."""
    found = {name: _count(admin, statement) for name, statement in RULES.items()}
    stored = {lease: (task, member, frozenset(ids)) for lease, task, member, ids in admin.execute(_STORED).fetchall()}
    kept = {(task, member): frozenset(ids) for task, member, ids in admin.execute(_KEPT).fetchall()}
    found["annotations_lost"] = sum(
        lease not in stored or stored[lease][:2] != told for lease, told in book.receipts.items()
    )
    found["annotations_nobody_sent"] = sum(
        objects not in book.sent.get(lease, ()) for lease, (_, _, objects) in stored.items()
    )
    found["drafts_lost"] = sum(kept.get(place) != objects for place, objects in book.drafts.items())
    found["told_otherwise_before"] = len(book.faults)
    return found


def read_facts(admin: "psycopg.Connection[tuple[Any, ...]]") -> dict[str, int]:
    """Return how much there is of what was looked through."""
    return {name: _count(admin, statement) for name, statement in _FACTS.items()}


def _count(admin: "psycopg.Connection[tuple[Any, ...]]", statement: LiteralString) -> int:
    row = admin.execute(statement).fetchone()
    assert row is not None
    return int(row[0])
