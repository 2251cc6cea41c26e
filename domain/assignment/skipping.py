"""Use case of skipping: work goes back with a reason, to its member later, to others, or to a supervisor."""

from typing import assert_never

from sqlalchemy.orm import Session

from domain.assignment.errors import SeatReissued, SkipRefused, TaskClosed
from domain.assignment.queries import skips
from domain.assignment.queries.leased import LeasedTask
from domain.assignment.queries.skips import SkippedLease
from domain.assignment.service import get_leased_task
from domain.projects import queries as projects
from domain.scope import Actor
from schema.enums import LaneKind, SkipKind, Stage
from schema.projects import Policy, SkipRules

# Lanes of this rank and above hold what their member left for later; they are served when nothing else is there.
RANK_LATER = 900


def skip_lease(session: Session, actor: Actor, lease_id: int, *, kind: SkipKind, reason: str) -> SkippedLease:
    """Free the seat of a lease without an answer; a repeat returns what was done first.

    Drafts stay. Raises SkipRefused where the project's policy does not allow it, SeatReissued when the seat is somebody
    else's by now or the lease ended otherwise, TaskClosed for a task that cannot go to a supervisor any more.
    """
    leased = get_leased_task(session, actor, lease_id)
    first = skips.find_skip(session, lease=lease_id, member=actor.member_id)
    if first is not None:
        return first
    rules = Policy.model_validate(leased.policy).skips
    _check_allowed(session, actor, leased, rules, kind)
    lane_id = _choose_lane(session, actor, leased, kind)
    if kind is SkipKind.UNLABELABLE:
        skips.hold_seats(session, leased.task_id)
    skipped = skips.skip_lease(
        session,
        lease=lease_id,
        member=actor.member_id,
        kind=kind,
        reason=reason,
        lane_id=lane_id,
        later_h=rules.later_h if kind is SkipKind.LATER else None,
    )
    if skipped is None:
        # Two tabs may skip at once: the later one finds what the other did.
        first = skips.find_skip(session, lease=lease_id, member=actor.member_id)
        if first is None:
            raise SeatReissued("this lease ended; claim again, your draft is kept", lease_id=lease_id)
        return first
    if kind is SkipKind.UNLABELABLE and not skips.announce_flag(session, leased.task_id):
        raise TaskClosed("this task is not open any more; give it back instead", task_id=leased.task_id)
    return skipped


def _check_allowed(session: Session, actor: Actor, leased: LeasedTask, rules: SkipRules, kind: SkipKind) -> None:
    allowed = [k.value for k in rules.kinds if k is not SkipKind.UNLABELABLE or leased.stage == Stage.LABEL]
    if kind.value not in allowed:
        ways = " or ".join(f"'{way}'" for way in allowed) or "no way; give it back"
        raise SkipRefused(f"this cannot be skipped as '{kind.value}'; allowed is {ways}", kinds=allowed)
    if rules.daily is None:
        return
    done = skips.count_skips(session, project=leased.project_id, member=actor.member_id)
    if done >= rules.daily:
        raise SkipRefused(
            f"you have skipped {done} of at most {rules.daily} today; go on with this one, or give it back",
            kinds=allowed,
            daily=rules.daily,
        )


def _choose_lane(session: Session, actor: Actor, leased: LeasedTask, kind: SkipKind) -> int | None:
    """Return where the seat lies from now on; None: where it was, out of the queue."""
    stage = Stage(leased.stage)
    match kind:
        case SkipKind.UNLABELABLE:
            return None
        case SkipKind.OTHERS:
            # Not at the head of a lane of fresh work, which this member would have to pass over with every claim.
            return skips.get_shared_lane(session, task_id=leased.task_id, stage=stage)
        case SkipKind.LATER:
            lane_id = projects.insert_lane(
                session,
                project_id=leased.project_id,
                client_org=leased.client_org,
                stage=stage,
                kind=LaneKind.PERSONAL,
                rank=RANK_LATER,
                requirement_key=f"later:{actor.member_id}",
            )
            projects.let_draw(
                session, lane_id=lane_id, member_id=actor.member_id, organisation_id=actor.organisation_id
            )
            return lane_id
        case _:
            assert_never(kind)
