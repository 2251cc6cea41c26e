"""Ends held messages at their queue in batches: deletes, gives back, buries. What SQS does not take is tried again for
a while; then the message comes back by itself, which costs a repeat and loses nothing."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from runtime.queues import BATCH, AsyncQueue, Received
from workers.outcomes import GiveUp

log = structlog.get_logger()
# A batch that is not full waits this long for more, while more is being worked on.
LINGER_S: Final = 0.02
PAUSE_AFTER_FAULT_S: Final = 1.0
PAUSE_AFTER_REFUSAL_S: Final = 0.2
MOST_TRIES: Final = 5
# A request that hangs must not hold up those behind it.
CALL_TIMEOUT_S: Final = 15.0


@dataclass(slots=True, eq=False)
class Ending:
    """A message on its way out: deleted, or hidden for `hide_s` and left to others."""

    message: Received
    hide_s: int | None = None
    tries: int = 0


class Settler:
    """Sends endings one batch after the other. `on_ended` gets each message that is no longer this process' own."""

    def __init__(
        self, queue: AsyncQueue, *, on_ended: Callable[[Received], None], expects_more: Callable[[], bool]
    ) -> None:
        self._queue = queue
        self._on_ended = on_ended
        self._expects_more = expects_more
        self._deletes: deque[Ending] = deque()
        self._hides: deque[Ending] = deque()
        self._burying: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def delete(self, message: Received) -> None:
        self._deletes.append(Ending(message))
        self._stir()

    def give_back(self, message: Received, *, after_s: int) -> None:
        self._hides.append(Ending(message, after_s))
        self._stir()

    def bury(self, message: Received, why: GiveUp) -> None:
        """Send a message to the dead-letter queue, then delete it; a queue that refuses it holds up nothing else."""
        self._idle.clear()
        burying = asyncio.create_task(self._bury(Ending(message), why))
        self._burying.add(burying)
        burying.add_done_callback(self._end_burying)

    def _end_burying(self, burying: asyncio.Task[None]) -> None:
        self._burying.discard(burying)
        if not burying.cancelled():
            self._fault = burying.exception()
        self._stir()

    async def drained(self) -> None:
        """Return when nothing is left to be sent."""
        while self._burying:
            await asyncio.wait(self._burying)
        await self._idle.wait()

    async def run(self) -> None:
        """Send what comes, until cancelled."""
        while True:
            await self._wake.wait()
            if self._fault is not None:
                raise self._fault
            if len(self._deletes) < BATCH and not self._hides and self._expects_more():
                await asyncio.sleep(LINGER_S)
            self._wake.clear()
            while self._deletes or self._hides:
                await self._send_once()
            if not self._burying:
                self._idle.set()

    def _stir(self) -> None:
        self._idle.clear()
        self._wake.set()

    async def _send_once(self) -> None:
        if self._hides:
            await self._send_batch(self._hides)
        if self._deletes:
            await self._send_batch(self._deletes)

    async def _send_batch(self, endings: deque[Ending]) -> None:
        batch = [endings.popleft() for _ in range(min(BATCH, len(endings)))]
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                if batch[0].hide_s is None:
                    failed = await self._queue.delete([ending.message for ending in batch])
                else:
                    failed = await self._queue.hide([(ending.message, ending.hide_s or 0) for ending in batch])
        except Exception as error:
            log.warning("settling_failed", messages=len(batch), error=repr(error))
            self._again(endings, batch)
            await asyncio.sleep(PAUSE_AFTER_FAULT_S)
            return
        lost = {message.receipt for message in failed}
        for ending in batch:
            if ending.message.receipt not in lost:
                self._on_ended(ending.message)
        if lost:
            log.warning("messages_not_settled", messages=len(lost))
            self._again(endings, [ending for ending in batch if ending.message.receipt in lost])
            await asyncio.sleep(PAUSE_AFTER_REFUSAL_S)

    async def _bury(self, ending: Ending, why: GiveUp) -> None:
        for number in range(1, MOST_TRIES + 1):
            try:
                async with asyncio.timeout(CALL_TIMEOUT_S):
                    await self._queue.bury(ending.message, reason=why.reason, error=why.error)
            except Exception as error:
                log.warning("burying_failed", message_id=ending.message.id, error=repr(error))
                if number < MOST_TRIES:
                    await asyncio.sleep(PAUSE_AFTER_FAULT_S)
                continue
            self._deletes.append(ending)
            break
        else:
            self._on_ended(ending.message)  # it comes back, and meets its end then

    def _again(self, endings: deque[Ending], batch: list[Ending]) -> None:
        for ending in batch:
            ending.tries += 1
            if ending.tries < MOST_TRIES:
                endings.append(ending)
            else:
                self._on_ended(ending.message)
