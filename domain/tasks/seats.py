"""Use cases of those who answer for people's work: take a seat back at once, and give a free one to somebody."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.errors import Conflict, Forbidden, NotFound
from domain.members.queries import MemberRow, find_member
from domain.projects import queries as projects
from domain.projects.service import RANK_PERSONAL
from domain.scope import Actor
from domain.tasks.queries import seats
from domain.tasks.queries.seats import SeatRow
from schema.enums import LaneKind, Role, SeatState, Stage, TaskState

WORKED_ON = {Stage.LABEL: TaskState.OPEN, Stage.REVIEW: TaskState.IN_REVIEW}


@dataclass(frozen=True, slots=True)
class SeatOutcome:
    """A free seat: the lease that was ended on it, if any was, and for whom alone it waits now, if for one."""

    task_id: int
    seat_no: int
    ended_lease_id: int | None = None
    member_id: int | None = None


def take_back(session: Session, actor: Actor, task_id: int, seat_no: int, *, reason: str) -> SeatOutcome:
    """End the lease of whoever holds a seat; what they drew stays as their draft. On a free seat it changes nothing.

    Raises Forbidden for the people of another organisation, Conflict for a seat that was answered.
    """
    seat = _lock(session, actor, task_id, seat_no)
    if seat.state == SeatState.FILLED:
        raise Conflict(f"seat {seat_no} of task {task_id} is answered; send the answer back in review instead")
    if seat.lease_id is None or seat.holder_id is None:
        return SeatOutcome(task_id, seat_no)
    if seat.holder_org != actor.organisation_id:
        raise Forbidden("only the organisation whose member holds the seat can take it back")
    if not seats.take_back(session, task_id=task_id, seat_no=seat_no, lease=seat.lease_id):
        raise Conflict(f"seat {seat_no} of task {task_id} changed at this moment; look at it again")
    record(
        session,
        actor,
        "seat_taken_back",
        f"task:{task_id}",
        project_id=seat.project_id,
        seat_no=seat_no,
        lease_id=seat.lease_id,
        member_id=seat.holder_id,
        reason=reason,
    )
    return SeatOutcome(task_id, seat_no, ended_lease_id=seat.lease_id)


def assign(session: Session, actor: Actor, task_id: int, seat_no: int, *, member_id: int) -> SeatOutcome:
    """Have a free seat wait for one member of the actor's organisation, who is served it next.

    Raises NotFound for nobody's member, Conflict where the seat is not free, the task is not worked on, or the member
    may not work on it.
    """
    seat = _lock(session, actor, task_id, seat_no)
    if seat.state != SeatState.FREE:
        raise Conflict(f"seat {seat_no} of task {task_id} is not free; take it back first")
    if seat.frozen or seat.task_state != WORKED_ON[Stage(seat.stage)]:
        raise Conflict(f"task {task_id} is frozen or not worked on now; nobody would be served it")
    member = find_member(session, member_id)
    if member is None:
        raise NotFound(f"there is no member {member_id}", member_id=member_id)
    _check_may_work(session, seat, member)
    lane_id = projects.insert_lane(
        session,
        project_id=seat.project_id,
        client_org=seat.client_org,
        stage=Stage(seat.stage),
        kind=LaneKind.PERSONAL,
        rank=RANK_PERSONAL,
        requirement_key=f"member:{member_id}",
    )
    projects.let_draw(session, lane_id=lane_id, member_id=member_id, organisation_id=actor.organisation_id)
    seats.move_seat(session, task_id=task_id, seat_no=seat_no, lane_id=lane_id)
    record(
        session,
        actor,
        "seat_assigned",
        f"task:{task_id}",
        project_id=seat.project_id,
        seat_no=seat_no,
        member_id=member_id,
    )
    return SeatOutcome(task_id, seat_no, member_id=member_id)


def _lock(session: Session, actor: Actor, task_id: int, seat_no: int) -> SeatRow:
    actor.require(Role.SUPERVISOR, Role.MANAGER)
    seat = seats.lock_seat(session, task_id=task_id, seat_no=seat_no)
    if seat is None:
        raise NotFound(f"there is no seat {seat_no} of task {task_id}", task_id=task_id, seat_no=seat_no)
    return seat


def _check_may_work(session: Session, seat: SeatRow, member: MemberRow) -> None:
    """Raise Conflict, with the reason, for a member who could not take the seat."""
    if member.state != "active":
        raise Conflict(f"member {member.id} is {member.state}", member_id=member.id)
    is_enrolled, barred = seats.find_right(session, project_id=seat.project_id, stage=seat.stage, member_id=member.id)
    if not is_enrolled:
        raise Conflict(f"member {member.id} is not enrolled for this work", member_id=member.id)
    if barred is not None:
        raise Conflict(f"the project's rules keep member {member.id} from this work: {barred}", member_id=member.id)
    if seats.has_seat(session, task_id=seat.task_id, member_id=member.id):
        raise Conflict(f"member {member.id} has another seat of this task", member_id=member.id)
