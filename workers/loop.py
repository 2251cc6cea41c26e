"""The consumer loop: receive no more than can be finished in time, keep it hidden, handle it in threads, settle it.

A message is deleted only after its handler returned. While a process holds a message nobody else receives it, however
long the handler takes; a process that dies lets go of it, and the next delivery completes what it began.
"""

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import structlog
from structlog.contextvars import bind_contextvars

from domain.errors import DomainError
from domain.tracing import following, new_trace_id
from runtime.faults import is_outage
from runtime.queues import BATCH, AsyncQueue, Received
from runtime.spans import span
from runtime.tracing import parse_traceparent
from schema.enums import Topic
from schema.message_kinds import kind_of
from workers.crew import Crew
from workers.envelope import read_body
from workers.errors import MessageUnknown
from workers.loop_figures import LoopFigures
from workers.outage import Outage, Waiting
from workers.outcomes import GiveUp, Outcome, Retry, Wait, outcome_of
from workers.settling import Settler
from workers.work import Handler, Work

log = structlog.get_logger()
# So much work may lie ready beyond what is running: it covers the way to the queue and back.
PREFETCH_S: Final = 1.0
MOST_PREFETCHED: Final = 2 * BATCH
# Weight of the newest message in the mean time of a handler.
NEWEST: Final = 0.2
PAUSE_AFTER_FAULT_S: Final = 2.0
# A poll is not cut off, so a consumer that stops waits for its end.
POLL_S: Final = 5
SETTLE_TIMEOUT_S: Final = 5.0


@dataclass(slots=True, eq=False)
class Held:
    """A message that this process holds: received, and neither deleted nor given back yet.

    `fault` is what is wrong with the message itself; `hidden_until` is a time of the monotonic clock.
    """

    message: Received
    body: dict[str, Any]
    kind: str
    trace_id: UUID
    fault: MessageUnknown | None
    hidden_until: float
    waiting: Waiting = field(default_factory=Waiting)
    is_settling: bool = False
    is_given_back: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How one run of a handler ended."""

    held: Held
    error: Exception | None
    took_s: float


class Consumer:
    """Handles the messages of one queue, at most `concurrency` at a time."""

    def __init__(self, queue: AsyncQueue, topic: Topic, handler: Handler, work: Work, *, concurrency: int) -> None:
        self._queue = queue
        self._topic = topic
        self._handler = handler
        self._work = work
        self._concurrency = concurrency
        self._hide_s = work.settings.visibility_timeout_s
        self._crew = Crew(size=concurrency, name=topic.value, work=self._handle, on_done=self._end)
        self._figures = LoopFigures(topic)
        self._settler = Settler(queue, on_ended=self._let_go, expects_more=lambda: self._unfinished > 0)
        self._held: dict[str, Held] = {}
        self._unfinished = 0
        self._parked: set[Held] = set()
        self._outage = Outage()
        self._is_stopping = False
        self._mean_s: float | None = None
        self.polling_since: float | None = None
        self._changed = asyncio.Event()
        self._rng = random.Random()  # noqa: S311 - spreads retries, guards nothing

    @property
    def held(self) -> int:
        """How many messages are received and not settled."""
        return len(self._held)

    @property
    def running(self) -> int:
        """How many handlers are at work."""
        return self._crew.busy

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set; then give back what was not begun, and finish the rest within `drain_s`."""
        self._crew.start()
        self._figures.open(slots=self._concurrency, held=lambda: len(self._held), running=lambda: self._crew.busy)
        receiving = asyncio.create_task(self._keep_receiving())
        endless: list[asyncio.Future[None]] = [receiving, self._crew.broken]
        endless += [asyncio.create_task(task) for task in (self._keep_hidden(), self._settler.run())]
        stopping = asyncio.create_task(stop.wait())
        try:
            ends: set[asyncio.Future[Any]] = {stopping, *endless}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for task in endless:
                if task.done():
                    task.result()  # raises what it met, and the process starts anew
            await self._drain(receiving)
        finally:
            for task in endless:
                task.cancel()
            stopping.cancel()
            self._crew.stop()
            self._figures.open(slots=0, held=lambda: 0, running=lambda: 0)

    async def _keep_receiving(self) -> None:
        while not self._is_stopping:
            room = self._room()
            if room < 1:
                self._changed.clear()
                await self._changed.wait()
                continue
            self._outage.may_probe = False
            self.polling_since = time.monotonic()
            try:
                messages = await self._queue.receive(limit=room, hide_s=self._hide_s, wait_s=POLL_S)
            except Exception:
                log.exception("receive_failed", queue=self._topic)
                await asyncio.sleep(PAUSE_AFTER_FAULT_S)
                continue
            finally:
                self.polling_since = None
            self._figures.note_ages([time.time() - message.sent_at for message in messages])
            for message in messages:
                self._take(message)

    def _room(self) -> int:
        """Return how many messages to ask for: whole batches where they are quick, single ones where they are not.

        What is held can be finished in half the visibility timeout, as far as is known from those before. While
        something is away, or too many wait for it, one message now and then tells whether it is away for all. While
        the queue takes no deletes nothing more is received either.
        """
        most = self._concurrency + MOST_PREFETCHED
        if len(self._held) - self._unfinished - len(self._parked) > most:
            return 0
        if self._outage.is_on or len(self._parked) >= most:
            return int((self._outage.may_probe or not self._parked) and len(self._held) < 2 * most)
        prefetch = 0
        if self._mean_s is not None:
            ready_s = min(PREFETCH_S, self._hide_s / 2)
            prefetch = min(MOST_PREFETCHED, int(self._concurrency * ready_s / max(self._mean_s, 1e-6)))
        room = self._concurrency + prefetch - self._unfinished
        return room if room >= min(BATCH, prefetch // 2 or 1) else 0

    def _take(self, message: Received) -> None:
        body, fault = read_body(message.body)
        held = Held(
            message=message,
            body=body,
            kind=kind_of(body),
            trace_id=parse_traceparent(str(body.get("trace", ""))) or new_trace_id(),
            fault=fault,
            hidden_until=time.monotonic() + self._hide_s,
        )
        self._held[message.receipt] = held
        self._figures.messages(held.kind, "received").inc()
        if self._is_stopping:
            self._return(held)
        else:
            self._begin(held)

    def _begin(self, held: Held) -> None:
        self._unfinished += 1
        self._crew.submit(held)

    def _handle(self, held: Held) -> Ended:
        """Run the handler on one message, in a thread of the crew; never raises."""
        error: Exception | None = held.fault
        message = held.message
        started = time.perf_counter()
        if error is None:
            # Bound over those of the message before; nothing else runs in this thread.
            bind_contextvars(queue=self._topic, message_id=message.id, attempt=message.receives)
            with (
                following(held.trace_id),
                span(
                    f"{self._topic} {held.kind}", kind="consumer", message_id=message.id, attempt=message.receives
                ) as step,
            ):
                try:
                    self._handler(self._work, held.body)
                except Exception as raised:
                    error = raised
                    step.fail(raised)
        took_s = time.perf_counter() - started
        self._figures.handler_seconds(held.kind).observe(took_s)
        return Ended(held, error, took_s)

    def _end(self, ended: Ended) -> None:
        """Settle a message whose handler ended; on the event loop."""
        held = ended.held
        self._unfinished -= 1
        self._changed.set()
        if held.is_settling:
            return  # it was given back while it ran
        self._mean_s = ended.took_s if self._mean_s is None else (1 - NEWEST) * self._mean_s + NEWEST * ended.took_s
        outcome = outcome_of(
            ended.error,
            receives=held.message.receives,
            max_receives=self._work.settings.max_receives,
            may_wait=self._outage.may_wait(held.waiting),
            rng=self._rng,
        )
        if isinstance(outcome, Wait):
            self._park(ended)
            return
        if ended.error is None:
            self._outage.note_work()
        self._settle(ended, outcome)

    def _settle(self, ended: Ended, outcome: Outcome) -> None:
        held = ended.held
        held.is_settling = True
        match outcome:
            case Retry(pause_s):
                held.is_given_back = True
                self._settler.give_back(held.message, after_s=pause_s)
                self._figures.messages(held.kind, "retried").inc()
                self._report("message_retried", ended, pause_s=pause_s)
            case GiveUp(reason):
                self._settler.bury(held.message, outcome)
                self._figures.messages(held.kind, "dead").inc()
                self._report("message_given_up", ended, reason=reason)
            case _:
                self._settler.delete(held.message)
                self._figures.messages(held.kind, "acked").inc()

    def _park(self, ended: Ended) -> None:
        """Keep a message that met an outage, and run it again later: that costs no delivery."""
        held = ended.held
        is_first = not held.waiting.runs
        pause_s = self._outage.meet(held.waiting)
        self._parked.add(held)
        asyncio.get_running_loop().call_later(pause_s, self._unpark, held)
        if is_first:
            self._report("work_waits_for_outage", ended, pause_s=pause_s)

    def _unpark(self, held: Held) -> None:
        self._parked.discard(held)
        if not held.is_settling:
            self._begin(held)
        self._outage.may_probe = True
        self._changed.set()

    async def _keep_hidden(self) -> None:
        """Move the end of the visibility timeout of whatever is held, long before it comes."""
        while True:
            await asyncio.sleep(self._hide_s / 4)
            late = time.monotonic() + self._hide_s / 2
            due = [held for held in self._held.values() if held.hidden_until < late and not held.is_given_back]
            await asyncio.gather(*(self._hide(due[first : first + BATCH]) for first in range(0, len(due), BATCH)))

    async def _hide(self, batch: list[Held]) -> None:
        until = time.monotonic() + self._hide_s
        try:
            # A request that hangs must not outlast what it would have moved.
            async with asyncio.timeout(self._hide_s / 8):
                refused = await self._queue.hide([(held.message, self._hide_s) for held in batch])
        except Exception as error:
            log.warning("heartbeat_failed", queue=self._topic, messages=len(batch), error=repr(error))
            return
        lost = {message.receipt for message in refused}
        for held in batch:
            if held.message.receipt not in lost:
                held.hidden_until = until
            elif not held.is_settling:  # the next beat tries again
                log.warning("message_not_hidden", queue=self._topic, message_id=held.message.id)

    async def _drain(self, receiving: asyncio.Future[None]) -> None:
        """Hand back what was not begun at once, what runs for too long at the end of `drain_s`.

        But first the poll under way has to end: SQS may give messages to one that was abandoned, those handed back
        before all others, and hides them with nobody to handle them.
        """
        deadline = asyncio.get_running_loop().time() + self._work.settings.drain_s
        unbegun = self._crew.withdraw()
        self._unfinished -= len(unbegun)
        self._is_stopping = True
        self._changed.set()
        await asyncio.wait({receiving}, timeout=POLL_S + SETTLE_TIMEOUT_S)
        receiving.cancel()
        for held in [*unbegun, *self._parked]:
            self._return(held)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                while self._unfinished:
                    self._changed.clear()
                    await self._changed.wait()
        for held in [held for held in self._held.values() if not held.is_settling]:
            log.warning("message_handed_back", queue=self._topic, message_id=held.message.id)
            self._return(held)
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_TIMEOUT_S):
                await self._settler.drained()

    def _return(self, held: Held) -> None:
        held.is_settling = held.is_given_back = True
        self._settler.give_back(held.message, after_s=0)
        self._figures.messages(held.kind, "returned").inc()

    def _let_go(self, message: Received) -> None:
        if self._held.pop(message.receipt, None) is not None:
            self._changed.set()

    def _report(self, event: str, ended: Ended, **facts: object) -> None:
        held, error = ended.held, ended.error
        expected = isinstance(error, DomainError) or is_outage(error)
        with following(held.trace_id):
            log.warning(
                event,
                queue=self._topic,
                type=held.kind,
                message_id=held.message.id,
                attempt=held.message.receives,
                error=repr(error),
                exc_info=None if expected else error,
                **facts,
            )
