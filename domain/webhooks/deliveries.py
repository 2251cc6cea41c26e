"""Use cases of deliveries: an event is fanned out, each delivery is attempted until it is taken or given up.

Attempts are made outside of transactions: `take` before one, `settle` after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.errors import Conflict, NotFound
from domain.events import queries as events
from domain.events.queries import EventRow
from domain.outbox.queries import insert_message
from domain.scope import Actor, Scope
from domain.webhooks import queries
from domain.webhooks.queries import DeliveryRow, TakenDelivery
from domain.webhooks.rules import ALL_KINDS, MOST_ATTEMPTS, MOST_FAILURES, pause_s
from domain.webhooks.service import get_webhook
from schema.enums import DeliveryState, Topic
from schema.messages import DeliveryMessage

GONE = 410


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of sending: the receiver's status, or why there is none."""

    status: int | None
    error: str | None
    took_ms: int

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def find_waiting_event(session: Session, event_id: int, *, client_org: int) -> tuple[EventRow, list[int]] | None:
    """Return an event that nobody was told of yet, with the organisations that are to be told; runs as the client."""
    event = events.find_event(session, event_id, organisation_id=client_org)
    if event is None or event.fanned_out_at is not None:
        return None
    parties = events.list_parties(session, client_org=client_org, project_id=event.project_id)
    of_vendor = event.body.get("vendor_org")
    return event, [p for p in parties if p == client_org or of_vendor in (None, p)]


def fan_out(session: Session, event: EventRow, *, organisation_id: int) -> int:
    """Make and announce a delivery for each subscription of an organisation; runs as that organisation."""
    made = queries.insert_deliveries(
        session,
        organisation_id=organisation_id,
        event_id=event.id,
        project_id=event.project_id,
        kind=event.kind,
        all_kinds=ALL_KINDS,
    )
    for delivery_id in made:
        _announce(session, organisation_id=organisation_id, delivery_id=delivery_id, delay_s=0.0)
    return len(made)


def finish_fan_out(session: Session, event: EventRow) -> None:
    events.mark_fanned_out(session, event.id)


def take(
    session: Session, delivery_id: int, *, organisation_id: int, hold_s: float
) -> tuple[TakenDelivery, Scope] | None:
    """Begin an attempt that is due, with the scope in which its event can be read; None when nothing is due."""
    taken = queries.take_delivery(session, delivery_id, organisation_id=organisation_id, hold_s=hold_s)
    if taken is None:
        return None
    if not taken.active:
        give_up(session, taken, reason="the subscription is stopped")
        return None
    return taken, Scope(organisation_id, tuple(queries.list_engaged_projects(session, vendor_org=organisation_id)))


def give_up(session: Session, taken: TakenDelivery, *, reason: str) -> None:
    """End a delivery that was not sent, for no fault of its receiver."""
    queries.settle_delivery(
        session, taken, state=DeliveryState.FAILED, status=None, error=reason, took_ms=None, pause_s=0.0
    )


def settle(session: Session, taken: TakenDelivery, attempt: Attempt, *, rng: Random) -> DeliveryState:
    """Write how an attempt ended: delivered, tried again later, or failed for good; too many of those stop it all."""
    pause = pause_s(taken.attempts, rng)
    state = _state_after(taken, attempt)
    written = queries.settle_delivery(
        session,
        taken,
        state=state,
        status=attempt.status,
        error=attempt.error,
        took_ms=attempt.took_ms,
        pause_s=pause if state is DeliveryState.WAITING else 0.0,
    )
    if not written:
        return state
    if state is DeliveryState.WAITING:
        _announce(session, organisation_id=taken.organisation_id, delivery_id=taken.id, delay_s=pause)
    elif state is DeliveryState.DELIVERED:
        queries.clear_failures(session, taken.webhook_id)
    else:
        _count_failure(session, taken, attempt)
    return state


def _state_after(taken: TakenDelivery, attempt: Attempt) -> DeliveryState:
    if attempt.is_taken:
        return DeliveryState.DELIVERED
    if attempt.status == GONE or taken.attempts >= MOST_ATTEMPTS:
        return DeliveryState.FAILED
    return DeliveryState.WAITING


def _count_failure(session: Session, taken: TakenDelivery, attempt: Attempt) -> None:
    if attempt.status == GONE:
        queries.stop_webhook(
            session, taken.webhook_id, reason="its receiver answered 410: nobody listens there any more"
        )
    elif queries.count_failure(session, taken.webhook_id) >= MOST_FAILURES:
        last = attempt.error or f"it answered {attempt.status}"
        queries.stop_webhook(
            session, taken.webhook_id, reason=f"{MOST_FAILURES} deliveries in a row failed; the last: {last}"
        )


def list_deliveries(
    session: Session, actor: Actor, webhook_id: int, *, state: DeliveryState | None, before: int, limit: int
) -> Sequence[DeliveryRow]:
    """List the deliveries of a subscription, the newest first."""
    webhook = get_webhook(session, actor, webhook_id)
    return queries.list_deliveries(
        session, webhook_id=webhook.id, state=state.value if state else None, before=before, limit=limit
    )


def get_delivery(
    session: Session, actor: Actor, webhook_id: int, delivery_id: int
) -> tuple[DeliveryRow, EventRow | None]:
    """Return a delivery and its event, None where the organisation cannot see that any more."""
    webhook = get_webhook(session, actor, webhook_id)
    row = queries.find_delivery(session, delivery_id, webhook_id=webhook.id)
    if row is None:
        raise NotFound(f"webhook {webhook_id} has no delivery {delivery_id}", delivery_id=delivery_id)
    return row, events.find_event(session, row.event_id, organisation_id=actor.organisation_id)


def redeliver(session: Session, actor: Actor, webhook_id: int, delivery_id: int) -> DeliveryRow:
    """Deliver once more, whatever became of it before."""
    webhook = get_webhook(session, actor, webhook_id, for_update=True)
    if not webhook.active:
        raise Conflict("this webhook is stopped; set its `active` to true first", webhook_id=webhook_id)
    row, _ = get_delivery(session, actor, webhook_id, delivery_id)
    queries.renew_delivery(session, row.id)
    _announce(session, organisation_id=actor.organisation_id, delivery_id=row.id, delay_s=0.0)
    record(
        session, actor, "webhook_redelivered", f"webhook:{webhook.id}", project_id=webhook.project_id, delivery=row.id
    )
    return get_delivery(session, actor, webhook_id, delivery_id)[0]


def _announce(session: Session, *, organisation_id: int, delivery_id: int, delay_s: float) -> None:
    message = DeliveryMessage(organisation_id=organisation_id, delivery_id=delivery_id)
    insert_message(session, Topic.WEBHOOK, delivery_id, message, delay_s=delay_s)
