"""How a task is shown, and how its place in a list travels."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import AwareDatetime, TypeAdapter

from api.places import decode_place, encode_place, wrong_place
from domain.tasks.queries.listing import TaskKey, TaskLine, TaskSort
from domain.tasks.service import TaskFilter
from schema.bodies.base import MAX_ID
from schema.bodies.tasks import TaskBody
from schema.enums import Cause, Outcome, Stage, TaskState

StateName = Literal["waiting", "open", "deciding", "in_review", "accepted", "rejected", "cancelled"]

_PLACES: dict[TaskSort, TypeAdapter[tuple[str, float | datetime | None, int]]] = {
    TaskSort.AGREEMENT: TypeAdapter(tuple[Literal["agreement"], float | None, int]),
    TaskSort.AGE: TypeAdapter(tuple[Literal["age"], AwareDatetime, int]),
}


def task_body(task: TaskLine) -> TaskBody:
    return TaskBody(
        id=task.id,
        project_id=task.project_id,
        item_id=task.item_id,
        image_id=task.image_id,
        key=task.key,
        stage=Stage(task.stage),
        state=TaskState(task.state).name.lower(),
        round=task.round,
        votes=task.votes,
        target=task.target,
        frozen=task.frozen,
        frozen_reason=task.frozen_reason,
        agreement=task.agreement,
        outcome=Outcome(task.outcome) if task.outcome else None,
        reason=task.reason,
        causes=tuple(Cause(c) for c in task.causes),
        trace_id=task.trace_id.hex if task.trace_id else None,
        state_since=task.state_since,
        created_at=task.created_at,
    )


async def get_task_filter(
    state: Annotated[StateName | None, Query()] = None,
    frozen: Annotated[bool | None, Query()] = None,
    key: Annotated[str | None, Query(min_length=1, max_length=1_024, description="a part of the key, any case")] = None,
    cause: Annotated[Cause | None, Query(description="of the newest decision's objects")] = None,
) -> TaskFilter:
    return TaskFilter(state=state_of(state), frozen=frozen, key=key, cause=cause)


def state_of(name: str | None) -> TaskState | None:
    return TaskState[name.upper()] if name else None


def write_place(key: TaskKey | None, sort: TaskSort) -> str | None:
    """Return the `next` of a page: the id itself where ids are the order."""
    if key is None:
        return None
    if sort not in _PLACES:
        return str(key.id)
    value = key.value.isoformat() if isinstance(key.value, datetime) else key.value
    return encode_place(sort.value, value, key.id)


def read_place(place: str | None, sort: TaskSort) -> TaskKey | None:
    """Return where a page starts; raises RequestValidationError for a place of another order."""
    if place is None:
        return None
    if sort in _PLACES:
        _, value, task_id = decode_place(place, _PLACES[sort])
        return _within(task_id, lambda: TaskKey(task_id, value))
    if not (place.isascii() and place.isdigit()):
        raise wrong_place()
    return _within(int(place), lambda: TaskKey(int(place)))


def _within(task_id: int, make: Callable[[], TaskKey]) -> TaskKey:
    if not 0 <= task_id <= MAX_ID:
        raise wrong_place()
    return make()
