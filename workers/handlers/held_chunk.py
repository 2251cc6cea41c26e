"""Keeps a chunk of a run for the one worker that computes it: a second message starts nothing beside it.

The state sweep passes over what is held.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from domain.runs.service import claim_chunk, extend_claim, is_waiting
from schema.messages import ChunkMessage
from workers.handlers.hold import Hold
from workers.inference.course import Course
from workers.work import Work, client_scope

# At most, and never more than half of what hides a message: whoever gets a dead worker's message finds its chunk free.
HOLD_S: Final = 30.0
# Of a hold: it is renewed so often.
_RENEWED: Final = 0.25
# Of a hold: a message may come back while its worker, told to go, still lives and renews once more.
_WAITED: Final = 1.5


@contextmanager
def held(work: Work, message: ChunkMessage, course: Course) -> Iterator[bool]:
    """Hold a chunk while the block runs; yield False when it waits no more, or another worker has it.

    The course stops when the chunk is lost: its run was paused or cancelled, or an outage outlasted the hold.
    """
    for_s = min(HOLD_S, work.settings.visibility_timeout_s / 2)
    held_until = _claim(work, message, for_s=for_s)
    if held_until is None:
        yield False
        return

    def extend(held_until: datetime, for_s: float) -> datetime | None:
        with work.database.begin(client_scope(message.client_org)) as session:
            extended = extend_claim(
                session,
                message.chunk_id,
                held_until=held_until,
                for_s=for_s,
                has_progressed=course.take_progress(),
            )
        if extended is None:
            course.stop()
        return extended

    with Hold(extend, held_until, for_s=for_s, renew_every_s=_RENEWED * for_s, name=f"chunk-{message.chunk_id}"):
        yield True


def _claim(work: Work, message: ChunkMessage, *, for_s: float) -> datetime | None:
    """Claim a chunk; waits for one that another worker holds, as long as that one may be dead.

    One that is held on has a worker that lives: its own message, or the sweep, brings the chunk back should that die.
    """
    deadline = time.monotonic() + _WAITED * for_s
    while True:
        with work.database.begin(client_scope(message.client_org)) as session:
            held_until = claim_chunk(session, message.chunk_id, for_s=for_s)
            is_left = held_until is None and is_waiting(session, message.chunk_id)
        if not is_left or time.monotonic() > deadline:
            return held_until
        time.sleep(_RENEWED * for_s)
