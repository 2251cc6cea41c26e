"""The state sweep on its clock: rows that wait too long for a message, and seats whose lease ran out."""

from collections import Counter
from collections.abc import Mapping
from threading import Event
from typing import Final

import structlog

from domain.assignment.queries.leased import expire_seats
from domain.sweeps.service import BATCH, STUCK_KINDS, StuckKind, sweep_rows
from runtime.aws import AWS_ERRORS
from runtime.database import Database
from runtime.metrics import GIVEN_UP, LEASES_EXPIRED, RESENT, SWEPT
from runtime.queues import Sender
from runtime.settings import Settings
from schema.enums import Topic

log = structlog.get_logger()
# Steps of one kind in a pass: what is more waits for the next, so that no kind keeps the others waiting.
MOST_STEPS: Final = 10
# Given-up rows that a line of the log names.
MOST_NAMED: Final = 20


def run_sweeps(relay: Database, sender: Sender, settings: Settings, stop: Event) -> None:
    """Sweep states until `stop` is set; a fault is logged and the next turn tries again."""
    while not stop.wait(settings.state_sweep_interval_s):
        sweep_once(relay, sender, settings)


def sweep_once(relay: Database, sender: Sender, settings: Settings) -> None:
    """Make one pass over all kinds, each step in a transaction of its own; a fault of one kind holds up no other."""
    queued = {topic: _count(sender, topic) for topic in Topic}
    resent: Counter[str] = Counter()
    ended_well = True
    for kind in STUCK_KINDS:
        try:
            resent[kind.name] += _sweep_kind(relay, kind, settings, queued)
        except Exception as error:
            log.warning("sweep_failed", state=kind.name, error=repr(error))
            ended_well = False
    expired = 0
    try:
        expired = _expire(relay)
    except Exception as error:
        log.warning("sweep_failed", state="seat", error=repr(error))
        ended_well = False
    if ended_well:
        SWEPT.labels("state").set_to_current_time()
    if expired or resent.total():
        log.info("states_swept", resent=dict(+resent), expired=expired)


def _sweep_kind(relay: Database, kind: StuckKind, settings: Settings, queued: Mapping[Topic, int]) -> int:
    total = 0
    for _ in range(MOST_STEPS):
        with relay.begin(None) as session:
            swept = sweep_rows(
                session,
                kind,
                queued=queued[Topic(kind.topic)],
                deadline_s=settings.state_deadline_s,
                max_resends=settings.max_resends,
            )
        total += swept.resent
        RESENT.labels(kind.name).inc(swept.resent)
        GIVEN_UP.labels(kind.name).inc(len(swept.given_up))
        if swept.given_up:
            log.warning("rows_given_up", state=kind.name, rows=len(swept.given_up), ids=swept.given_up[:MOST_NAMED])
        if not swept.may_be_more:
            break
    return total


def _expire(relay: Database) -> int:
    total = 0
    for _ in range(MOST_STEPS):
        with relay.begin(None) as session:
            expired = expire_seats(session, limit=BATCH)
        total += expired
        LEASES_EXPIRED.inc(expired)
        if expired < BATCH:
            break
    return total


def _count(sender: Sender, topic: Topic) -> int:
    """Return how many messages the queue holds; one that does not answer may hold some."""
    try:
        return sender.count(topic)
    except AWS_ERRORS as error:
        log.warning("queue_not_counted", topic=topic, error=repr(error))
        return 1
