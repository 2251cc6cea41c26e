"""What lies in the queues and waits in the tables, told every ten seconds by the process that always runs: with no
worker there is nobody else to say that one is needed."""

import time
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

import structlog

from domain.backlog.queries import list_oldest_waits
from domain.backlog.rules import Counted, Pace, backlog_s, measure
from runtime.database import Database
from runtime.dead_letters import Depth
from runtime.metrics import BACKLOG_S, OLDEST_WAITING_S, QUEUE_MESSAGES, SWEPT
from schema.enums import Topic

log = structlog.get_logger()
SAMPLE_S = 10.0


class Counter(Protocol):
    """Counts queues."""

    def count(self, topic: Topic) -> Depth:
        """Return about how many messages a queue holds."""


@dataclass
class Depths:
    """Reads the figures; remembers of each queue only what its pace is measured by."""

    relay: Database
    queues: Counter
    deadline_s: float
    _paces: dict[Topic, Pace] = field(default_factory=dict)
    _before: dict[Topic, Counted] = field(default_factory=dict)

    def run(self, stop: Event) -> None:
        """Read until `stop` is set; what cannot be read keeps its last value, and the age of all tells."""
        while not stop.is_set():
            try:
                self.sample()
            except Exception as error:
                log.warning("depths_not_read", error=repr(error))
            stop.wait(SAMPLE_S)

    def sample(self) -> None:
        with self.relay.begin(None) as session:
            waits = list_oldest_waits(session, deadline_s=self.deadline_s)
        for state, age_s in waits.items():
            OLDEST_WAITING_S.labels(state).set(age_s)
        for topic in Topic:
            self._sample_queue(topic)
        SWEPT.labels("depths").set_to_current_time()

    def _sample_queue(self, topic: Topic) -> None:
        depth = self.queues.count(topic)
        now = Counted(time.monotonic(), depth.waiting, depth.in_flight)
        pace = self._paces.get(topic, Pace())
        if topic in self._before:
            pace = measure(pace, self._before[topic], now)
        self._paces[topic], self._before[topic] = pace, now
        QUEUE_MESSAGES.labels(topic, "waiting").set(depth.waiting)
        QUEUE_MESSAGES.labels(topic, "in_flight").set(depth.in_flight)
        QUEUE_MESSAGES.labels(topic, "delayed").set(depth.delayed)
        QUEUE_MESSAGES.labels(topic, "dead").set(depth.dead)
        BACKLOG_S.labels(topic).set(backlog_s(topic, depth.waiting, pace))
