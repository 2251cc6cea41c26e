"""Keeps a row for the one worker that has it in hand: what is held is renewed, and ends by itself soon after its worker
died. Knows no table."""

import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

import structlog
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger()

# Given until when the row is held, and for how long from now it shall be: until when it is now, None when it is lost.
Extend = Callable[[datetime, float], datetime | None]


class Hold(threading.Thread):
    """Renews a hold, taken for `for_s`, while the block runs; then leaves the row to the next message at once."""

    def __init__(self, extend: Extend, held_until: datetime, *, for_s: float, renew_every_s: float, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._extend = extend
        self._held_until: datetime | None = held_until
        self._for_s = for_s
        self._renew_every_s = renew_every_s
        self._ended = threading.Event()

    def run(self) -> None:
        while self._held_until is not None and not self._ended.wait(self._renew_every_s):
            self._renew(self._held_until, self._for_s)

    def __enter__(self) -> None:
        self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self.join()
        if self._held_until is not None:
            self._renew(self._held_until, 0.0)

    def _renew(self, held_until: datetime, for_s: float) -> None:
        try:
            self._held_until = self._extend(held_until, for_s)
        except SQLAlchemyError as error:  # the next turn tries again; else the hold ends by itself
            log.warning("not_held", held=self.name, error=repr(error))
