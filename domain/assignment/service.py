"""Use cases of assignment. A claim creates a lease; its id fences every later write."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from sqlalchemy.orm import Session

from domain.assignment.counting import count_objects
from domain.assignment.errors import GuidelinesUnread, SeatReissued, TaskClosed, UndoWindowOver
from domain.assignment.queries import claim as claims
from domain.assignment.queries import holding
from domain.assignment.queries import leased as leases
from domain.assignment.queries import submit as submits
from domain.assignment.queries.claim import Claimed, Wish
from domain.assignment.queries.leased import HeldLease, LeasedTask
from domain.assignment.queries.submit import Receipt
from domain.eligibility.service import note_answer
from domain.errors import NotFound
from domain.geometry.validity import check_objects
from domain.gold import service as gold
from domain.prelabel.rules import with_lineage
from domain.scope import Actor
from domain.tracing import adopt
from schema.enums import Role, Stage, TaskState
from schema.objects import OBJECTS, LabelObject, dump_objects
from schema.projects import Ontology, Policy

# One claim in this many moves the member's cursor past what was seen, so that a long queue is not walked again.
CURSOR_EVERY = 20
# How often a claim looks further: after 100,000 seats that are not for its member it finds nothing, and the next one
# goes on from there.
MOST_WINDOWS = 500
# How long, at most, a lease that was claimed ahead waits for its first sign of work, s.
PREFETCH_HOLD_S = 120


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The outcome of a submit; `repeated` when the first receipt was met."""

    receipt: Receipt
    repeated: bool


def claim_task(
    session: Session, actor: Actor, wish: Wish | None = None, *, rng: Random, draws_gold: bool = True
) -> LeasedTask | None:
    """Lease the next seat for the actor, in the order of their lanes; None when nothing is there for them.

    Lanes of archived projects, and of those whose guidelines the actor has yet to acknowledge, are passed over.
    Raises GuidelinesUnread where reading them would open lanes, and with `draws_gold` GoldDrawn when it is the actor's
    turn for a task whose answer is known.
    """
    actor.require(Role.ANNOTATOR, Role.SUPERVISOR)
    wish = wish or Wish()
    claimed = _claim(session, actor, wish)
    if claimed is None:
        _check_guidelines_read(session, actor, wish)
        return None
    if rng.randrange(CURSOR_EVERY) == 0:
        claims.move_cursor(session, member=actor.member_id, lane_id=claimed.lane_id, key=claimed.queue_key - 1)
    leased = get_leased_task(session, actor, claimed.lease_id)
    if draws_gold and leased.stage == Stage.LABEL and leased.last_answer is None:
        gold.draw(session, actor, project_id=leased.project_id, policy=leased.policy, rng=rng)
    return leased


def claim_tasks(
    session: Session, actor: Actor, wish: Wish, *, prefetch: int, rng: Random, gold_of: int | None = None
) -> list[LeasedTask]:
    """Lease the next seat and up to `prefetch` more ahead; empty when nothing is there for the actor.

    `gold_of`: of this project a task whose answer is known comes first, as an earlier try's GoldDrawn asked for.
    What is claimed ahead is free again after `PREFETCH_HOLD_S` unless its holder is at work on it by then.
    """
    if prefetch:
        claims.lock_claimer(session, actor.member_id)
    lease_id = None if gold_of is None else gold.dispatch(session, actor, gold_of)
    if lease_id is None:
        first = claim_task(session, actor, wish, rng=rng, draws_gold=gold_of is None)
    else:
        first = get_leased_task(session, actor, lease_id)
    tasks = [first] if first else []
    while first and len(tasks) <= prefetch:
        ahead = _claim(session, actor, wish, hold_s=PREFETCH_HOLD_S)
        if ahead is None:
            break
        tasks.append(get_leased_task(session, actor, ahead.lease_id))
    return tasks


def _claim(session: Session, actor: Actor, wish: Wish, *, hold_s: int | None = None) -> Claimed | None:
    """Take a seat; look further into the lanes where all that was seen of them is not for the actor.

    Cursors stay where they got to, and start over at most once a minute: seats come back behind them.
    """
    member = actor.member_id
    for _ in range(MOST_WINDOWS):
        claimed = claims.claim_seat(
            session, member=member, organisation=actor.organisation_id, wish=wish, hold_s=hold_s
        )
        if claimed is not None:
            return claimed
        if not claims.move_on(session, member=member, wish=wish) and not claims.start_over(
            session, member=member, wish=wish
        ):
            return None
    return None


def _check_guidelines_read(session: Session, actor: Actor, wish: Wish) -> None:
    unread = claims.find_unread_guidelines(session, member=actor.member_id, wish=wish)
    if unread is not None:
        raise GuidelinesUnread(
            f"read version {unread.version} of the guidelines of project {unread.project_id} and acknowledge it first",
            project_id=unread.project_id,
            version=unread.version,
        )


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


def keep_at_work(session: Session, actor: Actor, lease_id: int, *, active_s: float = 0.0) -> datetime | None:
    """Keep a lease from running out and go on in its task's trace; None when the seat is somebody else's by now.

    `active_s`: seconds of work since the last report; they are credited as far as the clock here allows. Raises
    NotFound for anybody but its holder.
    """
    hold = holding.renew_lease(session, lease=lease_id, member=actor.member_id, active_s=active_s)
    if hold is None:
        raise NotFound(f"you have no lease {lease_id}", lease_id=lease_id)
    adopt(hold.trace_id)
    return hold.expires_at


def extend_lease(session: Session, actor: Actor, lease_id: int, *, active_s: float = 0.0) -> datetime:
    """Say that the holder is still at work; raises SeatReissued when the seat is somebody else's by now."""
    until = keep_at_work(session, actor, lease_id, active_s=active_s)
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
    # Whoever still holds the seat has not answered by this lease.
    first = None if leased.holds_seat else submits.find_receipt(session, lease=lease_id, member=actor.member_id)
    if first is not None:
        return StoredAnswer(first, repeated=True)
    if leased.stage != Stage.LABEL:
        raise NotFound("this lease is for a review; send verdicts", lease_id=lease_id)
    ontology, policy = Ontology.model_validate(leased.ontology), Policy.model_validate(leased.policy)
    known = {UUID(o["id"]) for shown in (leased.prelabels, leased.last_answer) for o in shown or ()}
    check_objects(objects, height=leased.height, width=leased.width, ontology=ontology, known=known)
    shown = OBJECTS.validate_python(leased.prelabels or ())
    answer = with_lineage(shown, objects)
    document = dump_objects(answer)
    receipt = submits.submit(
        session,
        lease=lease_id,
        member=actor.member_id,
        objects=document,
        counts=count_objects(shown, answer),
        undo_window_s=policy.undo_window_s,
    )
    if receipt is not None:
        note_answer(session, actor, leased.project_id, policy)
        return StoredAnswer(receipt, repeated=False)
    raced = submits.find_receipt(session, lease=lease_id, member=actor.member_id)
    if raced is not None:
        return StoredAnswer(raced, repeated=True)
    holding.save_draft(
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
