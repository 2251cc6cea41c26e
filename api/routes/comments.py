"""Comments: what people say about a task, to whom, and whether it is settled."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import WithActor
from api.context import Context, WithContext
from api.once import WithOnce
from api.paging import WithCursor, WithNewestCursor
from api.people import hidden_name, person_body
from api.problems import declare
from api.routes.parameters import PathId
from domain.comments import service
from domain.comments.queries import CommentRow
from domain.scope import Actor
from schema.bodies.base import Id, Page
from schema.bodies.comments import CommentBody, NewCommentBody, ResolveBody, ThreadCountBody, ThreadCountsBody
from schema.bodies.people import AuthorBody
from schema.enums import Role

router = APIRouter(tags=["comments"], responses=declare("not_found"))

Tasks = Annotated[list[Id], Query(alias="task_id", min_length=1, max_length=500)]


@router.get("/tasks/{task_id}/comments", summary="List the comments on a task that you may read, oldest first")
def list_comments(task_id: PathId, actor: WithActor, context: WithContext, cursor: WithCursor) -> Page[CommentBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_comments(session, actor, task_id, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, lambda row: _body(row, context, actor), id_of=lambda row: row.id)


@router.post(
    "/tasks/{task_id}/comments",
    status_code=201,
    summary="Comment on a task, an object or a point, or answer a comment",
    responses=declare("conflict", "points_outside", "idempotency_key_reused", "invalid_request"),
)
def create_comment(
    task_id: PathId, body: NewCommentBody, actor: WithActor, context: WithContext, once: WithOnce, response: Response
) -> CommentBody:
    with context.database.begin(actor.scope) as session:

        def make() -> CommentBody:
            row = service.add_comment(
                session,
                actor,
                task_id,
                body=body.body,
                parent_id=body.parent_id,
                object_id=body.object_id,
                point=body.point,
                vendor_org=body.vendor_org,
            )
            return _body(row, context, actor)

        created = once.run(session, actor, CommentBody, make)
    response.headers["Location"] = f"/v1/comments/{created.id}"
    return created


@router.patch(
    "/comments/{comment_id}", summary="Resolve a comment's thread, or open it again", responses=declare("forbidden")
)
def resolve_comment(comment_id: PathId, body: ResolveBody, actor: WithActor, context: WithContext) -> CommentBody:
    with context.database.begin(actor.scope) as session:
        row = service.resolve_comment(session, actor, comment_id, resolved=body.resolved)
    return _body(row, context, actor)


@router.get(
    "/projects/{project_id}/comments",
    summary="List the first comments of a project's threads, newest first",
    responses=declare("forbidden"),
)
def list_threads(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    cursor: WithNewestCursor,
    resolved: Annotated[bool | None, Query(description="false: what is open; true: what is settled")] = None,
) -> Page[CommentBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_threads(
            session, actor, project_id, resolved=resolved, before=cursor.after, limit=cursor.rows
        )
    return cursor.page(rows, lambda row: _body(row, context, actor), id_of=lambda row: row.id)


@router.get(
    "/projects/{project_id}/comments/counts",
    summary="Count the threads of tasks; a task without any is left out",
    responses=declare("forbidden"),
)
def count_threads(project_id: PathId, actor: WithActor, context: WithContext, task_id: Tasks) -> ThreadCountsBody:
    with context.database.begin(actor.scope) as session:
        counts = service.count_threads(session, actor, project_id, tasks=task_id)
    return ThreadCountsBody(
        items=tuple(
            ThreadCountBody(task_id=count.task_id, threads=count.threads, unresolved=count.unresolved)
            for count in counts
        )
    )


def _body(row: CommentRow, context: Context, actor: Actor) -> CommentBody:
    person = person_body(
        context,
        actor,
        project_id=row.project_id,
        organisation_id=row.organisation_id,
        member_id=row.member_id,
        name=row.name,
    )
    return CommentBody(
        id=row.id,
        project_id=row.project_id,
        task_id=row.task_id,
        parent_id=row.parent_id,
        object_id=row.object_id,
        point=None if row.x is None or row.y is None else (row.x, row.y),
        vendor_org=row.vendor_org,
        author=AuthorBody(
            member_id=person.member_id,
            name=person.name,
            role=Role(row.role),
            is_me=row.member_id == actor.member_id,
        ),
        body=row.body,
        resolved_at=row.resolved_at,
        resolved_by=_resolver(row, context),
        replies=row.replies,
        created_at=row.created_at,
    )


def _resolver(row: CommentRow, context: Context) -> str | None:
    """Return who resolved a thread; the database names only people of the reader's own organisation."""
    if row.resolved_by is None:
        return None
    return row.resolved_by_name or hidden_name(context, project_id=row.project_id, member_id=row.resolved_by)
