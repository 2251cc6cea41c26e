"""The outbox relay: due rows → SQS, deleted once the queue has taken them. Several relays may run.

The rows stay locked while they are sent: the one transaction that waits for a network, kept short by its batch of ten.
A topic whose queue is out of order holds up no other.
"""

import uuid
from datetime import UTC, datetime
from threading import Event

import structlog

from domain.outbox.queries import OutboxRow, delete_sent, take_due
from runtime.database import Database
from runtime.metrics import OUTBOX_LAG_S, RELAYED
from runtime.queues import BATCH, Sender
from runtime.tracing import traceparent
from schema.enums import Topic
from schema.messages import Envelope

log = structlog.get_logger()
BUSY_PAUSE_S = 0.05
IDLE_PAUSE_S = 0.5
_NAMESPACE = uuid.UUID("6f0d1bb2-9c0e-4c38-9a2e-3d1c4b0f6a11")


def run_relay(database: Database, sender: Sender, stop: Event) -> None:
    """Relay until `stop` is set; an outage of the queue or the database delays and loses nothing."""
    pause_s = BUSY_PAUSE_S
    while not stop.is_set():
        sent = relay_batch(database, sender, now=datetime.now(UTC))
        if sent >= BATCH:
            continue
        pause_s = BUSY_PAUSE_S if sent else min(pause_s * 2, IDLE_PAUSE_S)
        stop.wait(pause_s)


def relay_batch(database: Database, sender: Sender, *, now: datetime) -> int:
    """Send one batch of each topic; return how many messages the queues took."""
    sent = 0
    for topic in Topic:
        try:
            sent += _relay_topic(database, sender, topic, now=now)
        except Exception as error:
            log.warning("relay_failed", topic=topic, error=repr(error))
    return sent


def _relay_topic(database: Database, sender: Sender, topic: Topic, *, now: datetime) -> int:
    with database.begin(None) as session:
        rows = take_due(session, topic, limit=BATCH)
        sent = sender.send(topic, [(row.id, envelope(row)) for row in rows]) if rows else []
        if sent:
            delete_sent(session, sent)
    if sent:
        RELAYED.labels(topic).inc(len(sent))
        OUTBOX_LAG_S.set((now - min(r.created_at for r in rows)).total_seconds())
    return len(sent)


def envelope(row: OutboxRow) -> str:
    """Wrap an outbox row; a row sent twice carries the same message id. What leaves as it is has its envelope."""
    if row.verbatim is not None:
        return row.verbatim
    message_id = str(uuid.uuid5(_NAMESPACE, f"outbox/{row.id}"))
    trace = None if row.trace_id is None else traceparent(row.trace_id)
    return Envelope.model_validate(
        {"id": message_id, "occurred_at": row.created_at, "trace": trace, "body": row.body}
    ).model_dump_json()
