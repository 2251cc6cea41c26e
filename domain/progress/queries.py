"""SQL of the reads; writes nothing. Row-level security keeps them inside the caller's scope."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from schema.enums import TaskState


@dataclass(frozen=True, slots=True)
class ImageDetail:
    id: int
    client_org: int
    source_id: int
    key: str
    revision: str
    state: str
    reason: str | None
    detail: str | None
    sha256: str | None
    bytes: int | None
    width: int | None
    height: int | None
    content_type: str | None
    duplicate_of: int | None
    created_at: datetime
    state_since: datetime


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task with the outcome, reason and causes of its newest decision."""

    id: int
    project_id: int
    image_id: int
    key: str
    stage: str
    state: int
    round: int
    votes: int
    target: int
    outcome: str | None
    reason: str | None
    causes: list[str]


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


# A client reaches images through its sources; a vendor sees no source, but the images that became items. One page is
# taken through each way: a condition that joins both with OR would walk everybody's images.
_PAGE_OF_IMAGES = """
SELECT n.id FROM source q CROSS JOIN LATERAL (
  SELECT n.id FROM image n
  WHERE n.source_id = q.id AND n.id > :after {image} ORDER BY n.id LIMIT :limit) n WHERE {source}
UNION
SELECT n.id FROM project p CROSS JOIN LATERAL (
  SELECT n.id FROM item it JOIN image n ON n.id = it.image_id
  WHERE it.project_id = p.id AND it.image_id > :after {image} ORDER BY it.image_id LIMIT :limit) n WHERE {project}
"""
_STATES_OF_IMAGES = """
SELECT i.id, i.state FROM feed f JOIN image i ON i.source_id = f.source_id WHERE f.project_id = :project
UNION
SELECT i.id, i.state FROM item it JOIN image i ON i.id = it.image_id WHERE it.project_id = :project
"""
_IMAGE = (
    "SELECT i.id, i.client_org, i.source_id, i.key, i.revision, i.state, i.reason, i.detail, i.sha256, i.bytes, "
    "i.width, i.height, i.content_type, i.duplicate_of, i.created_at, i.state_since FROM image i "
)
_TASK = (
    "SELECT t.id, t.project_id, i.id AS image_id, i.key, t.stage, t.state, t.round, t.votes, t.target, d.outcome, "
    "  coalesce(t.reason, d.reason) AS reason, "
    "  ARRAY(SELECT DISTINCT c FROM consensus_object o CROSS JOIN unnest(o.cause) AS c "
    "        WHERE o.decision_id = d.id ORDER BY c) AS causes "
    "FROM task t JOIN item it ON it.id = t.item_id JOIN image i ON i.id = it.image_id "
    "LEFT JOIN LATERAL (SELECT n.id, n.outcome, n.reason FROM decision n WHERE n.task_id = t.id "
    "                   ORDER BY n.submits DESC LIMIT 1) d ON true "
)


def count_images(session: Session, project_id: int) -> dict[str, int]:
    rows = session.execute(
        text(f"SELECT state, count(*) AS images FROM ({_STATES_OF_IMAGES}) i GROUP BY state"),
        {"project": project_id},
    )
    return {r.state: r.images for r in rows}


def count_tasks(session: Session, project_id: int) -> dict[TaskState, int]:
    rows = session.execute(
        text("SELECT state, count(*) AS tasks FROM task WHERE project_id = :project GROUP BY state"),
        {"project": project_id},
    )
    return {TaskState(r.state): r.tasks for r in rows}


def count_leases_held(session: Session, project_id: int) -> int:
    statement = text("SELECT count(*) FROM seat WHERE project_id = :project AND state = 1 AND expires_at > now()")
    return int(session.execute(statement, {"project": project_id}).scalar_one())


def list_images(
    session: Session, *, source_id: int | None, project_id: int | None, state: str | None, after: int, limit: int
) -> list[ImageDetail]:
    """List images by id; absent filters are left out of the statement, so that each keeps its own plan."""
    image, source, project = [], ["true"], ["true"]
    if state is not None:
        image.append("AND n.state = :state")
    if source_id is not None:
        image.append("AND n.source_id = :source")
        source.append("q.id = :source")
    if project_id is not None:
        source.append("q.id IN (SELECT f.source_id FROM feed f WHERE f.project_id = :project)")
        project.append("p.id = :project")
    page = _PAGE_OF_IMAGES.format(image=" ".join(image), source=" AND ".join(source), project=" AND ".join(project))
    rows = session.execute(
        text(_IMAGE + f"WHERE i.id IN ({page}) ORDER BY i.id LIMIT :limit"),
        {"source": source_id, "project": project_id, "state": state, "after": after, "limit": limit},
    ).mappings()
    return [ImageDetail(**r) for r in rows]


def find_image(session: Session, image_id: int) -> ImageDetail | None:
    row = session.execute(text(_IMAGE + "WHERE i.id = :id"), {"id": image_id}).mappings().first()
    return ImageDetail(**row) if row else None


def list_tasks(session: Session, *, project_id: int, state: TaskState | None, after: int, limit: int) -> list[TaskLine]:
    in_state = "" if state is None else "AND t.state = :state "
    rows = session.execute(
        text(_TASK + f"WHERE t.project_id = :project {in_state}AND t.id > :after ORDER BY t.id LIMIT :limit"),
        {"project": project_id, "state": state, "after": after, "limit": limit},
    ).mappings()
    return [TaskLine(**r) for r in rows]


def find_task(session: Session, task_id: int) -> TaskLine | None:
    row = session.execute(text(_TASK + "WHERE t.id = :id"), {"id": task_id}).mappings().first()
    return TaskLine(**row) if row else None


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
