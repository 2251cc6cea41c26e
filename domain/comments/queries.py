"""SQL of comments. Row-level security keeps vendors apart; what annotators may read is said here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment. Names are null for people of another organisation; `parent_id` is null for the first of a thread."""

    id: int
    client_org: int
    vendor_org: int | None
    project_id: int
    task_id: int
    parent_id: int | None
    object_id: UUID | None
    x: float | None
    y: float | None
    organisation_id: int
    member_id: int
    name: str | None
    role: str
    body: str
    resolved_at: datetime | None
    resolved_by: int | None
    resolved_by_name: str | None
    replies: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CommentedTask:
    """What a comment needs to know of its task; sizes are px of the upright picture."""

    id: int
    client_org: int
    project_id: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody whom a comment may concern; the role is null where it is not known."""

    organisation_id: int
    member_id: int
    role: str | None


@dataclass(frozen=True, slots=True)
class ThreadCount:
    task_id: int
    threads: int
    unresolved: int


_SELECT = """
SELECT c.id, c.client_org, c.vendor_org, c.project_id, c.task_id, c.parent_id, c.object_id, c.x, c.y,
  c.organisation_id, c.member_id, coalesce(p.name, p.email) AS name, c.role, c.body, c.resolved_at, c.resolved_by,
  coalesce(rp.name, rp.email) AS resolved_by_name,
  (SELECT count(*) FROM comment r WHERE r.parent_id = c.id) AS replies, c.created_at
FROM comment c LEFT JOIN comment f ON f.id = c.parent_id
LEFT JOIN member m ON m.id = c.member_id LEFT JOIN person p ON p.id = m.person_id
LEFT JOIN member rm ON rm.id = c.resolved_by LEFT JOIN person rp ON rp.id = rm.person_id
"""
# An annotator reads no other annotator, nor what was answered to one: it would tell how others answered.
_AS_ANNOTATOR = """
AND (c.vendor_org IS NULL OR c.vendor_org = :organisation) AND (c.role <> 'annotator' OR c.member_id = :member)
AND (c.parent_id IS NULL OR f.role <> 'annotator' OR f.member_id = :member)
"""


def find_commented_task(session: Session, task_id: int) -> CommentedTask | None:
    row = (
        session.execute(
            text(
                "SELECT t.id, t.client_org, t.project_id, i.width, i.height FROM task t "
                "JOIN item it ON it.id = t.item_id JOIN image i ON i.id = it.image_id WHERE t.id = :task"
            ),
            {"task": task_id},
        )
        .mappings()
        .first()
    )
    return CommentedTask(**row) if row else None


def had_in_hand(session: Session, *, task_id: int, member_id: int) -> bool:
    """Say whether a member holds or held a seat of the task."""
    statement = text("SELECT EXISTS (SELECT FROM lease WHERE task_id = :task AND member_id = :member)")
    return bool(session.execute(statement, {"task": task_id, "member": member_id}).scalar_one())


def is_engaged(session: Session, *, project_id: int, vendor_org: int) -> bool:
    statement = text(
        "SELECT EXISTS (SELECT FROM engagement WHERE project_id = :project AND vendor_org = :vendor "
        "AND ended_at IS NULL)"
    )
    return bool(session.execute(statement, {"project": project_id, "vendor": vendor_org}).scalar_one())


def insert_comment(
    session: Session,
    *,
    task: CommentedTask,
    vendor_org: int | None,
    parent_id: int | None,
    object_id: UUID | None,
    point: tuple[float, float] | None,
    organisation_id: int,
    member_id: int,
    role: str,
    body: str,
) -> int:
    statement = text(
        "INSERT INTO comment (client_org, vendor_org, project_id, task_id, parent_id, object_id, x, y, "
        "  organisation_id, member_id, role, body) "
        "VALUES (:client_org, :vendor_org, :project, :task, :parent, :object, :x, :y, :organisation, :member, :role, "
        "  :body) RETURNING id"
    )
    values = {
        "client_org": task.client_org,
        "vendor_org": vendor_org,
        "project": task.project_id,
        "task": task.id,
        "parent": parent_id,
        "object": object_id,
        "x": point[0] if point else None,
        "y": point[1] if point else None,
        "organisation": organisation_id,
        "member": member_id,
        "role": role,
        "body": body,
    }
    return int(session.execute(statement, values).scalar_one())


def list_of_task(
    session: Session, *, task_id: int, as_annotator: tuple[int, int] | None, after: int, limit: int
) -> list[CommentRow]:
    """List a task's comments by id; `as_annotator` is the organisation and member of an annotator who asks."""
    organisation, member = as_annotator or (None, None)
    rows = session.execute(
        text(
            _SELECT + f"WHERE c.task_id = :task AND c.id > :after {_AS_ANNOTATOR if as_annotator else ''}"
            "ORDER BY c.id LIMIT :limit"
        ),
        {"task": task_id, "organisation": organisation, "member": member, "after": after, "limit": limit},
    ).mappings()
    return [CommentRow(**r) for r in rows]


def find_comment(session: Session, comment_id: int, *, as_annotator: tuple[int, int] | None) -> CommentRow | None:
    organisation, member = as_annotator or (None, None)
    values = {"id": comment_id, "organisation": organisation, "member": member}
    statement = text(_SELECT + "WHERE c.id = :id " + (_AS_ANNOTATOR if as_annotator else ""))
    row = session.execute(statement, values).mappings().first()
    return CommentRow(**row) if row else None


def list_threads(
    session: Session, *, project_id: int, resolved: bool | None, before: int, limit: int
) -> list[CommentRow]:
    """List the first comments of a project's threads, newest first."""
    state = "" if resolved is None else f"AND c.resolved_at IS {'NOT ' if resolved else ''}NULL "
    rows = session.execute(
        text(
            _SELECT + f"WHERE c.project_id = :project AND c.parent_id IS NULL AND c.id < :before {state}"
            "ORDER BY c.id DESC LIMIT :limit"
        ),
        {"project": project_id, "before": before, "limit": limit},
    ).mappings()
    return [CommentRow(**r) for r in rows]


def count_threads(session: Session, *, project_id: int, tasks: Sequence[int]) -> list[ThreadCount]:
    rows = session.execute(
        text(
            "SELECT task_id, count(*) AS threads, count(*) FILTER (WHERE resolved_at IS NULL) AS unresolved "
            "FROM comment WHERE task_id = ANY (:tasks) AND project_id = :project AND parent_id IS NULL "
            "GROUP BY task_id ORDER BY task_id"
        ),
        {"project": project_id, "tasks": list(tasks)},
    ).mappings()
    return [ThreadCount(**r) for r in rows]


def resolve(session: Session, *, comment_id: int, by: int | None) -> bool:
    """Mark a thread as resolved by a member, None: as open again; False when it is that already."""
    row = session.execute(
        text(
            "UPDATE comment SET resolved_by = :by, "
            "  resolved_at = CASE WHEN CAST(:by AS bigint) IS NULL THEN NULL ELSE now() END "
            "WHERE id = :id AND (resolved_at IS NULL) = (CAST(:by AS bigint) IS NOT NULL) RETURNING 1"
        ),
        {"id": comment_id, "by": by},
    )
    return row.first() is not None


def list_participants(session: Session, thread_id: int) -> list[Reader]:
    """List who wrote in a thread."""
    rows = session.execute(
        text(
            "SELECT DISTINCT organisation_id, member_id, role FROM comment WHERE id = :thread OR parent_id = :thread "
            "ORDER BY member_id LIMIT 100"
        ),
        {"thread": thread_id},
    )
    return [Reader(r.organisation_id, r.member_id, r.role) for r in rows]


def list_workers(session: Session, task_id: int) -> list[Reader]:
    """List whose work is on a task: who answered, and who holds a seat."""
    rows = session.execute(
        text(
            "SELECT vendor_org, member_id FROM annotation WHERE task_id = :task "
            "UNION SELECT vendor_org, member_id FROM seat WHERE task_id = :task AND member_id IS NOT NULL "
            "ORDER BY 2 LIMIT 100"
        ),
        {"task": task_id},
    )
    return [Reader(r.vendor_org, r.member_id, None) for r in rows]
