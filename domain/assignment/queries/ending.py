"""The end of a lease in SQL: its activity becomes the one row of `work_time`, in the transaction that ends it."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.routing.queries import REVIEW_SEAT
from schema.enums import EndReason

NO_COUNTS = "0, 0, 0, 0"
# What `done`, the statement's part that ends leases, returns of the lease `l` that it ended.
ENDED_LEASE = (
    "l.id AS lease_id, l.client_org, l.project_id, l.vendor_org, l.member_id, l.task_id, l.seat_no, l.claimed_at"
)


def record_end(reason: EndReason, counts: str = NO_COUNTS) -> str:
    """Return the parts of a statement that follow `done`: whatever ends twice is recorded once.

    `counts`: objects new, edited, accepted and deleted.
    """
    return f"""
ended AS (DELETE FROM lease_activity a USING done WHERE a.lease_id = done.lease_id RETURNING a.lease_id, a.active_s),
timed AS (
  INSERT INTO work_time (lease_id, client_org, project_id, vendor_org, member_id, stage, claimed_at, active_s,
                         end_reason, new, edited, accepted, deleted)
  SELECT d.lease_id, d.client_org, d.project_id, d.vendor_org, d.member_id,
         CASE WHEN d.seat_no < {REVIEW_SEAT} THEN 'label' ELSE 'review' END, d.claimed_at, coalesce(e.active_s, 0),
         '{reason.value}', {counts}
  FROM done d LEFT JOIN ended e ON e.lease_id = d.lease_id ON CONFLICT DO NOTHING)"""


def end_expired_leases(session: Session, *, limit: int) -> int:
    """Record leases that ran out and that nobody can come back to, or did in a day; the relay's. Return how many.

    Nobody can come back once somebody else has the seat, or the task is closed.
    """
    rows = session.execute(
        text(
            "WITH due AS (SELECT a.lease_id FROM lease_activity a WHERE a.expired_at IS NOT NULL "
            "  AND (a.expired_at < now() - interval '24 hours' "
            "    OR NOT EXISTS (SELECT FROM seat s WHERE s.task_id = a.task_id AND s.lease_id = a.lease_id) "
            "    OR EXISTS (SELECT FROM task t WHERE t.id = a.task_id AND t.state IN (4, 5, 6))) "
            "  ORDER BY a.expired_at LIMIT :limit FOR UPDATE SKIP LOCKED), "
            "over AS (DELETE FROM lease_activity a USING due WHERE a.lease_id = due.lease_id RETURNING a.*) "
            "INSERT INTO work_time (lease_id, client_org, project_id, vendor_org, member_id, stage, claimed_at, "
            "  active_s, end_reason, new, edited, accepted, deleted) "
            "SELECT lease_id, client_org, project_id, vendor_org, member_id, stage, claimed_at, active_s, 'expired', "
            f"  {NO_COUNTS} FROM over ON CONFLICT DO NOTHING RETURNING 1"
        ),
        {"limit": limit},
    )
    return len(rows.all())


def hand_on_left_work(session: Session, *, limit: int) -> int:
    """Give seats that were left for later to everybody once their time is over; the relay's. Return how many skips.

    What its member has taken up again by then stays theirs until they are done with it.
    """
    rows = session.execute(
        text(
            "WITH due AS (SELECT k.lease_id, k.task_id, 'later:' || k.member_id AS lane FROM skip k "
            "  WHERE k.due_at < now() AND NOT EXISTS (SELECT FROM seat s JOIN lane n ON n.id = s.lane_id "
            "    WHERE s.task_id = k.task_id AND s.state = 1 AND n.requirement_key = 'later:' || k.member_id) "
            "  ORDER BY k.due_at LIMIT :limit FOR UPDATE OF k SKIP LOCKED), "
            "moved AS (UPDATE seat s SET lane_id = CASE n.stage WHEN 'label' THEN t.started_lane ELSE o.id END "
            "  FROM due JOIN task t ON t.id = due.task_id, lane n, lane o WHERE s.task_id = due.task_id "
            "  AND s.state = 0 AND n.id = s.lane_id AND n.requirement_key = due.lane AND o.project_id = n.project_id "
            "  AND o.stage = n.stage AND o.requirement_key = '' AND o.urgency = 0 AND o.kind = 'started') "
            "UPDATE skip k SET due_at = NULL FROM due WHERE k.lease_id = due.lease_id RETURNING 1"
        ),
        {"limit": limit},
    )
    return len(rows.all())
