"""Use cases of comments. Threads are one level deep: a reply to a reply belongs to the thread."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from domain.assignment.segmenting import PointsOutside
from domain.audit.service import record
from domain.comments import queries
from domain.comments.queries import CommentedTask, CommentRow, ThreadCount
from domain.comments.rules import audience, listeners
from domain.errors import Forbidden, NotFound
from domain.events.service import emit
from domain.notifications.service import notify
from domain.projects.service import get_project
from domain.scope import Actor
from schema.enums import EventKind, NotificationKind, Role

READERS = (Role.CLIENT, Role.SUPERVISOR, Role.MANAGER)
EXCERPT = 200


def list_comments(session: Session, actor: Actor, task_id: int, *, after: int, limit: int) -> list[CommentRow]:
    """List the comments of a task that the actor may read, by id; raises NotFound."""
    _get_task(session, actor, task_id)
    return queries.list_of_task(session, task_id=task_id, as_annotator=_as_annotator(actor), after=after, limit=limit)


def list_threads(
    session: Session, actor: Actor, project_id: int, *, resolved: bool | None, before: int, limit: int
) -> list[CommentRow]:
    """List the first comments of a project's threads, newest first."""
    actor.require(*READERS)
    get_project(session, project_id)
    return queries.list_threads(session, project_id=project_id, resolved=resolved, before=before, limit=limit)


def count_threads(session: Session, actor: Actor, project_id: int, *, tasks: Sequence[int]) -> list[ThreadCount]:
    """Count the threads of tasks; those without any are left out."""
    actor.require(*READERS)
    get_project(session, project_id)
    return queries.count_threads(session, project_id=project_id, tasks=tasks)


def add_comment(
    session: Session,
    actor: Actor,
    task_id: int,
    *,
    body: str,
    parent_id: int | None = None,
    object_id: UUID | None = None,
    point: tuple[float, float] | None = None,
    vendor_org: int | None = None,
) -> CommentRow:
    """Write a comment, tell of it, and return it.

    `point` is px on the picture, its border included. Raises PointsOutside, Conflict, NotFound.
    """
    task = _get_task(session, actor, task_id)
    _check_point(task, point)
    first = None if parent_id is None else _get_first(session, actor, task_id, parent_id)
    if vendor_org is not None:
        _check_vendor(session, task, vendor_org)
    reached = audience(
        actor, client_org=task.client_org, thread_vendor=first.vendor_org if first else None, wanted=vendor_org
    )
    comment_id = queries.insert_comment(
        session,
        task=task,
        vendor_org=reached,
        parent_id=first.id if first else None,
        object_id=object_id,
        point=point,
        organisation_id=actor.organisation_id,
        member_id=actor.member_id,
        role=actor.role.value,
        body=body,
    )
    _tell(session, actor, task, comment_id=comment_id, first=first, vendor_org=reached, body=body)
    return _get_comment(session, actor, comment_id)


def resolve_comment(session: Session, actor: Actor, comment_id: int, *, resolved: bool) -> CommentRow:
    """Close a thread or open it again, and return its first comment. An annotator may do that to their own threads."""
    found = _get_comment(session, actor, comment_id)
    first = found if found.parent_id is None else _get_comment(session, actor, found.parent_id)
    if actor.role is Role.ANNOTATOR and first.member_id != actor.member_id:
        raise Forbidden("annotators resolve the threads that they began")
    if queries.resolve(session, comment_id=first.id, by=actor.member_id if resolved else None):
        record(
            session,
            actor,
            "comment_resolved" if resolved else "comment_reopened",
            f"comment:{first.id}",
            project_id=first.project_id,
            before={"resolved": not resolved},
            after={"resolved": resolved},
            task_id=first.task_id,
        )
    return _get_comment(session, actor, first.id)


def _tell(
    session: Session,
    actor: Actor,
    task: CommentedTask,
    *,
    comment_id: int,
    first: CommentRow | None,
    vendor_org: int | None,
    body: str,
) -> None:
    """Tell other systems, who wrote in the thread, and whose work it is about."""
    thread_id = first.id if first else comment_id
    asker = first.member_id if first and first.role == Role.ANNOTATOR else None
    only = {} if vendor_org is None else {"vendor_org": vendor_org}
    emit(
        session,
        EventKind.COMMENT_CREATED,
        client_org=task.client_org,
        project_id=task.project_id,
        aggregate_id=comment_id,
        task_id=task.id,
        thread_id=thread_id,
        **only,
    )
    readers = [*queries.list_workers(session, task.id), *queries.list_participants(session, thread_id)]
    for organisation_id, member_id in listeners(
        readers, actor=actor, client_org=task.client_org, vendor_org=vendor_org, asker=asker
    ):
        notify(
            session,
            organisation_id=organisation_id,
            member_id=member_id,
            kind=NotificationKind.COMMENT,
            project_id=task.project_id,
            task_id=task.id,
            comment_id=comment_id,
            thread_id=thread_id,
            excerpt=body[:EXCERPT],
        )


def _get_task(session: Session, actor: Actor, task_id: int) -> CommentedTask:
    """Return a task that the actor may talk about; annotators only what they have or had in hand."""
    task = queries.find_commented_task(session, task_id)
    hidden = actor.role is Role.ANNOTATOR and not queries.had_in_hand(
        session, task_id=task_id, member_id=actor.member_id
    )
    if task is None or hidden:
        raise NotFound(f"there is no task {task_id}", task_id=task_id)
    return task


def _get_comment(session: Session, actor: Actor, comment_id: int) -> CommentRow:
    row = queries.find_comment(session, comment_id, as_annotator=_as_annotator(actor))
    if row is None:
        raise NotFound(f"there is no comment {comment_id}", comment_id=comment_id)
    _get_task(session, actor, row.task_id)
    return row


def _get_first(session: Session, actor: Actor, task_id: int, comment_id: int) -> CommentRow:
    """Return the first comment of the thread that a comment of the task is in."""
    found = _get_comment(session, actor, comment_id)
    if found.task_id != task_id:
        raise NotFound(f"task {task_id} has no comment {comment_id}", comment_id=comment_id)
    return found if found.parent_id is None else _get_comment(session, actor, found.parent_id)


def _check_point(task: CommentedTask, point: tuple[float, float] | None) -> None:
    if point is not None and not (0 <= point[0] <= task.width and 0 <= point[1] <= task.height):
        raise PointsOutside(
            f"the point lies outside the picture of {task.width} × {task.height} px",
            point=list(point),
            width=task.width,
            height=task.height,
        )


def _check_vendor(session: Session, task: CommentedTask, vendor_org: int) -> None:
    own = vendor_org == task.client_org
    if not own and not queries.is_engaged(session, project_id=task.project_id, vendor_org=vendor_org):
        raise NotFound(f"no vendor {vendor_org} is engaged for this project", vendor_org=vendor_org)


def _as_annotator(actor: Actor) -> tuple[int, int] | None:
    return (actor.organisation_id, actor.member_id) if actor.role is Role.ANNOTATOR else None
