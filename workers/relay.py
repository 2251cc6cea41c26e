"""The outbox relay: due rows → SQS, deleted once the queue has taken them. Several relays may run.

The rows stay locked while they are sent: the one transaction that waits for a network, kept short by its batch of ten
and by a client of little patience. Topics are sent side by side: a queue that is out of order holds up no other.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import Final

import structlog
from sqlalchemy.exc import IntegrityError

from domain.dead_letters.filing import file_for_operator, file_letter
from domain.dead_letters.rules import REFUSED, DeadMessage, read_message
from domain.outbox.queries import OutboxRow, delete_sent, list_due_topics, take_due
from runtime.aws import Patience
from runtime.database import Database
from runtime.metrics import OUTBOX_LAG_S, RELAYED
from runtime.queues import BATCH, Sender
from runtime.spans import record_span
from runtime.tracing import parse_traceparent, traceparent
from schema.enums import Topic
from schema.messages import ENVELOPE_VERSION

log = structlog.get_logger()
# How long a look at the outbox waits for the next one. A message that comes into silence waits for at most the longer:
# so 95 of 100 leave within a quarter of a second, whatever the traffic is.
BUSY_PAUSE_S: Final = 0.05
IDLE_PAUSE_S: Final = 0.15
OUTAGE_PAUSE_S: Final = 1.0
# How long a topic rests after its queue failed: doubling, so that it is not hammered.
FIRST_REST_S: Final = 0.25
LONGEST_REST_S: Final = 10.0
# Batches that a topic sends in a row before its thread looks up.
BATCHES_IN_A_ROW: Final = 50
# A transaction waits for the network: it must not wait long, and the next turn is the repeat.
IMPATIENT: Final = Patience(connect_s=1.0, read_s=3.0, attempts=1)
_NAMESPACE: Final = uuid.UUID("6f0d1bb2-9c0e-4c38-9a2e-3d1c4b0f6a11")


class NothingTaken(Exception):
    """The queue answered and took none of a batch."""


@dataclass(slots=True)
class _Outlet:
    """How the way to one queue stands: who sends there now, and until when it is left alone after a fault."""

    sending: Future[int] | None = None
    rest_s: float = 0.0
    rests_until: float = 0.0

    def is_open(self) -> bool:
        return self.sending is None and time.monotonic() >= self.rests_until

    def settle(self) -> int:
        """Take note of a turn that has ended; return how many messages left in it."""
        sending, self.sending = self.sending, None
        sent = sending.result() if sending else 0
        if sent < 0:
            self.rest_s = min(self.rest_s * 2 or FIRST_REST_S, LONGEST_REST_S)
            self.rests_until = time.monotonic() + self.rest_s
            return 0
        self.rest_s = 0.0
        return sent


def run_relay(database: Database, sender: Sender, stop: Event, *, on_turn: Callable[[], None] = lambda: None) -> None:
    """Relay until `stop` is set; an outage of the queue or the database delays and loses nothing.

    `on_turn` is called at each look at the outbox.
    """
    outlets = {topic: _Outlet() for topic in Topic}
    pause_s = BUSY_PAUSE_S
    with ThreadPoolExecutor(len(outlets), thread_name_prefix="relay") as threads:
        while not stop.is_set():
            on_turn()
            moved = sum(o.settle() for o in outlets.values() if o.sending and o.sending.done())
            due = _look(database)
            for topic in due or ():
                if outlets[topic].is_open():
                    outlets[topic].sending = threads.submit(_send_many, database, sender, topic, stop)
            if moved or any(o.sending for o in outlets.values()):
                pause_s = BUSY_PAUSE_S
            else:
                pause_s = min(pause_s * 2, OUTAGE_PAUSE_S if due is None else IDLE_PAUSE_S)
            stop.wait(pause_s)


def relay_batch(database: Database, sender: Sender) -> int:
    """Send one batch of each topic, one topic after the other; return how many messages the queues took."""
    return sum(max(0, _attempt(database, sender, topic)) for topic in _look(database) or ())


def _look(database: Database) -> Mapping[Topic, float] | None:
    """Return the topics with something due, None when the database does not tell.

    Exports how long the oldest message has been due, also while none can leave.
    """
    try:
        with database.begin(None) as session:
            due = list_due_topics(session)
    except Exception as error:
        log.warning("outbox_not_read", error=repr(error))
        return None
    OUTBOX_LAG_S.set(max(due.values(), default=0.0))
    return due


def _send_many(database: Database, sender: Sender, topic: Topic, stop: Event) -> int:
    """Send batches of a topic until one is not full; return how many messages left, -1 when the last batch failed."""
    total = 0
    for _ in range(BATCHES_IN_A_ROW):
        sent = _attempt(database, sender, topic)
        if sent < 0:
            return sent
        total += sent
        if sent < BATCH or stop.is_set():
            break
    return total


def _attempt(database: Database, sender: Sender, topic: Topic) -> int:
    """Send one batch of a topic; return how many messages left the outbox, -1 when it failed."""
    try:
        sender.find_queue(topic)
        return _relay_topic(database, sender, topic)
    except Exception as error:
        log.warning("relay_failed", topic=topic, error=repr(error))
        return -1


def _relay_topic(database: Database, sender: Sender, topic: Topic) -> int:
    with database.begin(None) as session:
        rows = take_due(session, topic, limit=BATCH)
        if not rows:
            return 0
        sent = sender.send(topic, [(row.id, envelope(row)) for row in rows])
        if sent.taken:
            delete_sent(session, sent.taken)
    RELAYED.labels(topic).inc(len(sent.taken))
    for row in rows:
        record_span(f"outbox {topic}", started_at=row.created_at, kind="producer", trace_id=row.trace_id)
        if row.id in sent.refused:
            _put_aside(database, row, sent.refused[row.id])
    if not sent.taken and not sent.refused:
        raise NothingTaken(f"the queue took none of {len(rows)} messages")
    return len(sent.taken) + len(sent.refused)


def _put_aside(database: Database, row: OutboxRow, why: str) -> None:
    """File a message that its queue never takes where a person finds it; it would hold up those behind it for ever."""
    now = datetime.now(UTC)
    said = {"reason": REFUSED, "error": f"the queue refuses this message: {why}", "attempts": "1"}
    message = DeadMessage(Topic(row.topic), message_id_of(row), envelope(row), said, receives=1, sent_at=now)
    reading = read_message(message, now=now, max_receives=1, trace_of=parse_traceparent)
    try:
        with database.begin(None) as session:
            file_letter(session, reading)
            delete_sent(session, [row.id])
    except IntegrityError:  # it names an organisation that is not there
        with database.begin(None) as session:
            file_for_operator(session, reading)
            delete_sent(session, [row.id])
    log.error("message_refused", topic=row.topic, outbox_id=row.id, error=why)


def envelope(row: OutboxRow) -> str:
    """Wrap an outbox row; a row sent twice carries the same message id. What leaves as it is has its envelope.

    Whoever wrote the row knows its form, and whoever receives it checks it: a relay that is older than both must not
    keep it back. The text is ASCII: a key may hold characters that SQS takes only in their escaped form.
    """
    if row.verbatim is not None:
        return row.verbatim
    trace = None if row.trace_id is None else traceparent(row.trace_id)
    envelope = {
        "id": message_id_of(row),
        "version": ENVELOPE_VERSION,
        "occurred_at": row.created_at.isoformat(),
        "trace": trace,
        "body": row.body,
    }
    return json.dumps(envelope)


def message_id_of(row: OutboxRow) -> str:
    """Return the id of a row's message, the same each time it is sent."""
    return str(uuid.uuid5(_NAMESPACE, f"outbox/{row.id}"))
