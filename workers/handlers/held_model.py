"""Keeps a model version for the one worker that looks at it: a second message starts nothing beside it.

What is held ends by itself soon after its worker died. The state sweep passes over it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from domain.models.queries import UploadedRow
from domain.models.service import claim_version, extend_claim
from workers.handlers.hold import Hold
from workers.work import Work, client_scope

# Less than half of what hides a message by default: whoever gets a dead worker's message finds its version free.
HOLD_S: Final = 30.0
RENEW_EVERY_S: Final = 8.0


@contextmanager
def held(work: Work, row: UploadedRow) -> Iterator[bool]:
    """Hold a version while the block runs; yield False when another worker has it.

    One that was lost, to an outage above all, is looked at to the end all the same: whoever is first decides.
    """
    with work.database.begin(client_scope(row.client_org)) as session:
        held_until = claim_version(session, row, for_s=HOLD_S)
    if held_until is None:
        yield False
        return

    def extend(held_until: datetime, for_s: float) -> datetime | None:
        with work.database.begin(client_scope(row.client_org)) as session:
            return extend_claim(session, row, held_until=held_until, for_s=for_s)

    with Hold(extend, held_until, for_s=HOLD_S, renew_every_s=RENEW_EVERY_S, name=f"model-version-{row.id}"):
        yield True
