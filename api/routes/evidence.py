"""What lies behind a result: answers, predictions, and why it was decided so."""

from typing import Any

from fastapi import APIRouter

from api.auth import WithActor
from api.context import Context, WithContext
from api.decision_body import decided_object_body
from api.paging import WithCursor
from api.people import person_body
from api.problems import declare
from api.routes.parameters import PathId
from domain.evidence import service
from domain.evidence.queries import AnswerRow, PredictionRow
from domain.prelabel.rules import tell_outcomes
from domain.routing.queries import REVIEW_SEAT
from domain.scope import Actor
from schema.bodies.base import Page
from schema.bodies.evidence import DecisionDetailBody, PredictionBody, PrelabelOutcomesBody, ShownBody, SubmittedBody
from schema.enums import Outcome, Stage
from schema.objects import OBJECTS
from schema.projects import Policy

router = APIRouter(tags=["review"], responses=declare("forbidden", "not_found"))


@router.get("/tasks/{task_id}/annotations", summary="List every answer to a task, and what its author was shown")
def list_annotations(
    task_id: PathId, actor: WithActor, context: WithContext, cursor: WithCursor
) -> Page[SubmittedBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_answers(session, actor, task_id, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, lambda row: _submitted(row, context, actor), id_of=lambda row: row.lease_id)


@router.get("/images/{image_id}/predictions", summary="List what models said of an image")
def list_predictions(
    image_id: PathId, actor: WithActor, context: WithContext, cursor: WithCursor
) -> Page[PredictionBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_predictions(session, actor, image_id, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _prediction, id_of=lambda row: row.id)


@router.get(
    "/decisions/{decision_id}", summary="Show a decision: its rule, what it was given, and each object's causes"
)
def get_decision(decision_id: PathId, actor: WithActor, context: WithContext) -> DecisionDetailBody:
    with context.database.begin(actor.scope) as session:
        decision, objects = service.get_decision(session, actor, decision_id)
    return DecisionDetailBody(
        id=decision.id,
        project_id=decision.project_id,
        task_id=decision.task_id,
        submits=decision.submits,
        rule=decision.rule,
        inputs=decision.inputs,
        parameters_version=decision.parameters_version,
        parameters=Policy.model_validate(decision.parameters),
        outcome=Outcome(decision.outcome),
        reason=decision.reason,
        created_at=decision.created_at,
        objects=tuple(decided_object_body(o) for o in objects),
    )


def _submitted(row: AnswerRow, context: Context, actor: Actor) -> SubmittedBody:
    return SubmittedBody(
        lease_id=row.lease_id,
        task_id=row.task_id,
        author=person_body(
            context,
            actor,
            project_id=row.project_id,
            organisation_id=row.vendor_org,
            member_id=row.member_id,
            name=row.name,
        ),
        stage=Stage.REVIEW if row.seat_no >= REVIEW_SEAT else Stage.LABEL,
        seat=row.seat_no,
        version=row.version,
        counts=row.counts,
        claimed_at=row.claimed_at,
        submitted_at=row.submitted_at,
        shown=ShownBody(
            ontology_version=row.ontology_version,
            guideline_version=row.guideline_version,
            policy_version=row.policy_version,
            prediction_id=row.shown_prediction_id,
        ),
        prelabels=None if row.prelabels is None else _outcomes(row.prelabels, row.objects),
        objects=OBJECTS.validate_python(row.objects),
    )


def _outcomes(shown: list[dict[str, Any]], answer: list[dict[str, Any]]) -> PrelabelOutcomesBody:
    outcomes = tell_outcomes(OBJECTS.validate_python(shown), OBJECTS.validate_python(answer))
    return PrelabelOutcomesBody(accepted=outcomes.accepted, edited=outcomes.edited, deleted=outcomes.deleted)


def _prediction(row: PredictionRow) -> PredictionBody:
    return PredictionBody(
        id=row.id,
        image_id=row.image_id,
        model=row.model,
        model_version=row.version,
        project_id=row.project_id,
        mapping_id=row.mapping_id,
        objects=OBJECTS.validate_python(row.objects),
        created_at=row.created_at,
    )
