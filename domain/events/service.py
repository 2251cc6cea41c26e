"""Telling of what happened, in the transaction that makes it happen; and the log of it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.events import queries
from domain.events.queries import EventRow
from domain.outbox.queries import insert_message
from domain.scope import Actor
from schema.enums import EventKind, Role, Topic
from schema.messages import EventMessage


def emit(
    session: Session,
    kind: EventKind,
    *,
    client_org: int,
    project_id: int,
    aggregate_id: int,
    **facts: object,
) -> None:
    """Write the next event of an aggregate and announce it; the part of `kind` before the dot names the aggregate.

    The caller holds a lock on the aggregate's row (an UPDATE of it in the same transaction), which numbers the events.
    An event with the fact `vendor_org` is shown to the client and to that vendor, to no other one.
    """
    event_id = queries.insert_event(
        session,
        client_org=client_org,
        project_id=project_id,
        kind=kind.value,
        aggregate=kind.value.partition(".")[0],
        aggregate_id=aggregate_id,
        body=facts,
    )
    insert_message(session, Topic.WEBHOOK, event_id, EventMessage(client_org=client_org, event_id=event_id))


def find_event(session: Session, event_id: int, *, organisation_id: int) -> EventRow | None:
    """Return an event that an organisation may see."""
    return queries.find_event(session, event_id, organisation_id=organisation_id)


def get_horizon(session: Session) -> datetime:
    """Return the moment up to which the log is whole; read it before the log, in the same transaction.

    Ids are drawn before transactions commit: an event can appear below one that was read already. Whatever was written
    before every transaction that is still writing began has nothing to come below it.
    """
    return queries.get_horizon(session)


def list_events(
    session: Session, actor: Actor, *, project_id: int, kind: EventKind | None, after: int, limit: int
) -> list[EventRow]:
    """List the events of a project by id, without a gap: whoever goes on from the last id misses none."""
    actor.require(Role.CLIENT, Role.MANAGER)
    if not queries.has_project(session, project_id):
        raise NotFound(f"there is no project {project_id}", project_id=project_id)
    return queries.list_events(
        session,
        organisation_id=actor.organisation_id,
        project_id=project_id,
        kind=kind.value if kind else None,
        before=get_horizon(session),
        after=after,
        limit=limit,
    )


def as_told(event: EventRow) -> dict[str, Any]:
    """Return the fields of an event in the one form that deliveries and the log share."""
    return {
        "id": event.id,
        "kind": event.kind,
        "aggregate": event.aggregate,
        "aggregate_id": event.aggregate_id,
        "sequence": event.sequence,
        "project_id": event.project_id,
        "occurred_at": event.created_at,
        "data": event.body,
    }
