"""Reads of items. Annotators see none of them: they would tell how others answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.items import queries
from domain.items.queries import ItemLine
from domain.progress.service import READERS
from domain.projects.service import get_project
from domain.scope import Actor
from domain.walk import Walked, walk
from schema.enums import TaskState


class Has(StrEnum):
    """What an item must have, or lack, to be listed."""

    PRELABELS = "prelabels"
    NO_PRELABELS = "no_prelabels"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items to list; every condition that is given must hold.

    `state` is the newest label task's, `key` a part of the image's key in any case, `class_id` a class among the final
    objects or the pre-labels; `images` names the images one by one.
    """

    state: TaskState | None = None
    class_id: int | None = None
    key: str | None = None
    has: Has | None = None
    images: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """An item with its final objects; None while its newest task is not accepted."""

    line: ItemLine
    final: list[dict[str, Any]] | None


@dataclass(frozen=True, slots=True)
class ItemPage:
    items: tuple[Item, ...]
    next: int | None


def list_items(
    session: Session, actor: Actor, *, project_id: int, wanted: ItemFilter, after: int, limit: int
) -> ItemPage:
    """List a page of a project's items by id. A page may be short and still have a next one (see `domain.walk`)."""
    actor.require(*READERS)
    get_project(session, project_id)
    walked = walk_items(session, project_id, wanted, after=after, limit=limit)
    return ItemPage(_with_final(session, queries.list_items(session, walked.keys)), walked.next)


def get_item(session: Session, actor: Actor, item_id: int) -> Item:
    actor.require(*READERS)
    found = _with_final(session, queries.list_items(session, [item_id]))
    if not found:
        raise NotFound(f"there is no item {item_id}", item_id=item_id)
    return found[0]


def walk_items(session: Session, project_id: int, wanted: ItemFilter, *, after: int, limit: int) -> Walked[int]:
    """Find the ids of a page of items."""
    state = wanted.state
    if wanted.has is Has.FINAL:
        if state not in {None, TaskState.ACCEPTED}:
            return Walked((), None)
        state = TaskState.ACCEPTED
    prelabels = {Has.PRELABELS: True, Has.NO_PRELABELS: False}.get(wanted.has) if wanted.has else None
    keep = partial(queries.keep_items, session, key=wanted.key, class_id=wanted.class_id, prelabels=prelabels)
    narrow = wanted.key is not None or wanted.class_id is not None or prelabels is not None
    return walk(
        lambda start, count: queries.list_item_ids(
            session, project_id=project_id, state=state, images=wanted.images, after=start, limit=count
        ),
        keep if narrow else None,
        after=after,
        limit=limit,
    )


def _with_final(session: Session, lines: Sequence[ItemLine]) -> tuple[Item, ...]:
    decisions = [line.final_decision_id for line in lines if line.final_decision_id is not None]
    final = queries.list_final_objects(session, decisions) if decisions else {}
    return tuple(
        Item(line, None if line.final_decision_id is None else final[line.final_decision_id]) for line in lines
    )
