"""SQL of skips: the seat is free again, where it lies says for whom; drafts stay."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.assignment.queries.ending import ENDED_LEASE, record_end
from domain.routing.queries import REVIEW_SEAT
from schema.enums import EndReason, SkipKind, Stage


@dataclass(frozen=True, slots=True)
class SkippedLease:
    """What was skipped, how and when."""

    lease_id: int
    task_id: int
    kind: str
    at: datetime


def _skip(kind: SkipKind) -> str:
    # What goes to a supervisor waits for their word outside the queue.
    queue_key = (
        "0"
        if kind is SkipKind.UNLABELABLE
        else "CASE WHEN seat.queue_key > 0 THEN nextval('queue_key') ELSE seat.queue_key END"
    )
    return f"""
WITH done AS (
  UPDATE seat SET state = 0, member_id = NULL, vendor_org = NULL, expires_at = NULL, lease_id = NULL,
    lane_id = coalesce(CAST(:lane AS bigint), seat.lane_id),
    queue_key = {queue_key}
  FROM lease l WHERE l.id = :lease AND l.member_id = :member AND seat.task_id = l.task_id AND seat.seat_no = l.seat_no
    AND seat.lease_id = l.id AND seat.state < 2 AND (seat.member_id = :member OR seat.member_id IS NULL)
  RETURNING {ENDED_LEASE}),
{record_end(EndReason(kind.value))}
INSERT INTO skip (lease_id, client_org, project_id, vendor_org, task_id, member_id, kind, reason, due_at)
SELECT lease_id, client_org, project_id, vendor_org, task_id, member_id, '{kind.value}', :reason,
       now() + make_interval(hours => CAST(:later_h AS int)) FROM done
RETURNING lease_id, task_id, kind, at
"""


_SKIP = {kind: text(_skip(kind)) for kind in SkipKind}


def find_skip(session: Session, *, lease: int, member: int) -> SkippedLease | None:
    row = session.execute(
        text("SELECT lease_id, task_id, kind, at FROM skip WHERE lease_id = :lease AND member_id = :member"),
        {"lease": lease, "member": member},
    ).first()
    return SkippedLease(row.lease_id, row.task_id, row.kind, row.at) if row else None


def count_skips(session: Session, *, project: int, member: int) -> int:
    """Count what a member skipped in a project since midnight, UTC."""
    statement = text(
        "SELECT count(*) FROM work_time WHERE member_id = :member AND project_id = :project "
        "AND ended_at >= date_trunc('day', now(), 'UTC') AND end_reason IN ('later', 'others', 'unlabelable')"
    )
    return int(session.execute(statement, {"member": member, "project": project}).scalar_one())


def skip_lease(
    session: Session,
    *,
    lease: int,
    member: int,
    kind: SkipKind,
    reason: str,
    lane_id: int | None,
    later_h: int | None,
) -> SkippedLease | None:
    """Free the seat of a lease into a lane (None: where it lies), at its end; None when the fence is down.

    `later_h`: after so many hours the seat goes to everybody.
    """
    values = {"lease": lease, "member": member, "reason": reason, "lane": lane_id, "later_h": later_h}
    row = session.execute(_SKIP[kind], values).first()
    return SkippedLease(row.lease_id, row.task_id, row.kind, row.at) if row else None


def get_shared_lane(session: Session, *, task_id: int, stage: Stage) -> int:
    """Return where everybody draws a task's further seats of a stage from, whoever began it."""
    statement = text(
        "SELECT CASE WHEN :stage = 'label' THEN t.started_lane ELSE l.id END FROM task t "
        "JOIN lane l ON l.project_id = t.project_id AND l.stage = :stage AND l.requirement_key = '' "
        "  AND l.urgency = 0 AND l.kind = 'started' WHERE t.id = :task"
    )
    return int(session.execute(statement, {"task": task_id, "stage": stage.value}).scalar_one())


def hold_seats(session: Session, task_id: int) -> None:
    """Take the free seats of a task out of the queue; claims pass over what else comes back while it is in review."""
    session.execute(
        text(
            "WITH held AS (SELECT s.task_id, s.seat_no FROM seat s WHERE s.task_id = :task AND s.state = 0 "
            "  AND s.seat_no < :review ORDER BY 1, 2 FOR UPDATE) "
            "UPDATE seat s SET queue_key = 0 FROM held WHERE (s.task_id, s.seat_no) = (held.task_id, held.seat_no)"
        ),
        {"task": task_id, "review": REVIEW_SEAT},
    )


def announce_flag(session: Session, task_id: int) -> bool:
    """Have an open task decided about as it stands: it goes to a supervisor. False when it is not open any more."""
    row = session.execute(
        text(
            # Gold is not decided about: its answer is known.
            "WITH t AS (UPDATE task SET state = CASE purpose WHEN 'gold' THEN 1 ELSE 2 END, submits = submits + 1, "
            "    state_since = now(), resent = 0 "
            "  WHERE id = :task AND state = 1 RETURNING id, state, submits, client_org, trace_id), "
            "sent AS (INSERT INTO outbox (topic, key, trace_id, body) "
            "  SELECT 'decide', id, trace_id, jsonb_build_object('type', 'decide', 'client_org', client_org, "
            "    'task_id', id, 'submits', submits) FROM t WHERE state = 2) "
            "SELECT 1 FROM t"
        ),
        {"task": task_id},
    )
    return row.first() is not None
