"""The inbox of whoever asks."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import WithActor
from api.context import WithContext
from api.paging import WithNewestCursor
from domain.notifications import service
from domain.notifications.queries import NotificationRow
from schema.bodies.base import Page
from schema.bodies.notifications import MarkedReadBody, MarkReadBody, NotificationBody
from schema.enums import NotificationKind

router = APIRouter(prefix="/me/notifications", tags=["comments"])


@router.get("", summary="List what concerns you, newest first")
def list_notifications(
    actor: WithActor,
    context: WithContext,
    cursor: WithNewestCursor,
    unread: Annotated[bool, Query(description="only what was not read")] = False,
) -> Page[NotificationBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_notifications(session, actor, unread=unread, before=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _body, id_of=lambda row: row.id)


@router.post("/read", summary="Mark notifications as read")
def mark_notifications_read(body: MarkReadBody, actor: WithActor, context: WithContext) -> MarkedReadBody:
    with context.database.begin(actor.scope) as session:
        marked = service.mark_read(session, actor, ids=body.ids)
        unread = service.count_unread(session, actor)
    return MarkedReadBody(marked=marked, unread=unread)


def _body(row: NotificationRow) -> NotificationBody:
    return NotificationBody(
        id=row.id,
        kind=NotificationKind(row.kind),
        project_id=row.project_id,
        task_id=row.task_id,
        body=row.body,
        read_at=row.read_at,
        created_at=row.created_at,
    )
