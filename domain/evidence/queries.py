"""SQL of the evidence; writes nothing. Row-level security shows a vendor only its own people's answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A submitted answer with what its author was shown; `name` is null for people of another organisation."""

    lease_id: int
    task_id: int
    project_id: int
    vendor_org: int
    member_id: int
    name: str | None
    seat_no: int
    version: int
    counts: bool
    claimed_at: datetime
    submitted_at: datetime
    ontology_version: int | None
    guideline_version: int | None
    policy_version: int | None
    shown_prediction_id: int | None
    prelabels: list[dict[str, Any]] | None
    objects: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """What a model version said of an image; its name is null where the model is another organisation's."""

    id: int
    image_id: int
    model: str | None
    version: str | None
    project_id: int
    mapping_id: int | None
    objects: list[dict[str, Any]]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DecisionDetail:
    id: int
    project_id: int
    task_id: int
    submits: int
    rule: str
    inputs: dict[str, Any]
    parameters_version: int
    parameters: dict[str, Any]
    outcome: str
    reason: str
    created_at: datetime


def has_task(session: Session, task_id: int) -> bool:
    return bool(
        session.execute(
            text("SELECT EXISTS (SELECT FROM task WHERE id = :id AND purpose <> 'gold')"), {"id": task_id}
        ).scalar_one()
    )


def has_image(session: Session, image_id: int) -> bool:
    statement = text("SELECT EXISTS (SELECT FROM image WHERE id = :id)")
    return bool(session.execute(statement, {"id": image_id}).scalar_one())


def list_answers(session: Session, *, task_id: int, after: int, limit: int) -> list[AnswerRow]:
    rows = session.execute(
        text(
            "SELECT a.lease_id, a.task_id, a.project_id, a.vendor_org, a.member_id, "
            "  coalesce(w.name, w.email) AS name, a.seat_no, a.version, "
            "  coalesce(s.lease_id = a.lease_id AND s.state = 2, false) AS counts, l.claimed_at, a.submitted_at, "
            "  l.ontology_version, l.guideline_version, l.policy_version, l.shown_prediction_id, "
            "  p.objects AS prelabels, a.objects FROM annotation a JOIN lease l ON l.id = a.lease_id "
            "LEFT JOIN prediction p ON p.id = l.shown_prediction_id "
            "LEFT JOIN seat s ON s.task_id = a.task_id AND s.seat_no = a.seat_no "
            "LEFT JOIN member m ON m.id = a.member_id LEFT JOIN person w ON w.id = m.person_id "
            "WHERE a.task_id = :task AND a.lease_id > :after ORDER BY a.lease_id LIMIT :limit"
        ),
        {"task": task_id, "after": after, "limit": limit},
    ).mappings()
    return [AnswerRow(**r) for r in rows]


def list_predictions(session: Session, *, image_id: int, after: int, limit: int) -> list[PredictionRow]:
    rows = session.execute(
        text(
            "SELECT p.id, p.image_id, v.name AS model, v.version, p.project_id, p.mapping_id, p.objects, "
            "  p.created_at FROM prediction p "
            "LEFT JOIN model_version v ON v.id = p.model_version_id "
            "WHERE p.image_id = :image AND p.id > :after ORDER BY p.id LIMIT :limit"
        ),
        {"image": image_id, "after": after, "limit": limit},
    ).mappings()
    return [PredictionRow(**r) for r in rows]


def find_decision(session: Session, decision_id: int) -> DecisionDetail | None:
    row = (
        session.execute(
            text(
                "SELECT d.id, d.project_id, d.task_id, d.submits, d.rule, d.inputs, d.parameters_version, "
                "  y.body AS parameters, d.outcome, d.reason, d.created_at FROM decision d "
                "JOIN policy_version y ON y.project_id = d.project_id AND y.version = d.parameters_version "
                "WHERE d.id = :id"
            ),
            {"id": decision_id},
        )
        .mappings()
        .first()
    )
    return DecisionDetail(**row) if row else None
