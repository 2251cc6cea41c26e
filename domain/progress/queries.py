"""SQL of the reads; writes nothing. Row-level security keeps them inside the caller's scope."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from schema.enums import TaskState


@dataclass(frozen=True, slots=True)
class DecisionLine:
    id: int
    submits: int
    rule: str
    inputs: dict[str, Any]
    parameters_version: int
    outcome: str
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DecidedObject:
    """An object of a decision, and what its answers said of it."""

    id: UUID
    cause: list[str]
    vote_share: float
    class_share: float
    agreement_iou: float | None
    object: dict[str, Any]


@dataclass(frozen=True, slots=True)
class QuorumAgreement:
    """What the newest quorum of a task measured, and whether its people were shown pre-labels."""

    task_id: int
    agreement: dict[str, Any]
    with_prelabels: bool


_STATES_OF_IMAGES = """
SELECT i.id, i.state FROM feed f JOIN image i ON i.source_id = f.source_id
WHERE f.project_id = :project AND f.ended_at IS NULL
UNION
SELECT i.id, i.state FROM item it JOIN image i ON i.id = it.image_id WHERE it.project_id = :project
"""


def count_images(session: Session, project_id: int) -> dict[str, int]:
    rows = session.execute(
        text(f"SELECT state, count(*) AS images FROM ({_STATES_OF_IMAGES}) i GROUP BY state"),
        {"project": project_id},
    )
    return {r.state: r.images for r in rows}


def count_tasks(session: Session, project_id: int) -> dict[TaskState, int]:
    """Count the tasks of the newest rounds: work that was opened again counts where it is now, and gold is no work."""
    rows = session.execute(
        text(
            "SELECT state, sum(tasks) AS tasks FROM ("
            "  SELECT state, count(*) AS tasks FROM task WHERE project_id = :project GROUP BY state UNION ALL "
            "  SELECT b.state, -count(*) FROM task n JOIN task b ON b.item_id = n.item_id AND b.stage = n.stage "
            "    AND b.round = n.round - 1 WHERE n.project_id = :project AND n.round > 1 GROUP BY b.state UNION ALL "
            "  SELECT state, -count(*) FROM task WHERE project_id = :project AND purpose = 'gold' GROUP BY state"
            ") t GROUP BY state"
        ),
        {"project": project_id},
    )
    return {TaskState(r.state): int(r.tasks) for r in rows}


def count_leases_held(session: Session, project_id: int) -> int:
    statement = text("SELECT count(*) FROM seat WHERE project_id = :project AND state = 1 AND expires_at > now()")
    return int(session.execute(statement, {"project": project_id}).scalar_one())


def list_decisions(session: Session, task_id: int) -> list[DecisionLine]:
    rows = session.execute(
        text(
            "SELECT id, submits, rule, inputs, parameters_version, outcome, reason, created_at FROM decision "
            "WHERE task_id = :task ORDER BY submits LIMIT 200"
        ),
        {"task": task_id},
    ).mappings()
    return [DecisionLine(**r) for r in rows]


def list_decided_objects(session: Session, decision_id: int) -> list[DecidedObject]:
    rows = session.execute(
        text(
            "SELECT id, cause, vote_share, class_share, agreement_iou, object FROM consensus_object "
            "WHERE decision_id = :decision ORDER BY position"
        ),
        {"decision": decision_id},
    ).mappings()
    return [DecidedObject(**r) for r in rows]


def list_agreements(session: Session, *, project_id: int, after: int, limit: int) -> list[QuorumAgreement]:
    """List what the newest quorum of each task measured, by task; reviews measure nothing and are passed over."""
    rows = session.execute(
        text(
            "SELECT t.id AS task_id, d.agreement, t.shown_prediction_id IS NOT NULL AS with_prelabels FROM task t "
            "CROSS JOIN LATERAL (SELECT n.agreement FROM decision n WHERE n.task_id = t.id "
            "                    AND n.agreement IS NOT NULL ORDER BY n.submits DESC LIMIT 1) d "
            "WHERE t.project_id = :project AND t.id > :after ORDER BY t.id LIMIT :limit"
        ),
        {"project": project_id, "after": after, "limit": limit},
    ).mappings()
    return [QuorumAgreement(**r) for r in rows]


def ping(session: Session) -> None:
    """Ask the database for nothing; raises when it does not answer."""
    session.execute(text("SELECT 1"))
