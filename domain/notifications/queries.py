"""SQL of the inbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class NotificationRow:
    id: int
    kind: str
    project_id: int | None
    task_id: int | None
    body: dict[str, Any]
    read_at: datetime | None
    created_at: datetime


def insert_notification(
    session: Session,
    *,
    organisation_id: int,
    member_id: int,
    kind: str,
    project_id: int | None,
    task_id: int | None,
    body: Mapping[str, object],
) -> None:
    """Write a line, unless its reader's organisation works for the project no more.

    Nothing is returned, since the reader may be of another organisation than who causes it.
    """
    statement = text(
        "INSERT INTO notification (organisation_id, member_id, kind, project_id, task_id, body) "
        "SELECT :organisation, :member, :kind, CAST(:project AS bigint), CAST(:task AS bigint), :body "
        "WHERE NOT EXISTS (SELECT FROM engagement e WHERE e.project_id = CAST(:project AS bigint) "
        "  AND e.vendor_org = :organisation AND e.ended_at IS NOT NULL)"
    ).bindparams(bindparam("body", type_=JSONB))
    values = {
        "organisation": organisation_id,
        "member": member_id,
        "kind": kind,
        "project": project_id,
        "task": task_id,
        "body": body,
    }
    session.execute(statement, values)


def list_notifications(
    session: Session, *, member_id: int, unread: bool, before: int, limit: int
) -> list[NotificationRow]:
    only_unread = "AND read_at IS NULL " if unread else ""
    rows = session.execute(
        text(
            "SELECT id, kind, project_id, task_id, body, read_at, created_at FROM notification "
            f"WHERE member_id = :member AND id < :before {only_unread}ORDER BY id DESC LIMIT :limit"
        ),
        {"member": member_id, "before": before, "limit": limit},
    ).mappings()
    return [NotificationRow(**r) for r in rows]


def mark_read(session: Session, *, member_id: int, ids: Sequence[int] | None) -> int:
    """Mark lines of a member as read, None: all of them; return how many were not."""
    chosen = "" if ids is None else "AND id = ANY (:ids) "
    statement = text(
        f"UPDATE notification SET read_at = now() WHERE member_id = :member {chosen}AND read_at IS NULL RETURNING 1"
    )
    return len(session.execute(statement, {"member": member_id, "ids": list(ids or ())}).all())


def count_unread(session: Session, *, member_id: int, limit: int) -> int:
    """Count a member's unread lines up to a limit."""
    statement = text(
        "SELECT count(*) FROM (SELECT FROM notification WHERE member_id = :member AND read_at IS NULL LIMIT :limit) n"
    )
    return int(session.execute(statement, {"member": member_id, "limit": limit}).scalar_one())
