"""The state sweep on its clock: rows that wait too long for a message, and seats whose lease ran out."""

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Final

import structlog

from domain.assignment.queries.ending import end_expired_leases, hand_on_left_work
from domain.assignment.queries.leased import expire_seats
from domain.outbox.queries import list_due_topics
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
# SQS' counts may be this old.
QUIET_S: Final = 120.0
# An outbox whose oldest message has been due for longer does not move.
STANDSTILL_S: Final = 30.0


@dataclass
class Traffic:
    """Which topics had messages on their way lately, as far as outbox and queue tell.

    SQS counts roughly and late: a topic counts as quiet only once nothing was seen of it for `quiet_s`.
    """

    quiet_s: float = 0.0
    seen_at: dict[Topic, float] = field(default_factory=dict)

    def note(self, topic: Topic, messages: int) -> int:
        """Return how many messages are on their way, at least one while the topic is not quiet."""
        now = time.monotonic()
        if messages:
            self.seen_at[topic] = now
        is_quiet = now - self.seen_at.get(topic, -math.inf) >= self.quiet_s
        return messages if messages or is_quiet else 1


def run_sweeps(relay: Database, sender: Sender, settings: Settings, stop: Event) -> None:
    """Sweep states until `stop` is set; a fault is logged and the next turn tries again."""
    _show_all_figures()
    traffic = Traffic(quiet_s=QUIET_S)
    while not stop.wait(settings.state_sweep_interval_s):
        sweep_once(relay, sender, settings, traffic)


def sweep_once(relay: Database, sender: Sender, settings: Settings, traffic: Traffic | None = None) -> None:
    """Make one pass over all kinds, each step in a transaction of its own; a fault of one kind holds up no other."""
    traffic = traffic or Traffic()
    resent: Counter[str] = Counter()
    ended_well = True
    for kind in STUCK_KINDS:
        try:
            resent[kind.name] += _sweep_kind(relay, sender, kind, settings, traffic)
        except Exception as error:
            log.warning("sweep_failed", state=kind.name, error=repr(error))
            ended_well = False
    expired = 0
    try:
        expired = _expire(relay)
        _repeat(relay, end_expired_leases)
        _repeat(relay, hand_on_left_work)
    except Exception as error:
        log.warning("sweep_failed", state="seat", error=repr(error))
        ended_well = False
    if ended_well:
        SWEPT.labels("state").set_to_current_time()
    if expired or resent.total():
        log.info("states_swept", resent=dict(+resent), expired=expired)


def _sweep_kind(relay: Database, sender: Sender, kind: StuckKind, settings: Settings, traffic: Traffic) -> int:
    total = 0
    topic = Topic(kind.topic)
    for _ in range(MOST_STEPS):
        # First the outbox, then the queue: what moves from one to the other in between is seen at least once.
        with relay.begin(None) as session:
            due_s = list_due_topics(session).get(topic)
        on_the_way = traffic.note(topic, int(due_s is not None) + _count(sender, topic))
        if due_s is not None and due_s > max(settings.state_deadline_s, STANDSTILL_S):
            return total  # nothing leaves: to announce it again would only count against the rows
        with relay.begin(None) as session:
            swept = sweep_rows(
                session,
                kind,
                on_the_way=on_the_way,
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


def _show_all_figures() -> None:
    """Show every figure from the start: a counter that appears with its first value never grew, for who watches it."""
    SWEPT.labels("state").set_to_current_time()
    SWEPT.labels("reconcile").set_to_current_time()
    for kind in STUCK_KINDS:
        RESENT.labels(kind.name).inc(0)
        GIVEN_UP.labels(kind.name).inc(0)


def _expire(relay: Database) -> int:
    expired = _repeat(relay, expire_seats)
    LEASES_EXPIRED.inc(expired)
    return expired


def _repeat(relay: Database, step: Callable[..., int]) -> int:
    """Take a step, in a transaction each time, until nothing is left for it; return how much it did."""
    total = 0
    for _ in range(MOST_STEPS):
        with relay.begin(None) as session:
            done = step(session, limit=BATCH)
        total += done
        if done < BATCH:
            break
    return total


def _count(sender: Sender, topic: Topic) -> int:
    """Return how many messages the queue holds; one that does not answer may hold some."""
    try:
        return sender.count(topic)
    except AWS_ERRORS as error:
        log.warning("queue_not_counted", topic=topic, error=repr(error))
        return 1
