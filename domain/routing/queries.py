"""SQL of deciding: the answers of a task, the decision with its merged objects, the next state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from schema.enums import TaskState

# The review seat's number, out of reach of the numbers of votes.
REVIEW_SEAT = 1001


@dataclass(frozen=True, slots=True)
class DecidingTask:
    task_id: int
    client_org: int
    project_id: int
    submits: int
    round: int
    votes: int
    width: int
    height: int
    policy_version: int
    policy: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnswerRow:
    lease_id: int
    member_id: int
    objects: list[dict[str, Any]]


def find_deciding_task(session: Session, *, task_id: int, submits: int) -> DecidingTask | None:
    row = (
        session.execute(
            text(
                "SELECT t.id AS task_id, t.client_org, t.project_id, t.submits, t.round, t.votes, i.width, "
                "  i.height, p.policy_version, y.body AS policy FROM task t JOIN item it ON it.id = t.item_id "
                "JOIN image i ON i.id = it.image_id JOIN project p ON p.id = t.project_id "
                "JOIN policy_version y ON y.project_id = p.id AND y.version = p.policy_version "
                "WHERE t.id = :task AND t.state = 2 AND t.submits = :submits"
            ),
            {"task": task_id, "submits": submits},
        )
        .mappings()
        .first()
    )
    return DecidingTask(**row) if row else None


def list_answers(session: Session, task_id: int) -> list[AnswerRow]:
    """List the answer of each filled seat: the newest version, since a seat points at its last lease."""
    rows = session.execute(
        text(
            "SELECT a.lease_id, a.member_id, a.objects FROM seat s JOIN annotation a ON a.lease_id = s.lease_id "
            "WHERE s.task_id = :task AND s.state = 2 AND s.seat_no < :review ORDER BY a.lease_id"
        ),
        {"task": task_id, "review": REVIEW_SEAT},
    )
    return [AnswerRow(r.lease_id, r.member_id, r.objects) for r in rows]


@dataclass(frozen=True, slots=True)
class FlagRow:
    """That a task cannot be annotated, as its annotator says."""

    lease_id: int
    reason: str


def list_flags(session: Session, task_id: int) -> list[FlagRow]:
    """List who could not annotate a task, but for what a decision has taken to a supervisor."""
    rows = session.execute(
        text(
            "SELECT k.lease_id, k.reason FROM skip k WHERE k.task_id = :task AND k.kind = 'unlabelable' "
            "AND NOT EXISTS (SELECT FROM decision d WHERE d.task_id = k.task_id "
            "  AND d.inputs->'flags' @> to_jsonb(k.lease_id)) ORDER BY k.lease_id"
        ),
        {"task": task_id},
    )
    return [FlagRow(r.lease_id, r.reason) for r in rows]


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision to be written."""

    client_org: int
    project_id: int
    task_id: int
    submits: int
    rule: str
    inputs: dict[str, Any]
    parameters_version: int
    outcome: str
    reason: str
    agreement: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """A merged or settled object to be written."""

    id: UUID
    class_id: int
    bbox: list[float] | None
    score: float | None
    vote_share: float
    class_share: float
    agreement_iou: float | None
    cause: list[str]
    versions: dict[str, Any]
    object: dict[str, Any]


def lock_round(session: Session, *, task_id: int, submits: int) -> bool:
    """Lock the task while it is being decided on this count of submits; False when it moved on.

    The key stays shareable, so that nobody's lease or draft waits for it.
    """
    row = session.execute(
        text("SELECT 1 FROM task WHERE id = :task AND state = 2 AND submits = :submits FOR NO KEY UPDATE"),
        {"task": task_id, "submits": submits},
    )
    return row.first() is not None


def insert_decision(session: Session, record: DecisionRecord) -> int:
    """Write the decision; a second one for the same task and count violates `uq_decision_task_id_submits`."""
    statement = text(
        "INSERT INTO decision (client_org, project_id, task_id, submits, rule, inputs, parameters_version, outcome, "
        "  reason, agreement) VALUES (:client_org, :project_id, :task_id, :submits, :rule, :inputs, "
        "  :parameters_version, :outcome, :reason, :agreement) RETURNING id"
    ).bindparams(bindparam("inputs", type_=JSONB), bindparam("agreement", type_=JSONB(none_as_null=True)))
    values = {name: getattr(record, name) for name in DecisionRecord.__slots__}
    return int(session.execute(statement, values).scalar_one())


def insert_objects(
    session: Session,
    *,
    decision_id: int,
    client_org: int,
    project_id: int,
    task_id: int,
    records: Sequence[ObjectRecord],
) -> None:
    if not records:
        return
    statement = text(
        "INSERT INTO consensus_object (decision_id, id, client_org, project_id, task_id, position, class_id, bbox, "
        "  score, vote_share, class_share, agreement_iou, cause, versions, object) "
        "VALUES (:decision_id, :id, :client_org, :project_id, :task_id, :position, :class_id, :bbox, :score, "
        "  :vote_share, :class_share, :agreement_iou, :cause, :versions, :object)"
    ).bindparams(bindparam("versions", type_=JSONB), bindparam("object", type_=JSONB))
    common = {"decision_id": decision_id, "client_org": client_org, "project_id": project_id, "task_id": task_id}
    rows = [
        common | {"position": position} | {name: getattr(record, name) for name in ObjectRecord.__slots__}
        for position, record in enumerate(records)
    ]
    session.execute(statement, rows)


def accept_task(session: Session, *, task_id: int, decision_id: int, agreement: float | None) -> None:
    """Accept a task that `lock_round` holds."""
    _move(session, task_id=task_id, state=TaskState.ACCEPTED, decision_id=decision_id, agreement=agreement)


def ask_one_more(session: Session, *, task_id: int, agreement: float | None) -> None:
    """Raise the target of a task that `lock_round` holds, and open the next seat."""
    session.execute(
        text(
            "WITH wider AS (UPDATE task SET state = 1, target = target + 1, seats = seats + 1, state_since = now(), "
            "    agreement = :agreement, resent = 0 WHERE id = :task "
            "  RETURNING id, seats, client_org, project_id, started_lane) "
            "INSERT INTO seat (task_id, seat_no, client_org, project_id, lane_id, queue_key) "
            "SELECT id, seats, client_org, project_id, started_lane, nextval('queue_key') FROM wider "
            "ON CONFLICT DO NOTHING"
        ),
        {"task": task_id, "agreement": agreement},
    )


def send_to_review(session: Session, *, task_id: int, decision_id: int, agreement: float | None) -> None:
    """Put a task that `lock_round` holds into review: its review seat, new or used before, waits in the review lane."""
    _move(session, task_id=task_id, state=TaskState.IN_REVIEW, decision_id=decision_id, agreement=agreement)
    session.execute(
        text(
            "INSERT INTO seat (task_id, seat_no, client_org, project_id, lane_id, queue_key) "
            "SELECT t.id, :first, t.client_org, t.project_id, l.id, nextval('queue_key') FROM task t "
            "JOIN lane l ON l.project_id = t.project_id AND l.stage = 'review' AND l.kind = 'fresh' "
            "  AND l.requirement_key = '' AND l.urgency = 0 WHERE t.id = :task "
            "ON CONFLICT (task_id, seat_no) DO UPDATE SET queue_key = excluded.queue_key, lane_id = excluded.lane_id"
        ),
        {"task": task_id, "first": REVIEW_SEAT},
    )


def _move(session: Session, *, task_id: int, state: TaskState, decision_id: int, agreement: float | None) -> None:
    session.execute(
        text(
            "UPDATE task SET state = :state, decision_id = :decision, agreement = :agreement, state_since = now(), "
            "resent = 0 WHERE id = :task"
        ),
        {"task": task_id, "state": state.value, "decision": decision_id, "agreement": agreement},
    )
