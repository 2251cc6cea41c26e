"""What one consumer knows of an outage: whether something that all its work needs is away, and which messages wait for
it. Keeps them; whether they are run again is the consumer's business."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FIRST_PAUSE_S: Final = 1.0
MAX_PAUSE_S: Final = 30.0
MOST_SUSPECTS: Final = 1_000


@dataclass(slots=True, eq=False)
class Waiting:
    """A message that may wait; `since` is when it met the outage first, in monotonic seconds."""

    message_id: str
    since: float | None = None


class Outage:
    """Messages that met an outage are kept, and tried again together after a pause that doubles from 1 s to 30 s.

    It is over once anything worked. A message that meets it again after others worked is suspected to be the cause
    itself: it waits no more, or it would hold up all others.
    """

    def __init__(self, *, on_retry: Callable[[], None]) -> None:
        self._on_retry = on_retry
        self._worked_at = 0.0
        self._suspects: dict[str, None] = {}
        self._is_waiting = False
        self.pause_s = 0.0
        self.may_probe = False

    def may_wait(self, waiting: Waiting) -> bool:
        """Tell whether an error that says so may be an outage for this message."""
        if waiting.since is not None and self._worked_at >= waiting.since:
            self._suspects[waiting.message_id] = None
            while len(self._suspects) > MOST_SUSPECTS:
                del self._suspects[next(iter(self._suspects))]
        return waiting.message_id not in self._suspects

    def note_work(self, message_id: str) -> None:
        """Something that needed everything ended well."""
        self.pause_s, self._worked_at = 0.0, time.monotonic()
        self._suspects.pop(message_id, None)

    def wait(self, waiting: Waiting) -> bool:
        """Have `on_retry` called when it is time to try again; True for the first message of this pause."""
        waiting.since = waiting.since or time.monotonic()
        if self._is_waiting:
            return False
        self._is_waiting = True
        self.pause_s = min(MAX_PAUSE_S, self.pause_s * 2 or FIRST_PAUSE_S)
        asyncio.get_running_loop().call_later(self.pause_s, self._retry)
        return True

    def _retry(self) -> None:
        self._is_waiting = False
        self.may_probe = True
        self._on_retry()
