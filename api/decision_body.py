"""How a decision and its objects are shown."""

from domain.progress.queries import DecidedObject, DecisionLine
from schema.bodies.tasks import DecidedObjectBody, DecisionBody
from schema.enums import Cause, Outcome
from schema.objects import LabelObject


def decision_body(decision: DecisionLine) -> DecisionBody:
    return DecisionBody(
        id=decision.id,
        submits=decision.submits,
        rule=decision.rule,
        inputs=decision.inputs,
        parameters_version=decision.parameters_version,
        outcome=Outcome(decision.outcome),
        reason=decision.reason,
        created_at=decision.created_at,
    )


def decided_object_body(decided: DecidedObject) -> DecidedObjectBody:
    return DecidedObjectBody(
        object=LabelObject.model_validate(decided.object),
        causes=tuple(Cause(c) for c in decided.cause),
        vote_share=decided.vote_share,
        class_share=decided.class_share,
        agreement_iou=decided.agreement_iou,
    )
