"""SQL of the audit trail."""

from collections.abc import Mapping

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
