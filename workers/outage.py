"""What one consumer knows of an outage: whether anything works, and how long a message that met one waits. Keeps no
message itself."""

import time
from dataclasses import dataclass
from typing import Final

FIRST_PAUSE_S: Final = 1.0
MAX_PAUSE_S: Final = 30.0
# Whatever is away for longer is this message's own fault, or a person's to mend.
MAX_WAIT_S: Final = 3_600.0


@dataclass(slots=True, eq=False)
class Waiting:
    """A message that may wait; `since` is when it met an outage first, in monotonic seconds."""

    since: float | None = None
    runs: int = 0


class Outage:
    """A message that meets an outage is run again after a pause that doubles from 1 s to 30 s, for an hour at most.

    The outage `is_on` for the consumer from then until anything works: one message that alone meets it holds up no
    other.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.may_probe = False

    def may_wait(self, waiting: Waiting) -> bool:
        return waiting.since is None or time.monotonic() - waiting.since < MAX_WAIT_S

    def meet(self, waiting: Waiting) -> float:
        """Return the pause in s before the message is run again."""
        if waiting.since is None:
            waiting.since = time.monotonic()
        pause_s = min(MAX_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(waiting.runs, 10))
        waiting.runs += 1
        self.is_on = True
        return pause_s

    def note_work(self) -> None:
        """Something ended well."""
        self.is_on = False
