"""The metrics of one consumer. Children are looked up once: the look-up costs more than the counting."""

from collections.abc import Callable, Sequence
from functools import cache

from prometheus_client import Counter, Histogram

from runtime.metrics import (
    HANDLER_SECONDS,
    HELD,
    IN_FLIGHT,
    MESSAGE_AGE,
    MESSAGES,
    OLDEST_MESSAGE,
    WORKER_SLOTS,
)
from schema.enums import Topic


class LoopFigures:
    """What one queue's consumer counts; its labels are bounded by kinds and outcomes."""

    def __init__(self, topic: Topic) -> None:
        self._queue = topic.value
        self._age = MESSAGE_AGE.labels(self._queue)
        self._oldest = OLDEST_MESSAGE.labels(self._queue)
        self.messages = cache(self._messages)
        self.handler_seconds = cache(self._handler_seconds)

    def open(self, *, slots: int, held: Callable[[], int], running: Callable[[], int]) -> None:
        """Say how many messages may be handled at a time, and where those that are held and handled are counted."""
        WORKER_SLOTS.labels(self._queue).set(slots)
        HELD.labels(self._queue).set_function(held)
        IN_FLIGHT.labels(self._queue).set_function(running)

    def note_ages(self, ages_s: Sequence[float]) -> None:
        """Keep the ages of the messages of one receive; clocks may differ, so none is below zero."""
        self._oldest.set(max(0.0, *ages_s) if ages_s else 0.0)
        for age_s in ages_s:
            self._age.observe(max(0.0, age_s))

    def _messages(self, kind: str, outcome: str) -> Counter:
        return MESSAGES.labels(self._queue, kind, outcome)

    def _handler_seconds(self, kind: str) -> Histogram:
        return HANDLER_SECONDS.labels(self._queue, kind)
