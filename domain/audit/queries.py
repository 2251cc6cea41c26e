"""SQL of the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session


def insert_event(
    session: Session,
    *,
    organisation_id: int,
    member_id: int | None,
    action: str,
    subject: str,
    project_id: int | None,
    request_id: str | None,
    detail: Mapping[str, object] | None,
) -> None:
    statement = text(
        "INSERT INTO audit_event (organisation_id, member_id, action, subject, project_id, request_id, detail) "
        "VALUES (:organisation, :member, :action, :subject, :project, :request, :detail)"
    ).bindparams(bindparam("detail", type_=JSONB(none_as_null=True)))
    values = {
        "organisation": organisation_id,
        "member": member_id,
        "action": action,
        "subject": subject,
        "project": project_id,
        "request": request_id,
        "detail": detail,
    }
    session.execute(statement, values)


@dataclass(frozen=True, slots=True)
class AuditRow:
    id: int
    at: datetime
    member_id: int | None
    action: str
    subject: str
    project_id: int | None
    request_id: str | None
    detail: dict[str, Any] | None


def list_events(
    session: Session,
    *,
    organisation_id: int,
    subject: str | None,
    action: str | None,
    member_id: int | None,
    since: datetime | None,
    until: datetime | None,
    after: int,
    limit: int,
) -> list[AuditRow]:
    """List an organisation's events by descending id, those below `after`."""
    statement = text(
        "SELECT id, at, member_id, action, subject, project_id, request_id, detail FROM audit_event "
        "WHERE organisation_id = :organisation AND id < :after "
        "AND (CAST(:subject AS text) IS NULL OR subject = :subject) "
        "AND (CAST(:action AS text) IS NULL OR action = :action) "
        "AND (CAST(:member AS bigint) IS NULL OR member_id = :member) "
        "AND (CAST(:since AS timestamptz) IS NULL OR at >= :since) "
        "AND (CAST(:until AS timestamptz) IS NULL OR at < :until) ORDER BY id DESC LIMIT :limit"
    )
    values = {
        "organisation": organisation_id,
        "subject": subject,
        "action": action,
        "member": member_id,
        "since": since,
        "until": until,
        "after": after,
        "limit": limit,
    }
    return [AuditRow(**row) for row in session.execute(statement, values).mappings()]
