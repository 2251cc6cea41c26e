"""Submitting an answer, and taking it back."""

from fastapi import APIRouter, Response
from sqlalchemy.exc import IntegrityError

from api.auth import WithActor
from api.context import Context, WithContext
from api.problems import declare, violated_constraint
from api.routes.leased_body import lease_body
from api.routes.parameters import PathId
from domain.assignment import service
from domain.assignment.rescue import keep_refused_answer
from domain.assignment.service import StoredAnswer
from domain.errors import DomainError
from domain.scope import Actor
from schema.bodies.leases import AnnotationBody, LeaseBody, ReceiptBody
from schema.objects import LabelObject

router = APIRouter(prefix="/leases", tags=["work"])


@router.post(
    "/{lease_id}/annotation",
    status_code=201,
    summary="Submit an answer",
    responses={
        200: {"model": ReceiptBody, "description": "It was stored before; this is the first receipt"},
        **declare("not_found", "seat_reissued", "task_closed", "invalid_objects", "invalid_request"),
    },
)
def submit_annotation(
    lease_id: PathId, body: AnnotationBody, actor: WithActor, context: WithContext, response: Response
) -> ReceiptBody:
    outcome = _store(context, actor, lease_id, body.objects)
    if isinstance(outcome, DomainError):
        raise outcome  # only now: the transaction that kept the work as a draft is committed
    response.status_code = 200 if outcome.repeated else 201
    receipt = outcome.receipt
    return ReceiptBody(
        lease_id=receipt.lease_id,
        task_id=receipt.task_id,
        version=receipt.version,
        submitted_at=receipt.submitted_at,
    )


def _store(
    context: Context, actor: Actor, lease_id: int, objects: tuple[LabelObject, ...]
) -> StoredAnswer | DomainError:
    """Submit; when the member holds another seat of the task by now, keep the work in a second transaction."""
    try:
        with context.database.begin(actor.scope) as session:
            return service.submit_answer(session, actor, lease_id, objects)
    except IntegrityError as error:
        if violated_constraint(error) != "seat_one_per_member":
            raise
    with context.database.begin(actor.scope) as session:
        return keep_refused_answer(session, actor, lease_id, objects)


@router.post(
    "/{lease_id}/undo",
    status_code=201,
    summary="Take an answer back inside the undo window; the seat gets a new lease",
    responses=declare("not_found", "undo_window_over"),
)
def undo_annotation(lease_id: PathId, actor: WithActor, context: WithContext, response: Response) -> LeaseBody:
    with context.database.begin(actor.scope) as session:
        leased = service.undo_submit(session, actor, lease_id)
    response.headers["Location"] = f"/v1/leases/{leased.lease_id}"
    return lease_body(leased, context, actor)
