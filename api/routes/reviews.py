"""The supervisor's side: what is contested on a task, and the verdicts."""

from collections.abc import Mapping

from fastapi import APIRouter, Response

from api.auth import WithActor
from api.context import WithContext
from api.problems import declare
from api.routes.leased_body import leased_image
from api.routes.parameters import PathId
from domain.progress.queries import DecidedObject
from domain.progress.service import list_decided_objects
from domain.review import service
from domain.review.rules import ContestedObject, ObjectVerdict
from domain.review.service import Review, ReviewView
from schema.bodies.leases import LeasedImage
from schema.bodies.reviews import (
    AnswerBody,
    ContestedBody,
    NewReviewBody,
    ReviewBody,
    ReviewReceiptBody,
    VerdictBody,
    VersionBody,
)
from schema.enums import Choice
from schema.projects import Ontology

router = APIRouter(prefix="/leases", tags=["review"])


@router.get(
    "/{lease_id}/review",
    summary="Show what is contested, with every version side by side",
    responses=declare("forbidden", "not_found", "task_closed"),
)
def get_review(lease_id: PathId, actor: WithActor, context: WithContext) -> ReviewBody:
    with context.database.begin(actor.scope) as session:
        view = service.get_review(session, actor, lease_id)
        measured = {str(o.id): o for o in list_decided_objects(session, actor, view.task.decision_id)}
    return _body(view, measured, leased_image(view.lease, context, actor))


@router.post(
    "/{lease_id}/review",
    status_code=201,
    summary="Settle a task, send it back, or reject it",
    responses={
        200: {"model": ReviewReceiptBody, "description": "It was stored before; this is the first receipt"},
        **declare(
            "forbidden",
            "not_found",
            "seat_reissued",
            "task_closed",
            "verdict_missing",
            "verdict_invalid",
            "invalid_objects",
            "invalid_request",
        ),
    },
)
def submit_review(
    lease_id: PathId, body: NewReviewBody, actor: WithActor, context: WithContext, response: Response
) -> ReviewReceiptBody:
    review = Review(
        verdicts=tuple(_verdict(v) for v in body.verdicts),
        added=body.added,
        send_back=body.send_back,
        reject=body.reject,
        go_on=body.go_on,
        feedback=body.feedback,
    )
    with context.database.begin(actor.scope) as session:
        receipt = service.submit_review(session, actor, lease_id, review)
    response.status_code = 200 if receipt.repeated else 201
    return ReviewReceiptBody(lease_id=receipt.lease_id, task_id=receipt.task_id, submitted_at=receipt.submitted_at)


def _verdict(body: VerdictBody) -> ObjectVerdict:
    return ObjectVerdict(
        object_id=body.object_id,
        choice=Choice(body.choice),
        lease_id=body.lease_id,
        fixed=body.fixed,
        reason=body.reason,
    )


def _body(view: ReviewView, measured: Mapping[str, DecidedObject], image: LeasedImage) -> ReviewBody:
    labels = {lease: letter_label(i) for i, lease in enumerate(sorted(view.answers))}
    return ReviewBody(
        lease_id=view.lease.lease_id,
        task_id=view.task.task_id,
        reason=view.task.reason,
        image=image,
        ontology=Ontology.model_validate(view.lease.ontology),
        objects=tuple(_contested(o, measured[str(o.merged.id)], labels) for o in view.objects),
        answers=tuple(
            AnswerBody(label=labels[lease], lease_id=lease, objects=len(view.answers[lease])) for lease in labels
        ),
    )


def _contested(contested: ContestedObject, measured: DecidedObject, labels: Mapping[int, str]) -> ContestedBody:
    return ContestedBody(
        object=contested.merged,
        causes=contested.causes,
        vote_share=measured.vote_share,
        class_share=measured.class_share,
        agreement_iou=measured.agreement_iou,
        versions=tuple(
            VersionBody(label=labels[lease], lease_id=lease, object=contested.versions[lease])
            for lease in sorted(contested.versions)
        ),
    )


def letter_label(index: int) -> str:
    """Return A, B, … Z, AA, AB, … for 0, 1, ….

    >>> letter_label(0), letter_label(25), letter_label(26), letter_label(701), letter_label(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    label = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        label = chr(ord("A") + letter) + label
    return label
