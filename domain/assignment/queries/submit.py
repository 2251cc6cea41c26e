"""The submit, its undo, and giving work back: what ends a lease, or begins the next one of a seat."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from domain.assignment.counting import Counts
from domain.assignment.queries.ending import ENDED_LEASE, record_end
from schema.enums import EndReason


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that an answer is stored."""

    lease_id: int
    task_id: int
    version: int
    submitted_at: datetime


# Expiry makes a seat takeable but keeps its lease id: the fence holds until somebody takes the seat.
_SUBMIT = text(
    """
WITH done AS (
  UPDATE seat SET state = 2, expires_at = NULL, member_id = :member, vendor_org = l.vendor_org
  FROM lease l JOIN task k ON k.id = l.task_id AND k.state = 1
  WHERE l.id = :lease AND l.member_id = :member AND seat.task_id = l.task_id AND seat.seat_no = l.seat_no
    AND seat.lease_id = l.id AND seat.state < 2 AND (seat.member_id = :member OR seat.member_id IS NULL)
  RETURNING seat.task_id, seat.seat_no, seat.client_org, seat.project_id, seat.vendor_org, seat.lease_id,
            seat.version, l.member_id, l.claimed_at),
ann AS (
  INSERT INTO annotation (lease_id, client_org, project_id, vendor_org, task_id, seat_no, version, member_id, objects)
  SELECT lease_id, client_org, project_id, vendor_org, task_id, seat_no, version, :member, :objects FROM done
  RETURNING lease_id, task_id, version, submitted_at),
t AS (
  UPDATE task SET votes = task.votes + 1, submits = task.submits + 1,
    state = CASE WHEN task.state = 1 AND task.votes + 1 >= task.seats AND task.votes + 1 >= task.target
                 THEN 2 ELSE task.state END,
    state_since = CASE WHEN task.votes + 1 >= task.seats AND task.votes + 1 >= task.target
                       THEN now() ELSE task.state_since END,
    resent = 0
  FROM done WHERE task.id = done.task_id RETURNING task.id, task.state, task.submits, task.client_org, task.trace_id),
msg AS (
  INSERT INTO outbox (topic, key, trace_id, body, not_before)
  SELECT 'decide', id, trace_id, jsonb_build_object('type', 'decide', 'client_org', client_org, 'task_id', id,
                                                    'submits', submits),
         now() + make_interval(secs => :undo_window_s) FROM t WHERE state = 2),
gone AS (DELETE FROM draft USING done WHERE draft.task_id = done.task_id AND draft.member_id = :member),"""
    + record_end(EndReason.SUBMITTED, ":new, :edited, :accepted, :deleted")
    + """
SELECT ann.lease_id, ann.task_id, ann.version, ann.submitted_at FROM ann
"""
).bindparams(bindparam("objects", type_=JSONB))


def submit(
    session: Session, *, lease: int, member: int, objects: list[dict[str, Any]], counts: Counts, undo_window_s: float
) -> Receipt | None:
    """Fill the seat, store the answer and announce the decision when it was the last; None when the fence is down."""
    values = {"lease": lease, "member": member, "objects": objects, "undo_window_s": undo_window_s} | asdict(counts)
    row = session.execute(_SUBMIT, values).first()
    return Receipt(row.lease_id, row.task_id, row.version, row.submitted_at) if row else None


def find_receipt(session: Session, *, lease: int, member: int) -> Receipt | None:
    row = session.execute(
        text(
            "SELECT lease_id, task_id, version, submitted_at FROM annotation "
            "WHERE lease_id = :lease AND member_id = :member"
        ),
        {"lease": lease, "member": member},
    ).first()
    return Receipt(row.lease_id, row.task_id, row.version, row.submitted_at) if row else None


def give_back(session: Session, *, lease: int, member: int) -> bool:
    """Free the seat of a lease without an answer."""
    row = session.execute(
        text(
            "WITH done AS (UPDATE seat SET state = 0, member_id = NULL, vendor_org = NULL, expires_at = NULL, "
            "  lease_id = NULL FROM lease l WHERE l.id = :lease AND l.member_id = :member "
            "  AND seat.task_id = l.task_id AND seat.seat_no = l.seat_no AND seat.lease_id = l.id AND seat.state < 2 "
            f"  AND (seat.member_id = :member OR seat.member_id IS NULL) RETURNING {ENDED_LEASE}), "
            f"{record_end(EndReason.RELEASED)} SELECT 1 FROM done"
        ),
        {"lease": lease, "member": member},
    )
    return row.first() is not None


def reopen_seat(session: Session, *, lease: int, member: int, ttl_s: int, window_s: float) -> int | None:
    """Take a submit back inside the undo window: the seat gets a new lease, the pending decision meets a new count.

    None when it is too late, or when the task goes to a supervisor before all its seats are filled. The task may be
    decided or cancelled while this waits for its row: then the seat has changed already, and the caller must let the
    transaction fail.
    """
    row = session.execute(
        text(
            """
WITH undone AS (
  UPDATE seat SET state = 1, lease_id = nextval('lease_seq'), version = seat.version + 1,
    expires_at = now() + make_interval(secs => :ttl_s)
  FROM annotation a JOIN task k ON k.id = a.task_id AND (k.state = 1 OR k.state = 2 AND k.votes >= k.seats)
  WHERE a.lease_id = :lease AND a.member_id = :member AND a.submitted_at > now() - make_interval(secs => :window_s)
    AND seat.task_id = a.task_id AND seat.seat_no = a.seat_no AND seat.lease_id = a.lease_id AND seat.state = 2
  RETURNING seat.task_id, seat.seat_no, seat.lease_id),
t AS (UPDATE task SET votes = votes - 1, submits = submits + 1, state = 1, state_since = now()
      FROM undone WHERE task.id = undone.task_id AND task.state IN (1, 2) RETURNING task.id),
held AS (
  INSERT INTO lease (id, task_id, seat_no, client_org, project_id, vendor_org, member_id, ontology_version,
                     guideline_version, policy_version, shown_prediction_id)
  SELECT u.lease_id, l.task_id, l.seat_no, l.client_org, l.project_id, l.vendor_org, l.member_id, l.ontology_version,
         l.guideline_version, l.policy_version, l.shown_prediction_id
  FROM undone u JOIN t ON t.id = u.task_id JOIN lease l ON l.id = :lease
  RETURNING id, client_org, project_id, vendor_org, task_id, member_id)
INSERT INTO lease_activity (lease_id, client_org, project_id, vendor_org, task_id, member_id, stage)
SELECT id, client_org, project_id, vendor_org, task_id, member_id, 'label' FROM held RETURNING lease_id
"""
        ),
        {"lease": lease, "member": member, "ttl_s": ttl_s, "window_s": window_s},
    ).scalar()
    return int(row) if row is not None else None
