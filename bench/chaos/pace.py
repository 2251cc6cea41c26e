"""Keeps pictures arriving while processes die: neither the uploads nor the kills run ahead of the other."""

import threading
import time
from collections.abc import Callable
from random import Random
from typing import Final

POLL_S: Final = 0.05
# The last blows fall when everything is uploaded and the people are still at work.
LAST_BLOWS: Final = 4
# How many blows the uploads may be ahead.
AHEAD: Final = 2
GAP_S: Final = (0.5, 2.5)


class Pace:
    """Says whose turn it is. Blow k falls once that share of the uploads is done, and uploads wait for the blows."""

    def __init__(self, *, steps: int, blows: int, seed: int, stop: threading.Event) -> None:
        self._steps = max(1, steps)
        self._beside = max(1, blows - LAST_BLOWS)
        self._random = Random(seed)
        self._stop = stop
        self._sent = 0
        self._dealt = 0

    def wait_to_send(self, number: int) -> None:
        """Return when the step of that number may be sent."""
        self._sent = number
        self._wait(lambda: number / self._steps <= (self._dealt + AHEAD) / self._beside)

    def wait_to_strike(self, number: int) -> None:
        """Return when the blow of that number may fall: in its place, and some time after the one before."""
        self._dealt = number
        self._wait(lambda: self._sent / self._steps >= min(1.0, number / self._beside))
        if number:
            self._pause(self._random.uniform(*GAP_S))

    def _wait(self, may_go_on: Callable[[], bool]) -> None:
        while not may_go_on() and not self._stop.is_set():
            time.sleep(POLL_S)

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)
