"""Webhooks: an event → a delivery for each subscription that wants it → one signed POST an attempt."""

from random import Random
from typing import Any

import structlog

from domain.events.service import as_told, find_event
from domain.scope import Scope
from domain.webhooks import deliveries
from domain.webhooks.deliveries import Attempt
from domain.webhooks.queries import TakenDelivery
from runtime.posting import post_signed
from schema.bodies.webhooks import EventBody
from schema.messages import DeliveryMessage, EventMessage
from workers.envelope import parse_message
from workers.work import Work, client_scope

log = structlog.get_logger()
# Longer than any attempt: until then nobody else begins the same one.
HOLD_FACTOR = 6.0


def handle(work: Work, body: dict[str, Any]) -> None:
    message = parse_message(body, EventMessage, DeliveryMessage)
    if isinstance(message, EventMessage):
        _fan_out(work, message)
    elif isinstance(message, DeliveryMessage):
        _deliver(work, message)


def _fan_out(work: Work, message: EventMessage) -> None:
    """Tell each organisation in its own scope; told twice, a subscription still has one delivery."""
    scope = client_scope(message.client_org)
    with work.database.begin(scope) as session:
        found = deliveries.find_waiting_event(session, message.event_id, client_org=message.client_org)
    if found is None:
        return
    event, parties = found
    made = 0
    for organisation_id in parties:
        with work.database.begin(Scope(organisation_id, (event.project_id,))) as session:
            made += deliveries.fan_out(session, event, organisation_id=organisation_id)
    with work.database.begin(scope) as session:
        deliveries.finish_fan_out(session, event)
    log.info("event_fanned_out", event_id=event.id, kind=event.kind, deliveries=made)


def _deliver(work: Work, message: DeliveryMessage) -> None:
    hold_s = work.settings.webhook_timeout_s * HOLD_FACTOR
    with work.database.begin(Scope(message.organisation_id)) as session:
        due = deliveries.take(session, message.delivery_id, organisation_id=message.organisation_id, hold_s=hold_s)
    if due is None:
        return
    taken, scope = due
    with work.database.begin(scope) as session:
        event = find_event(session, taken.event_id, organisation_id=taken.organisation_id)
        if event is None:
            deliveries.give_up(session, taken, reason="its project is out of sight: the engagement ended")
            return
    attempt = _attempt(work, taken, EventBody.model_validate(as_told(event)))
    with work.database.begin(scope) as session:
        state = deliveries.settle(session, taken, attempt, rng=Random())  # noqa: S311 - spreads load, guards nothing
    log.info(
        "webhook_attempted",
        webhook_id=taken.webhook_id,
        delivery_id=taken.id,
        state=state,
        status=attempt.status,
        attempts=taken.attempts,
        took_ms=attempt.took_ms,
    )


def _attempt(work: Work, taken: TakenDelivery, event: EventBody) -> Attempt:
    posted = post_signed(
        taken.url,
        event.model_dump_json().encode(),
        message_id=f"evt_{event.id}",
        secret=taken.secret,
        timeout_s=work.settings.webhook_timeout_s,
        allow_private=work.settings.webhook_private,
    )
    return Attempt(posted.status, posted.error, posted.took_ms)
