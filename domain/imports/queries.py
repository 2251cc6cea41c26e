"""SQL of imports: the import itself, the pictures of its project, and the tasks that its labels reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from domain.imports.matching import Picture

IMPORT_MODEL = "import"


@dataclass(frozen=True, slots=True)
class ImportRow:
    id: int
    client_org: int
    project_id: int
    upload_id: int
    upload_bytes: int
    upload_key: str
    format: str
    mode: str
    class_map: dict[str, int] | None
    state: str
    reason: str | None
    cursor: int
    counts: dict[str, Any] | None
    requested_by: int
    created_at: datetime


_SELECT = (
    "SELECT m.id, m.client_org, m.project_id, m.upload_id, u.bytes AS upload_bytes, u.key AS upload_key, m.format, "
    "m.mode, m.class_map, m.state, m.reason, m.cursor, m.counts, m.requested_by, m.created_at FROM label_import m "
    "JOIN upload u ON u.id = m.upload_id "
)


def insert_import(
    session: Session,
    *,
    client_org: int,
    project_id: int,
    upload_id: int,
    format: str,
    mode: str,
    class_map: dict[str, int] | None,
    member: int,
) -> int:
    statement = text(
        "INSERT INTO label_import (client_org, project_id, upload_id, format, mode, class_map, requested_by) "
        "VALUES (:client_org, :project, :upload, :format, :mode, :class_map, :member) RETURNING id"
    ).bindparams(bindparam("class_map", type_=JSONB(none_as_null=True)))
    values = {
        "client_org": client_org,
        "project": project_id,
        "upload": upload_id,
        "format": format,
        "mode": mode,
        "class_map": class_map,
        "member": member,
    }
    return int(session.execute(statement, values).scalar_one())


def find_import(session: Session, import_id: int) -> ImportRow | None:
    row = session.execute(text(_SELECT + "WHERE m.id = :id"), {"id": import_id}).mappings().first()
    return ImportRow(**row) if row else None


def list_imports(session: Session, *, project_id: int, after: int, limit: int) -> list[ImportRow]:
    rows = session.execute(
        text(_SELECT + "WHERE m.project_id = :project AND m.id > :after ORDER BY m.id LIMIT :limit"),
        {"project": project_id, "after": after, "limit": limit},
    ).mappings()
    return [ImportRow(**r) for r in rows]


def advance(session: Session, *, import_id: int, cursor: int, to: int, counts: dict[str, Any]) -> bool:
    """Note how far an import is, holding its row; False when it is elsewhere by now, or over."""
    statement = text(
        "UPDATE label_import SET cursor = :to, counts = :counts, state_since = now(), resent = 0 "
        "WHERE id = :id AND state = 'running' AND cursor = :cursor RETURNING 1"
    ).bindparams(bindparam("counts", type_=JSONB))
    return (
        session.execute(statement, {"id": import_id, "cursor": cursor, "to": to, "counts": counts}).first() is not None
    )


def close_import(session: Session, import_id: int, *, state: str, reason: str | None) -> bool:
    row = session.execute(
        text(
            "UPDATE label_import SET state = :state, reason = :reason, state_since = now(), resent = 0 "
            "WHERE id = :id AND state = 'running' RETURNING 1"
        ),
        {"id": import_id, "state": state, "reason": reason},
    )
    return row.first() is not None


def note_failure_told(session: Session, import_id: int) -> bool:
    """Say that an import which was given up was told of; False when it was not, or was told of before."""
    row = session.execute(
        text("UPDATE label_import SET resent = 0 WHERE id = :id AND state = 'failed' AND resent > 0 RETURNING 1"),
        {"id": import_id},
    )
    return row.first() is not None


def list_pictures(session: Session, *, project_id: int, after: int, limit: int) -> list[Picture]:
    """List the project's ready pictures by item."""
    rows = session.execute(
        text(
            "SELECT it.id AS item_id, i.id AS image_id, i.key, i.width, i.height FROM item it "
            "JOIN image i ON i.id = it.image_id AND i.state = 'ready' AND i.width IS NOT NULL "
            "WHERE it.project_id = :project AND it.part_key = '' AND it.id > :after ORDER BY it.id LIMIT :limit"
        ),
        {"project": project_id, "after": after, "limit": limit},
    ).mappings()
    return [Picture(**r) for r in rows]


def ensure_model(session: Session, *, client_org: int, version: str, card: dict[str, Any]) -> int:
    """Return the model version that stands for an import, making it at its first page."""
    values = {"client_org": client_org, "name": IMPORT_MODEL, "version": version, "card": card}
    statement = text(
        "INSERT INTO model_version (client_org, name, version, card) VALUES (:client_org, :name, :version, :card) "
        "ON CONFLICT DO NOTHING RETURNING id"
    ).bindparams(bindparam("card", type_=JSONB))
    made = session.execute(statement, values).scalar()
    if made is not None:
        return int(made)
    found = text("SELECT id FROM model_version WHERE client_org = :client_org AND name = :name AND version = :version")
    return int(session.execute(found, values).scalar_one())


def close_seats(session: Session, task_id: int) -> None:
    """Take the free seats of a task out of their queue."""
    session.execute(
        text("UPDATE seat SET queue_key = 0 WHERE task_id = :task AND state <> 2 AND queue_key > 0"), {"task": task_id}
    )


def has_upload(session: Session, upload_id: int, *, organisation_id: int, states: Sequence[str]) -> bool:
    row = session.execute(
        text(
            "SELECT 1 FROM upload WHERE id = :id AND organisation_id = :organisation AND purpose = 'labels' "
            "AND state = ANY (:states)"
        ),
        {"id": upload_id, "organisation": organisation_id, "states": list(states)},
    )
    return row.first() is not None
