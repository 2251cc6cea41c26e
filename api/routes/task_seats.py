"""Seats of a task, for those who answer for the people on them: take back, assign."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.auth import WithActor
from api.context import WithContext
from api.problems import declare
from api.routes.parameters import PathId
from domain.tasks import seats
from domain.tasks.seats import SeatOutcome
from schema.bodies.task_actions import ReasonBody
from schema.bodies.task_seats import AssignBody, FreeSeatBody

router = APIRouter(
    prefix="/tasks/{task_id}/seats/{seat_no}",
    tags=["projects"],
    responses=declare("forbidden", "not_found", "conflict", "invalid_request"),
)
SeatNo = Annotated[int, Path(ge=1, le=32_767)]


@router.post("/take-back", summary="End the lease of whoever holds a seat; their draft is kept")
def take_back(
    task_id: PathId, seat_no: SeatNo, body: ReasonBody, actor: WithActor, context: WithContext
) -> FreeSeatBody:
    with context.database.begin(actor.scope) as session:
        return _body(seats.take_back(session, actor, task_id, seat_no, reason=body.reason))


@router.post("/assign", summary="Have a free seat wait for one of your people")
def assign(task_id: PathId, seat_no: SeatNo, body: AssignBody, actor: WithActor, context: WithContext) -> FreeSeatBody:
    with context.database.begin(actor.scope) as session:
        return _body(seats.assign(session, actor, task_id, seat_no, member_id=body.member_id))


def _body(outcome: SeatOutcome) -> FreeSeatBody:
    return FreeSeatBody(
        task_id=outcome.task_id,
        seat_no=outcome.seat_no,
        ended_lease_id=outcome.ended_lease_id,
        member_id=outcome.member_id,
    )
