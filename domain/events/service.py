"""Telling of what happened, in the transaction that makes it happen."""

from sqlalchemy.orm import Session

from domain.events import queries
from domain.outbox.queries import insert_message
from schema.enums import EventKind, Topic
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
