"""Keeping an answer whose seat the database refused: the transaction that tried is gone, so this runs in a new one."""

from sqlalchemy.orm import Session

from domain.assignment.errors import SeatReissued
from domain.assignment.queries.holding import save_draft
from domain.assignment.service import get_leased_task
from domain.scope import Actor
from schema.objects import LabelObject, dump_objects


def keep_refused_answer(
    session: Session, actor: Actor, lease_id: int, objects: tuple[LabelObject, ...]
) -> SeatReissued:
    """Store the answer as the member's draft on the task, and return what to raise once that is committed."""
    leased = get_leased_task(session, actor, lease_id)
    save_draft(
        session,
        lease=lease_id,
        member=actor.member_id,
        sequence=(leased.draft_sequence or 0) + 1,
        objects=dump_objects(objects),
    )
    return SeatReissued("you hold another seat of this task by now; your work is kept as a draft", lease_id=lease_id)
