"""SQL of events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class EventRow:
    id: int
    client_org: int
    project_id: int
    kind: str
    aggregate: str
    aggregate_id: int
    sequence: int
    body: dict[str, Any]
    created_at: datetime
    fanned_out_at: datetime | None


_SELECT = (
    "SELECT e.id, e.client_org, e.project_id, e.kind, e.aggregate, e.aggregate_id, e.sequence, e.body, e.created_at, "
    "e.fanned_out_at FROM event e "
)
# What concerns one vendor is no other one's business.
_MAY_SEE = (
    "(e.client_org = :organisation OR NOT e.body ? 'vendor_org' "
    "OR e.body->>'vendor_org' = CAST(:organisation AS text)) "
)


def insert_event(
    session: Session,
    *,
    client_org: int,
    project_id: int,
    kind: str,
    aggregate: str,
    aggregate_id: int,
    body: Mapping[str, object],
) -> int:
    """Write the next event of an aggregate; return its id. The caller holds the aggregate's row."""
    statement = text(
        "INSERT INTO event (client_org, project_id, kind, aggregate, aggregate_id, sequence, body, created_at) "
        "SELECT :client_org, :project, :kind, :aggregate, :aggregate_id, coalesce(max(e.sequence), 0) + 1, :body, "
        "clock_timestamp() "
        "FROM event e WHERE e.aggregate = :aggregate AND e.aggregate_id = :aggregate_id RETURNING id"
    ).bindparams(bindparam("body", type_=JSONB))
    values = {
        "client_org": client_org,
        "project": project_id,
        "kind": kind,
        "aggregate": aggregate,
        "aggregate_id": aggregate_id,
        "body": body,
    }
    return int(session.execute(statement, values).scalar_one())


def find_event(session: Session, event_id: int, *, organisation_id: int) -> EventRow | None:
    values = {"id": event_id, "organisation": organisation_id}
    row = session.execute(text(f"{_SELECT}WHERE e.id = :id AND {_MAY_SEE}"), values).mappings().first()
    return EventRow(**row) if row else None


def get_horizon(session: Session) -> datetime:
    """Return when the oldest transaction of our role that is still writing began, now if there is none."""
    found: datetime = session.execute(
        text(
            "SELECT coalesce(min(xact_start), clock_timestamp()) FROM pg_stat_activity WHERE usename = current_user "
            "AND datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
        )
    ).scalar_one()
    return found


def has_project(session: Session, project_id: int) -> bool:
    statement = text("SELECT EXISTS (SELECT FROM project WHERE id = :id)")
    return bool(session.execute(statement, {"id": project_id}).scalar_one())


def list_events(
    session: Session,
    *,
    organisation_id: int,
    project_id: int,
    kind: str | None,
    before: datetime,
    after: int,
    limit: int,
) -> list[EventRow]:
    rows = session.execute(
        text(
            f"{_SELECT}WHERE e.project_id = :project AND e.id > :after AND e.created_at < :before AND {_MAY_SEE}"
            "AND (CAST(:kind AS text) IS NULL OR e.kind = :kind) ORDER BY e.id LIMIT :limit"
        ),
        {
            "organisation": organisation_id,
            "project": project_id,
            "kind": kind,
            "before": before,
            "after": after,
            "limit": limit,
        },
    )
    return [EventRow(**r) for r in rows.mappings()]


def mark_fanned_out(session: Session, event_id: int) -> None:
    session.execute(text("UPDATE event SET fanned_out_at = now() WHERE id = :id"), {"id": event_id})


def list_parties(session: Session, *, client_org: int, project_id: int) -> list[int]:
    """List who is told of what happens in a project: its client and the vendors engaged for it."""
    rows = session.execute(
        text(
            "SELECT vendor_org FROM engagement WHERE project_id = :project AND ended_at IS NULL "
            "AND vendor_org <> :client_org ORDER BY vendor_org"
        ),
        {"project": project_id, "client_org": client_org},
    )
    return [client_org, *(int(r.vendor_org) for r in rows)]
