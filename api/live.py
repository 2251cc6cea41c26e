"""Live counts: one poller a process reads what is watched, and hands what changed to everyone who watches it.

A watcher holds neither thread nor connection while it waits, and no more than the newest reading: a slow one misses
readings instead of piling them up.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context as Variables
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

import structlog
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import DomainError, Unavailable
from domain.scope import Actor, Scope

MAX_WATCHERS = 2_000
# Many watchers of one project are woken a few at a time, so that whoever claims work in between does not wait for all.
WAKE_TOGETHER = 10
WAKE_PAUSE_S = 0.005
MAX_REST_S = 60.0

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things happen on a stream. A reading is repeated after `interval_s`, or `rest` times what it took."""

    interval_s: float = 1.0
    rest: float = 5.0
    keep_alive_s: float = 15.0
    recheck_s: float = 30.0
    slow_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Topic:
    """A project as one tenant sees it: the same for every member of the scope. `actor` is any of those who may read."""

    project_id: int
    scope: Scope
    actor: Actor = field(compare=False)


class Watcher:
    """One reader of a topic."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._newest: bytes | None = None
        self.over = False

    def tell(self, event: bytes) -> None:
        self._newest = event
        self._news.set()

    def end(self) -> None:
        self.over = True
        self._news.set()

    async def wait(self, timeout_s: float) -> bytes | None:
        """Return the newest event that was not returned before; None when none comes in time, or ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        event, self._newest = self._newest, None
        if not self.over:
            self._news.clear()
        return event


@dataclass(eq=False, slots=True)
class _Watched:
    """A topic's newest reading, when the next is due, and who waits for it."""

    due: float = 0.0
    number: int = 0
    reading: str | None = None
    event: bytes = b""
    watchers: set[Watcher] = field(default_factory=set)


class LiveCounts:
    """The watched topics of a process. `read` is called in a thread, one at a time, and returns JSON."""

    def __init__(self, read: Callable[[Topic], str], pace: Pace) -> None:
        self.pace = pace
        self._read = read
        self._watched: dict[Topic, _Watched] = {}
        self._turn = asyncio.Lock()
        self._new_topic = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None
        self._closed = False

    def check_room(self) -> None:
        """Raise Unavailable when this process stops or has watchers enough."""
        if self._closed or sum(len(w.watchers) for w in self._watched.values()) >= MAX_WATCHERS:
            raise Unavailable("there is no room for another stream here; read the counts instead", part="events")

    @contextmanager
    def watch(self, topic: Topic) -> Iterator[Watcher]:
        """Tell the watcher the newest reading, then each that differs, until the block ends."""
        watcher = Watcher()
        watched = self._watched.setdefault(topic, _Watched())
        watched.watchers.add(watcher)
        if watched.reading is not None:
            watcher.tell(watched.event)
        if self._closed:
            watcher.end()
        else:
            self._start()
        try:
            yield watcher
        finally:
            watched.watchers.discard(watcher)
            if not watched.watchers:
                del self._watched[topic]

    async def run_in_turn(self, work: Callable[[], Answer]) -> Answer:
        """Run in a thread what asks the database; all that streams cause goes one after another."""
        async with self._turn:
            return await run_in_threadpool(work)

    def close(self) -> None:
        """End every stream and read nothing more."""
        self._closed = True
        self._end_all()
        if self._poller is not None:
            self._poller.cancel()

    async def wait_closed(self) -> None:
        self.close()
        if self._poller is not None:
            await asyncio.wait([self._poller])

    def _start(self) -> None:
        self._new_topic.set()
        if self._poller is None or self._poller.done():
            # What is bound to the request that comes first is not the poller's.
            self._poller = asyncio.get_running_loop().create_task(self._poll(), context=Variables())

    async def _poll(self) -> None:
        try:
            while self._watched:
                topic, watched = min(self._watched.items(), key=lambda entry: entry[1].due)
                rest_s = watched.due - monotonic()
                if rest_s > 0:
                    await self._sleep(rest_s)
                else:
                    await self._refresh(topic, watched)
        finally:
            self._end_all()  # without a poller nobody may believe that nothing changes

    async def _sleep(self, timeout_s: float) -> None:
        """Sleep until something is due, or a new topic came."""
        self._new_topic.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._new_topic.wait()

    async def _refresh(self, topic: Topic, watched: _Watched) -> None:
        start = monotonic()
        reading = None
        try:
            reading = await self.run_in_turn(lambda: self._read(topic))
        except (DomainError, SQLAlchemyError) as error:  # the watchers' own checks find out what it means for them
            structlog.get_logger().warning(
                "live_counts_failed", project_id=topic.project_id, error=str(getattr(error, "orig", error))
            )
        end = monotonic()
        watched.due = end + max(self.pace.interval_s, min(self.pace.rest * (end - start), MAX_REST_S))
        if reading is not None and reading != watched.reading:
            watched.number += 1
            watched.reading = reading
            watched.event = f"id: {watched.number}\nevent: progress\ndata: {reading}\n\n".encode()
            await self._tell_all(watched)

    async def _tell_all(self, watched: _Watched) -> None:
        for number, watcher in enumerate(tuple(watched.watchers), start=1):
            watcher.tell(watched.event)
            if number % WAKE_TOGETHER == 0:
                await asyncio.sleep(WAKE_PAUSE_S)

    def _end_all(self) -> None:
        for watched in self._watched.values():
            for watcher in watched.watchers:
                watcher.end()
