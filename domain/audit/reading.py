"""Reading the trail: an organisation's managers see what its people changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from domain.audit import queries
from domain.audit.queries import AuditRow
from domain.scope import Actor
from schema.enums import Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events; None asks for all. `since` is included, `until` is not."""

    subject: str | None = None
    action: str | None = None
    member_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def list_events(session: Session, actor: Actor, wanted: Wanted, *, after: int, limit: int) -> list[AuditRow]:
    """List events, the newest first, those with ids below `after`."""
    actor.require(Role.MANAGER)
    return queries.list_events(
        session,
        organisation_id=actor.organisation_id,
        subject=wanted.subject,
        action=wanted.action,
        member_id=wanted.member_id,
        since=wanted.since,
        until=wanted.until,
        after=after,
        limit=limit,
    )
