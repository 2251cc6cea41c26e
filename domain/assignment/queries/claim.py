"""The claim: one statement that picks a lane by its head, then locks one seat in it.

How it reads: docs/architecture.md.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from schema.enums import Stage

_TAKE = """
taken AS (
  UPDATE seat s SET state = 1, member_id = :member, vendor_org = :organisation, lease_id = nextval('lease_seq'),
         expires_at = now() + make_interval(secs => (
           SELECT CAST(y.body->>'lease_ttl_s' AS int) FROM project p
           JOIN policy_version y ON y.project_id = p.id AND y.version = p.policy_version WHERE p.id = s.project_id))
  FROM pick WHERE (s.task_id, s.seat_no) = (pick.task_id, pick.seat_no)
  RETURNING s.task_id, s.seat_no, s.lease_id, s.client_org, s.project_id, s.lane_id, s.queue_key),
wider AS (
  UPDATE task t SET seats = t.seats + 1 FROM taken
  WHERE t.id = taken.task_id AND t.seats < t.target AND t.seats = taken.seat_no
  RETURNING t.id, t.seats, t.client_org, t.project_id, t.started_lane),
next_seat AS (
  INSERT INTO seat (task_id, seat_no, client_org, project_id, lane_id, queue_key)
  SELECT id, seats, client_org, project_id, started_lane, nextval('queue_key') FROM wider ON CONFLICT DO NOTHING)
INSERT INTO lease (id, task_id, seat_no, client_org, project_id, vendor_org, member_id, ontology_version,
                   guideline_version, policy_version, shown_prediction_id)
SELECT k.lease_id, k.task_id, k.seat_no, k.client_org, k.project_id, :organisation, :member, p.ontology_version,
       p.guideline_version, p.policy_version, t.shown_prediction_id
FROM taken k JOIN project p ON p.id = k.project_id JOIN task t ON t.id = k.task_id
RETURNING id, task_id, (SELECT lane_id FROM taken) AS lane_id, (SELECT queue_key FROM taken) AS queue_key
"""

_SEAT_OF_LANE = """
  SELECT s.task_id, s.seat_no FROM seat s
  WHERE s.lane_id = {lane} AND s.state = 0 AND s.queue_key > {cursor}
    AND NOT EXISTS (SELECT FROM seat o WHERE o.task_id = s.task_id AND o.member_id = :member)
    AND EXISTS (SELECT FROM task t WHERE t.id = s.task_id AND t.state IN (1, 3) AND NOT t.frozen)
  ORDER BY s.queue_key LIMIT 1 FOR UPDATE SKIP LOCKED
"""

# A project may want its guidelines read before anybody works by them.
_UNREAD = """
  SELECT FROM policy_version y WHERE y.project_id = p.id AND y.version = p.policy_version
    AND y.body @> '{"require_acknowledgement": true}'
    AND NOT EXISTS (SELECT FROM guideline_acknowledgement g WHERE g.project_id = p.id
                    AND g.version = p.guideline_version AND g.member_id = :member)
"""

# The heads of the member's lanes are peeked at without a lock; only the lane that is served first is locked in.
_CLAIM_BEST_LANE = text(
    """
WITH lane_pick AS (
  SELECT m.lane_id, m.cursor_key FROM lane_member m JOIN lane l ON l.id = m.lane_id
  JOIN project p ON p.id = l.project_id AND p.archived_at IS NULL
  CROSS JOIN LATERAL (SELECT s.queue_key FROM seat s WHERE s.lane_id = m.lane_id AND s.state = 0
                      AND s.queue_key > m.cursor_key ORDER BY s.queue_key LIMIT 1) head
  WHERE m.member_id = :member AND m.active AND (CAST(:project AS bigint) IS NULL OR l.project_id = :project)
    AND (CAST(:stage AS text) IS NULL OR l.stage = :stage) AND NOT EXISTS ("""
    + _UNREAD
    + """)
  ORDER BY l.rank, head.queue_key LIMIT 1),
pick AS (SELECT s.task_id, s.seat_no FROM lane_pick p CROSS JOIN LATERAL ("""
    + _SEAT_OF_LANE.format(lane="p.lane_id", cursor="p.cursor_key")
    + ") s),"
    + _TAKE
)

_CLAIM_IN_LANE = text(
    "WITH pick AS (" + _SEAT_OF_LANE.format(lane=":lane", cursor="CAST(:cursor AS bigint)") + ")," + _TAKE
)


@dataclass(frozen=True, slots=True)
class Claimed:
    lease_id: int
    task_id: int
    lane_id: int
    queue_key: int


@dataclass(frozen=True, slots=True)
class DrawingRight:
    """One lane that a member may draw from."""

    lane_id: int
    cursor_key: int
    reset_due: bool


def claim_in_best_lane(
    session: Session, *, member: int, organisation: int, project: int | None, stage: Stage | None
) -> Claimed | None:
    """Take the seat at the head of the member's best lane; None when that lane holds nothing for this member."""
    values = {"member": member, "organisation": organisation, "project": project, "stage": stage}
    row = session.execute(_CLAIM_BEST_LANE, values).first()
    return Claimed(row.id, row.task_id, row.lane_id, row.queue_key) if row else None


def claim_in_lane(session: Session, *, member: int, organisation: int, lane_id: int, cursor: int) -> Claimed | None:
    values = {"member": member, "organisation": organisation, "lane": lane_id, "cursor": cursor}
    row = session.execute(_CLAIM_IN_LANE, values).first()
    return Claimed(row.id, row.task_id, row.lane_id, row.queue_key) if row else None


def list_drawing_rights(
    session: Session, *, member: int, project: int | None, stage: Stage | None
) -> list[DrawingRight]:
    """List the member's lanes in the order they are served, with whether their cursor may be reset again."""
    rows = session.execute(
        text(
            "SELECT m.lane_id, m.cursor_key, m.cursor_reset_at < now() - interval '1 minute' AS reset_due "
            "FROM lane_member m JOIN lane l ON l.id = m.lane_id "
            "JOIN project p ON p.id = l.project_id AND p.archived_at IS NULL WHERE m.member_id = :member AND m.active "
            "AND (CAST(:project AS bigint) IS NULL OR l.project_id = :project) "
            "AND (CAST(:stage AS text) IS NULL OR l.stage = :stage) "
            f"AND NOT EXISTS ({_UNREAD}) ORDER BY l.rank, m.lane_id LIMIT 200"
        ),
        {"member": member, "project": project, "stage": stage},
    )
    return [DrawingRight(r.lane_id, r.cursor_key, r.reset_due) for r in rows]


@dataclass(frozen=True, slots=True)
class UnreadGuidelines:
    """A project whose guidelines a member must read before they draw from it."""

    project_id: int
    version: int


def find_unread_guidelines(
    session: Session, *, member: int, project: int | None, stage: Stage | None
) -> UnreadGuidelines | None:
    """Find what keeps a member from the lanes that they could draw from; the oldest project first."""
    row = session.execute(
        text(
            "SELECT p.id, p.guideline_version FROM lane_member m JOIN lane l ON l.id = m.lane_id "
            "JOIN project p ON p.id = l.project_id AND p.archived_at IS NULL WHERE m.member_id = :member AND m.active "
            "AND (CAST(:project AS bigint) IS NULL OR l.project_id = :project) "
            "AND (CAST(:stage AS text) IS NULL OR l.stage = :stage) "
            f"AND EXISTS ({_UNREAD}) ORDER BY p.id LIMIT 1"
        ),
        {"member": member, "project": project, "stage": stage},
    ).first()
    return UnreadGuidelines(row.id, row.guideline_version) if row else None


def move_cursor(session: Session, *, member: int, lane_id: int, key: int) -> None:
    """Move the cursor in a `started` lane, where a member's own tasks pile up; every other time, back to the start.

    So seats that came back behind it (a lease ran out, work was given back) are met while the lane is still full.
    """
    session.execute(
        text(
            "UPDATE lane_member m SET cursor_key = CASE WHEN m.cursor_key = 0 THEN CAST(:key AS bigint) ELSE 0 END "
            "FROM lane l WHERE l.id = m.lane_id AND l.kind = 'started' AND m.member_id = :member AND m.lane_id = :lane"
        ),
        {"member": member, "lane": lane_id, "key": key},
    )


def reset_cursors(session: Session, *, member: int, lanes: list[int]) -> None:
    session.execute(
        text(
            "UPDATE lane_member SET cursor_key = 0, cursor_reset_at = now() "
            "WHERE member_id = :member AND lane_id = ANY (:lanes)"
        ),
        {"member": member, "lanes": lanes},
    )
