"""Use cases of the inbox. Writing a line is part of the transaction that causes it."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from domain.notifications import queries
from domain.notifications.queries import NotificationRow
from domain.scope import Actor
from schema.enums import NotificationKind

# Nobody reads a larger number; counting further would only cost.
MOST_UNREAD = 1_000


def notify(
    session: Session,
    *,
    organisation_id: int,
    member_id: int,
    kind: NotificationKind,
    project_id: int | None = None,
    task_id: int | None = None,
    **body: object,
) -> None:
    """Put a line into a member's inbox; `body` is what it tells, as JSON, and names nobody of another organisation."""
    queries.insert_notification(
        session,
        organisation_id=organisation_id,
        member_id=member_id,
        kind=kind.value,
        project_id=project_id,
        task_id=task_id,
        body=body,
    )


def list_notifications(
    session: Session, actor: Actor, *, unread: bool, before: int, limit: int
) -> list[NotificationRow]:
    """List the actor's own lines, newest first."""
    return queries.list_notifications(session, member_id=actor.member_id, unread=unread, before=before, limit=limit)


def mark_read(session: Session, actor: Actor, *, ids: Sequence[int] | None) -> int:
    """Mark the actor's lines as read, None: all of them; ids of others change nothing. Return how many were not."""
    return queries.mark_read(session, member_id=actor.member_id, ids=ids)


def count_unread(session: Session, actor: Actor) -> int:
    """Count the actor's unread lines, at most `MOST_UNREAD`."""
    return queries.count_unread(session, member_id=actor.member_id, limit=MOST_UNREAD)
