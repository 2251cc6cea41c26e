"""Reads of tasks. Annotators see none of them: they would tell how others answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.progress import queries as progress
from domain.progress.queries import DecidedObject, DecisionLine
from domain.progress.service import READERS
from domain.projects.service import get_project
from domain.scope import Actor
from domain.tasks.queries import listing
from domain.tasks.queries.listing import TaskKey, TaskLine, TaskSort
from domain.tracing import adopt
from domain.walk import Walked, walk
from schema.enums import Cause, TaskState


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks to list; every condition that is given must hold.

    `key` is a part of the image's key in any case, `cause` one of the newest decision's objects.
    """

    state: TaskState | None = None
    frozen: bool | None = None
    key: str | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class TaskPage:
    tasks: tuple[TaskLine, ...]
    next: TaskKey | None


@dataclass(frozen=True, slots=True)
class TaskStory:
    """A task, its decisions in order, and the objects of the newest."""

    task: TaskLine
    decisions: tuple[DecisionLine, ...]
    objects: tuple[DecidedObject, ...]


def list_tasks(
    session: Session,
    actor: Actor,
    *,
    project_id: int,
    wanted: TaskFilter,
    sort: TaskSort,
    after: TaskKey | None,
    limit: int,
) -> TaskPage:
    """List a page of a project's tasks. A page may be short and still have a next one (see `domain.walk`)."""
    actor.require(*READERS)
    get_project(session, project_id)
    walked = walk_tasks(session, project_id=project_id, wanted=wanted, sort=sort, after=after, limit=limit)
    return TaskPage(tuple(listing.list_tasks(session, [key.id for key in walked.keys])), walked.next)


def walk_tasks(
    session: Session, *, project_id: int, wanted: TaskFilter, sort: TaskSort, after: TaskKey | None, limit: int
) -> Walked[TaskKey]:
    """Find the places of a page of tasks."""

    def read(start: TaskKey | None, count: int) -> Sequence[TaskKey]:
        return listing.list_task_keys(
            session,
            project_id=project_id,
            state=wanted.state,
            frozen=wanted.frozen,
            sort=sort,
            after=start,
            limit=count,
        )

    def keep(keys: Sequence[TaskKey]) -> Sequence[TaskKey]:
        cause = wanted.cause.value if wanted.cause else None
        kept = listing.keep_tasks(session, [key.id for key in keys], key=wanted.key, cause=cause)
        return [key for key in keys if key.id in kept]

    narrow = wanted.key is not None or wanted.cause is not None
    return walk(read, keep if narrow else None, after=after, limit=limit)


def get_task(session: Session, actor: Actor, task_id: int) -> TaskLine:
    """Return a task, and go on in its trace; raises NotFound."""
    actor.require(*READERS)
    found = listing.list_tasks(session, [task_id])
    if not found:
        raise NotFound(f"there is no task {task_id}", task_id=task_id)
    adopt(found[0].trace_id)
    return found[0]


def get_task_story(session: Session, actor: Actor, task_id: int) -> TaskStory:
    """Return why a task stands where it stands; raises NotFound."""
    task = get_task(session, actor, task_id)
    decisions = progress.list_decisions(session, task_id)
    objects = progress.list_decided_objects(session, decisions[-1].id) if decisions else []
    return TaskStory(task, tuple(decisions), tuple(objects))
