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
           SELECT least(CAST(y.body->>'lease_ttl_s' AS int), CAST(:hold_s AS int)) FROM project p
           JOIN policy_version y ON y.project_id = p.id AND y.version = p.policy_version WHERE p.id = s.project_id))
  FROM pick WHERE (s.task_id, s.seat_no) = (pick.task_id, pick.seat_no)
  RETURNING s.task_id, s.seat_no, s.lease_id, s.client_org, s.project_id, s.lane_id, s.queue_key),
wider AS (
  UPDATE task t SET seats = t.seats + 1 FROM taken
  WHERE t.id = taken.task_id AND t.seats < t.target AND t.seats = taken.seat_no
  RETURNING t.id, t.seats, t.client_org, t.project_id, t.started_lane),
next_seat AS (
  INSERT INTO seat (task_id, seat_no, client_org, project_id, lane_id, queue_key)
  SELECT id, seats, client_org, project_id, started_lane, nextval('queue_key') FROM wider ON CONFLICT DO NOTHING),
held AS (
  INSERT INTO lease (id, task_id, seat_no, client_org, project_id, vendor_org, member_id, ontology_version,
                     guideline_version, policy_version, shown_prediction_id)
  SELECT k.lease_id, k.task_id, k.seat_no, k.client_org, k.project_id, :organisation, :member, p.ontology_version,
         p.guideline_version, p.policy_version, t.shown_prediction_id
  FROM taken k JOIN project p ON p.id = k.project_id JOIN task t ON t.id = k.task_id RETURNING id)
INSERT INTO lease_activity (lease_id, client_org, project_id, vendor_org, task_id, member_id, stage)
SELECT h.id, k.client_org, k.project_id, :organisation, k.task_id, :member, l.stage
FROM held h JOIN taken k ON k.lease_id = h.id JOIN lane l ON l.id = k.lane_id
RETURNING lease_id AS id, task_id, (SELECT lane_id FROM taken) AS lane_id, (SELECT queue_key FROM taken) AS queue_key
"""

# How many free seats of a lane a claim looks at, from the cursor on, for one that its member may take.
WINDOW = 200

# One descent of the index a step, whatever the planner believes of the lane: it never sorts one.
# 1001: the seat of a task's review (`domain.routing.queries.REVIEW_SEAT`); the others are for a task that is open.
_SEAT_OF_LANE = f"""
  WITH RECURSIVE walk AS (
    (SELECT f.task_id, f.seat_no, f.queue_key, 1 AS step FROM seat f
     WHERE f.lane_id = p.lane_id AND f.state = 0 AND f.queue_key > p.cursor_key ORDER BY f.queue_key LIMIT 1)
    UNION ALL
    SELECT n.task_id, n.seat_no, n.queue_key, w.step + 1 FROM walk w CROSS JOIN LATERAL (
      SELECT f.task_id, f.seat_no, f.queue_key FROM seat f
      WHERE f.lane_id = p.lane_id AND f.state = 0 AND f.queue_key > w.queue_key ORDER BY f.queue_key LIMIT 1) n
    WHERE w.step < {WINDOW})
  SELECT g.task_id, g.seat_no FROM walk w CROSS JOIN LATERAL (
    SELECT s.task_id, s.seat_no FROM seat s
    WHERE s.task_id = w.task_id AND s.seat_no = w.seat_no AND s.state = 0 AND s.lane_id = p.lane_id
      AND NOT EXISTS (SELECT FROM seat o WHERE o.task_id = s.task_id AND o.member_id = :member)
      AND (p.kind = 'personal' OR NOT EXISTS (
        SELECT FROM skip k WHERE k.task_id = s.task_id AND k.member_id = :member
          AND (k.kind = 'others' OR k.due_at IS NOT NULL)))
      AND EXISTS (SELECT FROM task t WHERE t.id = s.task_id AND NOT t.frozen
                  AND t.state = CASE WHEN s.seat_no < 1001 THEN 1 ELSE 3 END)
    FOR UPDATE SKIP LOCKED) g
  LIMIT 1
"""

# A project may want its guidelines read before anybody works by them.
_UNREAD = """
  SELECT FROM policy_version y WHERE y.project_id = p.id AND y.version = p.policy_version
    AND y.body @> '{"require_acknowledgement": true}'
    AND NOT EXISTS (SELECT FROM guideline_acknowledgement g WHERE g.project_id = p.id
                    AND g.version = p.guideline_version AND g.member_id = :member)
"""

# The lanes `l` that a member `m` draws from now; of rank 900 and more are those with what they left for later.
_MAY_DRAW = """m.member_id = :member AND m.active AND (m.capped_until IS NULL OR m.capped_until <= now())
    AND (CAST(:project AS bigint) IS NULL OR l.project_id = :project)
    AND (CAST(:stage AS text) IS NULL OR l.stage = :stage)
    AND (l.rank >= 900 OR NOT CAST(:later AS boolean))"""
# Rework first, whatever project it is of; then projects in the order that the organisation gave them.
_SERVED_FIRST = """CASE WHEN l.rank = 0 THEN 0 WHEN l.rank < 900 THEN 1 ELSE 2 END,
    coalesce(w.position, 100), l.rank"""

# The heads of the member's lanes are peeked at without a lock; lanes are locked in one after the other, until one of
# them has a seat for the member.
_CLAIM = text(
    """
WITH lane_pick AS MATERIALIZED (
  SELECT m.lane_id, m.cursor_key, l.kind FROM lane_member m JOIN lane l ON l.id = m.lane_id
  JOIN project p ON p.id = l.project_id AND p.archived_at IS NULL
  LEFT JOIN work_order w ON w.organisation_id = :organisation AND w.project_id = p.id
  CROSS JOIN LATERAL (SELECT s.queue_key FROM seat s WHERE s.lane_id = m.lane_id AND s.state = 0
                      AND s.queue_key > m.cursor_key ORDER BY s.queue_key LIMIT 1) head
  WHERE """
    + _MAY_DRAW
    + """ AND NOT EXISTS ("""
    + _UNREAD
    + """)
  ORDER BY """
    + _SERVED_FIRST
    + """, head.queue_key LIMIT 200),
pick AS (SELECT s.task_id, s.seat_no FROM lane_pick p CROSS JOIN LATERAL ("""
    + _SEAT_OF_LANE
    + ") s LIMIT 1),"
    + _TAKE
)

# Lanes that a member draws from, and what is beyond the window of one that holds more.
_MOVE_ON = text(
    f"""
UPDATE lane_member r SET cursor_key = beyond.queue_key FROM (
  SELECT m.lane_id, last.queue_key FROM lane_member m JOIN lane l ON l.id = m.lane_id
  CROSS JOIN LATERAL (SELECT s.queue_key FROM seat s WHERE s.lane_id = m.lane_id AND s.state = 0
                      AND s.queue_key > m.cursor_key ORDER BY s.queue_key OFFSET {WINDOW - 1} LIMIT 1) last
  WHERE {_MAY_DRAW}) beyond
WHERE r.member_id = :member AND r.lane_id = beyond.lane_id RETURNING 1
"""
)

_START_OVER = text(
    f"""
UPDATE lane_member r SET cursor_key = 0, cursor_reset_at = now() FROM lane_member m JOIN lane l ON l.id = m.lane_id
WHERE r.member_id = :member AND r.lane_id = m.lane_id AND r.cursor_key > 0
  AND r.cursor_reset_at < now() - interval '1 minute' AND {_MAY_DRAW} RETURNING 1
"""
)


@dataclass(frozen=True, slots=True)
class Claimed:
    lease_id: int
    task_id: int
    lane_id: int
    queue_key: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What a claim looks for: a project's or a stage's work, or only what the member left for later."""

    project: int | None = None
    stage: Stage | None = None
    later: bool = False


def claim_seat(
    session: Session, *, member: int, organisation: int, wish: Wish, hold_s: int | None = None
) -> Claimed | None:
    """Take the first seat for this member of their best lane that has one; None when no window of theirs holds any.

    The lease runs as long as the project's policy says, and no longer than `hold_s`.
    """
    values = {"member": member, "organisation": organisation, "hold_s": hold_s} | _values(wish)
    row = session.execute(_CLAIM, values).first()
    return Claimed(row.id, row.task_id, row.lane_id, row.queue_key) if row else None


def move_on(session: Session, *, member: int, wish: Wish) -> bool:
    """Move the cursors of lanes that hold more than their window past it; False when there is no such lane."""
    return session.execute(_MOVE_ON, {"member": member} | _values(wish)).first() is not None


def start_over(session: Session, *, member: int, wish: Wish) -> bool:
    """Move cursors back to the start, each at most once a minute; False when none moved."""
    return session.execute(_START_OVER, {"member": member} | _values(wish)).first() is not None


def lock_claimer(session: Session, member: int) -> None:
    """Let no other claim for several seats of this member run at once: each could hold what the other waits for."""
    session.execute(text("SELECT FROM member WHERE id = :member FOR NO KEY UPDATE"), {"member": member})


def _values(wish: Wish) -> dict[str, object]:
    return {"project": wish.project, "stage": wish.stage, "later": wish.later}


@dataclass(frozen=True, slots=True)
class UnreadGuidelines:
    """A project whose guidelines a member must read before they draw from it."""

    project_id: int
    version: int


def find_unread_guidelines(session: Session, *, member: int, wish: Wish) -> UnreadGuidelines | None:
    """Find what keeps a member from the lanes that they could draw from; the oldest project first."""
    row = session.execute(
        text(
            "SELECT p.id, p.guideline_version FROM lane_member m JOIN lane l ON l.id = m.lane_id "
            f"JOIN project p ON p.id = l.project_id AND p.archived_at IS NULL WHERE {_MAY_DRAW} "
            f"AND EXISTS ({_UNREAD}) ORDER BY p.id LIMIT 1"
        ),
        {"member": member} | _values(wish),
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
