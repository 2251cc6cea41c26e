"""SQL of reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from domain.assignment.queries.ending import ENDED_LEASE, record_end
from domain.routing.queries import REVIEW_SEAT
from schema.enums import EndReason, TaskState


@dataclass(frozen=True, slots=True)
class MergedRow:
    id: UUID
    cause: list[str]
    vote_share: float
    class_share: float
    agreement_iou: float | None
    versions: dict[str, Any]
    object: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReviewedTask:
    """A task in review with the decision that sent it there."""

    task_id: int
    client_org: int
    project_id: int
    submits: int
    decision_id: int
    reason: str
    parameters_version: int


def find_task_in_review(session: Session, task_id: int) -> ReviewedTask | None:
    row = (
        session.execute(
            text(
                "SELECT t.id AS task_id, t.client_org, t.project_id, t.submits, t.decision_id, d.reason, "
                "  d.parameters_version FROM task t JOIN decision d ON d.id = t.decision_id "
                "WHERE t.id = :task AND t.state = 3"
            ),
            {"task": task_id},
        )
        .mappings()
        .first()
    )
    return ReviewedTask(**row) if row else None


def list_merged_objects(session: Session, decision_id: int) -> list[MergedRow]:
    rows = session.execute(
        text(
            "SELECT id, cause, vote_share, class_share, agreement_iou, versions, object FROM consensus_object "
            "WHERE decision_id = :decision ORDER BY position"
        ),
        {"decision": decision_id},
    )
    return [MergedRow(r.id, r.cause, r.vote_share, r.class_share, r.agreement_iou, r.versions, r.object) for r in rows]


@dataclass(frozen=True, slots=True)
class Filled:
    lease_id: int
    submitted_at: datetime


def fill_review_seat(
    session: Session, *, lease: int, member: int, objects: list[dict[str, Any]], keep_seat: bool
) -> Filled | None:
    """Store the review as the answer of its lease; None when the fence is down.

    `keep_seat` leaves the seat with its reviewer; else (the work goes back) it is emptied and waits, out of the queue,
    and the lease is over: a heartbeat of it must not take the seat again.
    """
    change = (
        "state = 2, expires_at = NULL, member_id = :member, vendor_org = l.vendor_org"
        if keep_seat
        else "state = 0, expires_at = NULL, member_id = NULL, vendor_org = NULL, lease_id = NULL, "
        "queue_key = 0, version = seat.version + 1"
    )
    row = session.execute(
        text(
            f"WITH done AS (UPDATE seat SET {change} "
            "  FROM lease l JOIN task k ON k.id = l.task_id AND k.state = 3 WHERE l.id = :lease "
            "  AND l.member_id = :member AND seat.task_id = l.task_id AND seat.seat_no = l.seat_no "
            "  AND seat.lease_id = l.id AND seat.state < 2 AND (seat.member_id = :member OR seat.member_id IS NULL) "
            f"  RETURNING {ENDED_LEASE}, seat.version), {record_end(EndReason.SUBMITTED)} "
            "INSERT INTO annotation (lease_id, client_org, project_id, vendor_org, task_id, seat_no, version, "
            "  member_id, objects) SELECT lease_id, client_org, project_id, vendor_org, task_id, seat_no, version, "
            "  :member, :objects FROM done RETURNING lease_id, submitted_at"
        ).bindparams(bindparam("objects", type_=JSONB)),
        {"lease": lease, "member": member, "objects": objects},
    ).first()
    return Filled(row.lease_id, row.submitted_at) if row else None


def insert_verdicts(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = text(
        "INSERT INTO verdict (client_org, project_id, vendor_org, task_id, lease_id, member_id, consensus_object_id, "
        "  choice, reason, detail) VALUES (:client_org, :project_id, :vendor_org, :task_id, :lease_id, :member_id, "
        "  :object_id, :choice, :reason, :detail)"
    ).bindparams(bindparam("detail", type_=JSONB(none_as_null=True)))
    session.execute(statement, list(rows))


def close_review(
    session: Session,
    *,
    task_id: int,
    submits: int,
    state: TaskState,
    decision_id: int,
    reason: str | None,
    votes_back: int,
) -> bool:
    """Move the task out of review without `votes_back` of its votes; False when it left review in the meantime."""
    row = session.execute(
        text(
            "UPDATE task SET state = :state, decision_id = :decision, submits = submits + 1, state_since = now(), "
            "resent = 0, reason = :reason, votes = votes - :votes_back "
            "WHERE id = :task AND state = 3 AND submits = :submits RETURNING 1"
        ),
        {
            "task": task_id,
            "state": state.value,
            "decision": decision_id,
            "submits": submits,
            "reason": reason,
            "votes_back": votes_back,
        },
    )
    return row.first() is not None


@dataclass(frozen=True, slots=True)
class Author:
    """Who filled a seat whose answer goes back."""

    seat_no: int
    member_id: int
    vendor_org: int


def find_author(session: Session, *, task_id: int, lease_id: int) -> Author | None:
    row = session.execute(
        text(
            "SELECT seat_no, member_id, vendor_org FROM seat WHERE task_id = :task AND lease_id = :lease "
            "AND state = 2 AND seat_no < :review"
        ),
        {"task": task_id, "lease": lease_id, "review": REVIEW_SEAT},
    ).first()
    return Author(row.seat_no, row.member_id, row.vendor_org) if row else None


def can_label(session: Session, *, member_id: int, project_id: int) -> bool:
    """Say whether a member, of whatever organisation, still labels in a project."""
    statement = text("SELECT can_label(:member, :project)")
    return bool(session.execute(statement, {"member": member_id, "project": project_id}).scalar_one())


def get_started_lane(session: Session, task_id: int) -> int:
    """Return where everybody draws the task's further seats from."""
    return int(session.execute(text("SELECT started_lane FROM task WHERE id = :task"), {"task": task_id}).scalar_one())


def send_seat_back(session: Session, *, task_id: int, author: Author, lane_id: int) -> bool:
    """Free a filled seat into its author's personal lane; the next answer there is one version on.

    Its lease is over. False when somebody else holds the seat by now.
    """
    row = session.execute(
        text(
            "UPDATE seat SET state = 0, member_id = NULL, vendor_org = NULL, lease_id = NULL, version = version + 1, "
            "lane_id = :lane, queue_key = nextval('queue_key') "
            "WHERE task_id = :task AND seat_no = :seat AND member_id = :member AND state = 2 RETURNING 1"
        ),
        {"task": task_id, "seat": author.seat_no, "member": author.member_id, "lane": lane_id},
    )
    return row.first() is not None


def lacks_votes(session: Session, task_id: int) -> bool:
    """Tell whether seats of a task have no answer."""
    return bool(
        session.execute(text("SELECT votes < seats FROM task WHERE id = :task"), {"task": task_id}).scalar_one()
    )


def queue_open_seats(session: Session, task_id: int) -> None:
    """Put the free seats of a task that was flagged into the queue again.

    Other tasks in review have none: they came there when the last of their seats was filled.
    """
    session.execute(
        text(
            "WITH held AS (SELECT s.task_id, s.seat_no FROM seat s WHERE s.task_id = :task AND s.state = 0 "
            "  AND s.queue_key = 0 AND s.seat_no < :review ORDER BY 1, 2 FOR UPDATE) "
            "UPDATE seat s SET queue_key = nextval('queue_key') FROM held "
            "WHERE (s.task_id, s.seat_no) = (held.task_id, held.seat_no)"
        ),
        {"task": task_id, "review": REVIEW_SEAT},
    )
