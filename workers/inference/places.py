"""Who may have a model loaded: a bounded number of holders, the one unused longest makes place for another."""

import threading
import time
from collections import deque
from typing import Final, Protocol

_LOOK_S: Final = 0.5


class Holder(Protocol):
    """What holds a place, or wants one. `idle_since` is None while it has work."""

    @property
    def idle_since(self) -> float | None: ...

    def wake(self) -> None:
        """Look whether it should make place."""


class Places:
    """`count` places. Who wants one waits until an idle holder yields; a busy one does at the end of its turn.

    Holders yield by themselves: each asks `should_yield` whenever it was woken, and once in a while.
    """

    def __init__(self, count: int, *, turn_s: float) -> None:
        self._count = count
        self._turn_s = turn_s
        self._changed = threading.Condition()
        self._held: dict[Holder, float | None] = {}
        self._wanting: deque[Holder] = deque()
        self._is_closed = False

    def take(self, holder: Holder) -> bool:
        """Wait for a place, first come, first served; False when there are none any more."""
        with self._changed:
            self._wanting.append(holder)
            while not self._is_closed and (self._wanting[0] is not holder or len(self._held) >= self._count):
                for other in self._held:
                    other.wake()
                self._changed.wait(_LOOK_S)
            self._wanting.remove(holder)
            self._changed.notify_all()
            if not self._is_closed:
                self._held[holder] = None
            return not self._is_closed

    def note_progress(self, holder: Holder) -> None:
        """Note that the holder has got something done: from the first time on its turn runs, so that all get on."""
        with self._changed:
            if holder in self._held and self._held[holder] is None:
                self._held[holder] = time.monotonic()

    def close(self) -> None:
        """Give nobody a place any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def give_back(self, holder: Holder) -> None:
        with self._changed:
            self._held.pop(holder, None)
            self._changed.notify_all()

    def should_yield(self, holder: Holder) -> bool:
        """Tell whether this holder is the one that should make place now."""
        with self._changed:
            if holder not in self._held or len(self._wanting) == 0 or len(self._held) < self._count:
                return False
            idle = {other: since for other in self._held if (since := other.idle_since) is not None}
            if idle:
                return min(idle, key=idle.__getitem__) is holder
            since = self._held[holder]
            if since is None or time.monotonic() - since < self._turn_s:
                return False
            return since == min(other for other in self._held.values() if other is not None)
