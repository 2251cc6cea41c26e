"""Use cases of assignment. A claim creates a lease; its id fences every later write."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from sqlalchemy.orm import Session

from domain.assignment.errors import GuidelinesUnread, SeatReissued, TaskClosed, UndoWindowOver
from domain.assignment.queries import claim as claims
from domain.assignment.queries import leased as leases
from domain.assignment.queries import submit as submits
from domain.assignment.queries.claim import Claimed
from domain.assignment.queries.leased import HeldLease, LeasedTask
from domain.assignment.queries.submit import Receipt
from domain.errors import NotFound
from domain.geometry.validity import check_objects
from domain.prelabel.rules import with_lineage
from domain.scope import Actor
from domain.tracing import adopt
from schema.enums import Role, Stage, TaskState
from schema.objects import OBJECTS, LabelObject, dump_objects
from schema.projects import Ontology, Policy

# One claim in this many moves the member's cursor past what was seen, so that a long queue is not walked again.
CURSOR_EVERY = 20


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The outcome of a submit; `repeated` when the first receipt was met."""

    receipt: Receipt
    repeated: bool


def claim_task(
    session: Session, actor: Actor, *, project_id: int | None, stage: Stage | None = None, rng: Random
) -> LeasedTask | None:
    """Lease the next seat for the actor, in the order of their lanes; None when nothing is there for them.

    Lanes of archived projects, and of those whose guidelines the actor has yet to acknowledge, are passed over;
    `project_id` and `stage` narrow the choice. Raises GuidelinesUnread where reading them would open lanes.
    """
    actor.require(Role.ANNOTATOR, Role.SUPERVISOR)
    claimed = claims.claim_in_best_lane(
        session, member=actor.member_id, organisation=actor.organisation_id, project=project_id, stage=stage
    ) or _claim_in_any_lane(session, actor, project_id, stage)
    if claimed is None:
        _check_guidelines_read(session, actor, project_id, stage)
        return None
    if rng.randrange(CURSOR_EVERY) == 0:
        claims.move_cursor(session, member=actor.member_id, lane_id=claimed.lane_id, key=claimed.queue_key - 1)
    return get_leased_task(session, actor, claimed.lease_id)


def _check_guidelines_read(session: Session, actor: Actor, project_id: int | None, stage: Stage | None) -> None:
    unread = claims.find_unread_guidelines(session, member=actor.member_id, project=project_id, stage=stage)
    if unread is not None:
        raise GuidelinesUnread(
            f"read version {unread.version} of the guidelines of project {unread.project_id} and acknowledge it first",
            project_id=unread.project_id,
            version=unread.version,
        )


def _claim_in_any_lane(session: Session, actor: Actor, project_id: int | None, stage: Stage | None) -> Claimed | None:
    """Look through every lane of the member; cursors start over at most once a minute."""
    rights = claims.list_drawing_rights(session, member=actor.member_id, project=project_id, stage=stage)
    due = [r.lane_id for r in rights if r.cursor_key and r.reset_due]
    if due:
        claims.reset_cursors(session, member=actor.member_id, lanes=due)
    for right in rights:
        claimed = claims.claim_in_lane(
            session,
            member=actor.member_id,
            organisation=actor.organisation_id,
            lane_id=right.lane_id,
            cursor=0 if right.lane_id in due else right.cursor_key,
        )
        if claimed is not None:
            return claimed
    return None


def get_leased_task(session: Session, actor: Actor, lease_id: int) -> LeasedTask:
    """Return what the lease shows, and go on in its task's trace; raises NotFound for anybody but its holder."""
    leased = leases.find_leased_task(session, lease=lease_id, member=actor.member_id)
    if leased is None:
        raise NotFound(f"you have no lease {lease_id}", lease_id=lease_id)
    adopt(leased.trace_id)
    return leased


def list_held_leases(session: Session, actor: Actor) -> list[HeldLease]:
    """List what the actor works on now, the longest held first."""
    return leases.list_held_leases(session, member=actor.member_id)


def save_draft(
    session: Session, actor: Actor, lease_id: int, *, sequence: int, objects: tuple[LabelObject, ...]
) -> bool:
    """Keep unsent work and move the lease's expiry; False when a newer draft is stored already."""
    leased = get_leased_task(session, actor, lease_id)
    _extend(session, actor, leased)
    return submits.save_draft(
        session, lease=lease_id, member=actor.member_id, sequence=sequence, objects=dump_objects(objects)
    )


def extend_lease(session: Session, actor: Actor, lease_id: int) -> datetime:
    """Say that the holder is still at work; raises SeatReissued when the seat is somebody else's by now."""
    until = _extend(session, actor, get_leased_task(session, actor, lease_id))
    if until is None:
        raise SeatReissued("this lease ended; claim again, your draft is kept", lease_id=lease_id)
    return until


def give_back(session: Session, actor: Actor, lease_id: int) -> None:
    """End a lease without an answer; the seat is free at once. Repeating it changes nothing."""
    get_leased_task(session, actor, lease_id)
    submits.give_back(session, lease=lease_id, member=actor.member_id)


def submit_answer(
    session: Session, actor: Actor, lease_id: int, objects: tuple[LabelObject, ...]
) -> StoredAnswer | SeatReissued | TaskClosed:
    """Store the answer of a lease.

    A repeated submit returns the first receipt. When the seat went to somebody else or the task is closed the work is
    kept as a draft and the error is *returned*, so that the draft commits before the caller raises it.
    """
    leased = get_leased_task(session, actor, lease_id)
    first = submits.find_receipt(session, lease=lease_id, member=actor.member_id)
    if first is not None:
        return StoredAnswer(first, repeated=True)
    if leased.stage != Stage.LABEL:
        raise NotFound("this lease is for a review; send verdicts", lease_id=lease_id)
    ontology, policy = Ontology.model_validate(leased.ontology), Policy.model_validate(leased.policy)
    known = {UUID(o["id"]) for shown in (leased.prelabels, leased.last_answer) for o in shown or ()}
    check_objects(objects, height=leased.height, width=leased.width, ontology=ontology, known=known)
    document = dump_objects(with_lineage(OBJECTS.validate_python(leased.prelabels or ()), objects))
    receipt = submits.submit(
        session,
        lease=lease_id,
        member=actor.member_id,
        objects=document,
        undo_window_s=policy.undo_window_s,
    )
    if receipt is not None:
        return StoredAnswer(receipt, repeated=False)
    raced = submits.find_receipt(session, lease=lease_id, member=actor.member_id)
    if raced is not None:
        return StoredAnswer(raced, repeated=True)
    submits.save_draft(
        session,
        lease=lease_id,
        member=actor.member_id,
        sequence=(leased.draft_sequence or 0) + 1,
        objects=document,
    )
    if leased.task_state != TaskState.OPEN:
        return TaskClosed("this task takes no answers any more; your work is kept as a draft", task_id=leased.task_id)
    return SeatReissued("the seat went to someone else after your lease ended; your work is kept as a draft")


def undo_submit(session: Session, actor: Actor, lease_id: int) -> LeasedTask:
    """Take an answer back inside the undo window; the seat gets a new lease. Raises UndoWindowOver."""
    leased = get_leased_task(session, actor, lease_id)
    policy = Policy.model_validate(leased.policy)
    reopened = submits.reopen_seat(
        session,
        lease=lease_id,
        member=actor.member_id,
        ttl_s=policy.lease_ttl_s,
        window_s=policy.undo_window_s,
    )
    if reopened is None:
        raise UndoWindowOver("this answer cannot be taken back any more", lease_id=lease_id)
    return get_leased_task(session, actor, reopened)


def _extend(session: Session, actor: Actor, leased: LeasedTask) -> datetime | None:
    ttl_s = Policy.model_validate(leased.policy).lease_ttl_s
    return submits.extend_lease(session, lease=leased.lease_id, member=actor.member_id, ttl_s=ttl_s)
