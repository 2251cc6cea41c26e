"""Recording a change, in the transaction that makes it. Work itself (claims, answers, verdicts) is its own record."""

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy.orm import Session

from domain.audit import queries
from domain.scope import Actor


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    *,
    project_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **facts: Any,
) -> None:
    """Write who did what to what.

    `action` is a verb in the past (`member_paused`), `subject` a kind and an id (`member:12`). `before` and `after` are
    JSON values of what changed; equal fields are left out. Never pass a secret.
    """
    queries.insert_event(
        session,
        organisation_id=actor.organisation_id,
        member_id=actor.member_id,
        action=action,
        subject=subject,
        project_id=project_id,
        request_id=structlog.contextvars.get_contextvars().get("request_id"),
        detail=_detail(before, after) | facts or None,
    )


def record_by_operator(session: Session, organisation_id: int, action: str, subject: str, **facts: Any) -> None:
    """Write in an organisation's trail what whoever runs the installation did to what is its own."""
    queries.insert_event(
        session,
        organisation_id=organisation_id,
        member_id=None,
        action=action,
        subject=subject,
        project_id=None,
        request_id=None,
        detail=facts or None,
    )


def _detail(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    old, new = before or {}, after or {}
    changed = [key for key in {**old, **new} if key not in old or key not in new or old[key] != new[key]]
    detail: dict[str, Any] = {}
    if before is not None:
        detail["before"] = {key: old[key] for key in changed if key in old}
    if after is not None:
        detail["after"] = {key: new[key] for key in changed if key in new}
    return detail
