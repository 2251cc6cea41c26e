"""Use cases of drafts: whole, or by what changed. Nothing that another page saved is overwritten unseen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from domain.assignment.errors import DraftConflict
from domain.assignment.queries import holding
from domain.assignment.queries.holding import DraftRow
from domain.assignment.service import keep_at_work
from domain.geometry.errors import InvalidObjects, Problem
from domain.scope import Actor
from schema.objects import MAX_OBJECTS, LabelObject, dump_objects


@dataclass(frozen=True, slots=True)
class DraftChange:
    """What changed since the draft `base_sequence`: objects put in by their id or replaced, and objects taken out."""

    sequence: int
    base_sequence: int
    put: tuple[LabelObject, ...] = ()
    delete: tuple[UUID, ...] = ()
    writer: str = ""


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """`stored` is false when a newer draft was there already; `sequence` is that of the draft that is stored now."""

    stored: bool
    sequence: int


def save_draft(
    session: Session,
    actor: Actor,
    lease_id: int,
    *,
    sequence: int,
    objects: tuple[LabelObject, ...],
    writer: str = "",
    base_sequence: int | None = None,
    active_s: float = 0.0,
) -> SavedDraft:
    """Keep unsent work, whoever holds the seat by now, and the lease from running out.

    Raises DraftConflict when another writer has saved since `base_sequence`.
    """
    keep_at_work(session, actor, lease_id, active_s=active_s)
    if holding.save_draft(
        session,
        lease=lease_id,
        member=actor.member_id,
        sequence=sequence,
        objects=dump_objects(objects),
        writer=writer,
        base_sequence=base_sequence,
    ):
        return SavedDraft(stored=True, sequence=sequence)
    newer = holding.lock_draft(session, lease=lease_id, member=actor.member_id)
    if newer is None:  # submitted at this moment, from another page
        return SavedDraft(stored=False, sequence=sequence)
    if base_sequence is not None and newer.writer != writer and newer.sequence > base_sequence:
        raise _conflict(newer, base_sequence)
    return SavedDraft(stored=False, sequence=newer.sequence)


def change_draft(
    session: Session, actor: Actor, lease_id: int, change: DraftChange, *, active_s: float = 0.0
) -> SavedDraft:
    """Apply a difference to the stored draft; one that a writer with a name applied before changes nothing.

    Without a draft the base is 0 and no objects. Raises DraftConflict when the stored draft is another than the base.
    """
    keep_at_work(session, actor, lease_id, active_s=active_s)
    stored = holding.lock_draft(session, lease=lease_id, member=actor.member_id)
    if stored and change.writer and (stored.sequence, stored.writer) == (change.sequence, change.writer):
        return SavedDraft(stored=True, sequence=change.sequence)
    if (stored.sequence if stored else 0) != change.base_sequence:
        raise _conflict(stored, change.base_sequence)
    document = apply_change(stored.objects if stored else (), change)
    if not holding.save_draft(
        session,
        lease=lease_id,
        member=actor.member_id,
        sequence=change.sequence,
        objects=document,
        writer=change.writer,
        only_first=stored is None,  # of two first differences at once the later one conflicts
    ):
        raise _conflict(holding.lock_draft(session, lease=lease_id, member=actor.member_id), change.base_sequence)
    return SavedDraft(stored=True, sequence=change.sequence)


def apply_change(objects: Sequence[dict[str, Any]], change: DraftChange) -> list[dict[str, Any]]:
    """Return the objects, in their order, as the change leaves them; new ones come last. Raises InvalidObjects."""
    gone = {str(id) for id in change.delete}
    kept = {str(o["id"]): o for o in objects if str(o["id"]) not in gone}
    kept |= {str(o["id"]): o for o in dump_objects(change.put)}
    if len(kept) > MAX_OBJECTS:
        many = f"{len(kept)} objects are more than {MAX_OBJECTS}"
        raise InvalidObjects([Problem("put", many, "leave some out")])
    return list(kept.values())


def _conflict(stored: DraftRow | None, base_sequence: int) -> DraftConflict:
    if stored is None:
        return DraftConflict("no draft is stored that this goes on from; save the whole work", sequence=0, writer=None)
    return DraftConflict(
        f"draft {stored.sequence} is stored, and this goes on from {base_sequence}; read it, then save again",
        sequence=stored.sequence,
        writer=stored.writer,
    )
