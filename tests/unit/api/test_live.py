"""Live counts without a database: who is told what, and when."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy.exc import OperationalError
from starlette.types import Message

from api import live
from api.event_stream import EventStream
from api.live import LiveCounts, Pace, Topic
from domain.errors import Unavailable
from domain.scope import Actor
from schema.enums import Role

ACTOR = Actor(member_id=12, organisation_id=2, kind="vendor", role=Role.MANAGER, projects=(7,))
PACE = Pace(interval_s=0.005, keep_alive_s=1, recheck_s=60, slow_s=0.05)
TOPIC = Topic(7, ACTOR.scope, ACTOR)
PATIENCE_S = 5.0


class Counts:
    """Readings that the test sets; counts how often and how many at once they are read."""

    def __init__(self) -> None:
        self.reading = '{"open": 1}'
        self.failure: Exception | None = None
        self.read = 0
        self.most_at_once = 0
        self._running = 0
        self._lock = threading.Lock()

    def __call__(self, topic: Topic) -> str:
        with self._lock:
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
            self.read += 1
        with self._lock:
            self._running -= 1
        if self.failure:
            raise self.failure
        return self.reading


def run(story: Callable[[LiveCounts, Counts], Awaitable[None]], pace: Pace = PACE) -> None:
    """Play a story on a fresh hub, and stop the hub after it."""

    async def play() -> None:
        counts = Counts()
        hub = LiveCounts(counts, pace)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await story(hub, counts)
        finally:
            await hub.wait_closed()

    asyncio.run(play())


def test_first_watcher_is_told_the_counts() -> None:
    async def story(hub: LiveCounts, _: Counts) -> None:
        with hub.watch(TOPIC) as watcher:
            assert await watcher.wait(1) == b'id: 1\nevent: progress\ndata: {"open": 1}\n\n'

    run(story)


def test_later_watcher_is_told_the_newest_reading_at_once() -> None:
    async def story(hub: LiveCounts, counts: Counts) -> None:
        with hub.watch(TOPIC) as first:
            await first.wait(1)
            counts.failure = OperationalError("", {}, Exception("away"))
            with hub.watch(TOPIC) as second:
                assert await second.wait(1) is not None

    run(story)


def test_unchanged_counts_are_not_told_again() -> None:
    async def story(hub: LiveCounts, counts: Counts) -> None:
        with hub.watch(TOPIC) as watcher:
            await watcher.wait(1)
            read = counts.read
            assert await watcher.wait(0.1) is None
            assert counts.read > read

    run(story)


def test_changed_counts_are_told_to_every_watcher() -> None:
    async def story(hub: LiveCounts, counts: Counts) -> None:
        with watching(hub, 25) as watchers:
            for watcher in watchers:
                await watcher.wait(1)
            counts.reading = '{"open": 2}'
            told = [await watcher.wait(1) for watcher in watchers]
            assert told == [b'id: 2\nevent: progress\ndata: {"open": 2}\n\n'] * 25

    run(story)


def test_slow_watcher_gets_only_the_newest_reading() -> None:
    async def story(hub: LiveCounts, counts: Counts) -> None:
        with hub.watch(TOPIC) as slow, hub.watch(TOPIC) as quick:
            await slow.wait(1)
            await quick.wait(1)
            for number in (2, 3, 4):
                counts.reading = f'{{"open": {number}}}'
                await quick.wait(1)
            assert b'"open": 4' in (await slow.wait(1) or b"")
            assert await slow.wait(0.02) is None

    run(story)


def test_many_watchers_of_many_topics_read_one_at_a_time() -> None:
    async def story(hub: LiveCounts, counts: Counts) -> None:
        with watching(hub, 20, topics=10) as watchers:
            await asyncio.gather(*(watcher.wait(1) for watcher in watchers))
        assert counts.most_at_once == 1
        assert counts.read < 60

    run(story)


def test_nothing_is_read_when_nobody_watches() -> None:
    async def story(hub: LiveCounts, counts: Counts) -> None:
        with hub.watch(TOPIC) as watcher:
            await watcher.wait(1)
        await asyncio.sleep(0.05)
        read = counts.read
        await asyncio.sleep(0.05)
        assert counts.read == read

    run(story)


def test_watching_goes_on_after_everybody_had_left() -> None:
    async def story(hub: LiveCounts, counts: Counts) -> None:
        with hub.watch(TOPIC) as watcher:
            await watcher.wait(1)
        await asyncio.sleep(0.02)
        with hub.watch(TOPIC) as watcher:
            assert await watcher.wait(1) is not None

    run(story)


def test_failed_reading_is_tried_again() -> None:
    async def story(hub: LiveCounts, counts: Counts) -> None:
        counts.failure = OperationalError("", {}, Exception("away"))
        with hub.watch(TOPIC) as watcher:
            assert await watcher.wait(0.05) is None
            counts.failure = None
            assert await watcher.wait(1) is not None

    run(story)


def test_slow_reading_rests_as_a_multiple_of_what_it_took() -> None:
    async def story(hub: LiveCounts, counts: Counts) -> None:
        with hub.watch(TOPIC) as watcher:
            await watcher.wait(1)
            await asyncio.sleep(0.2)
        assert counts.read == 1

    run(story, Pace(interval_s=0.001, rest=1_000_000))


def test_broken_poller_ends_the_streams() -> None:
    async def story(hub: LiveCounts, counts: Counts) -> None:
        counts.failure = ZeroDivisionError()
        with hub.watch(TOPIC) as watcher:
            assert await watcher.wait(1) is None
            assert watcher.over

    run(story)


def test_closing_ends_every_stream_and_takes_no_new_one() -> None:
    async def story(hub: LiveCounts, _: Counts) -> None:
        with hub.watch(TOPIC) as watcher:
            await watcher.wait(1)
            hub.close()
            assert await watcher.wait(1) is None
            assert watcher.over
        with pytest.raises(Unavailable):
            hub.check_room()

    run(story)


def test_full_process_takes_no_more_watchers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_WATCHERS", 3)

    async def story(hub: LiveCounts, _: Counts) -> None:
        with watching(hub, 2):
            hub.check_room()
        with watching(hub, 3), pytest.raises(Unavailable):
            hub.check_room()

    run(story)


def test_reader_that_takes_nothing_is_dropped() -> None:
    async def endless() -> AsyncGenerator[bytes]:
        try:
            while True:
                yield b": still here\n\n"
        finally:
            closed.append(True)

    async def take_two(message: Message) -> None:
        taken.append(message)
        if len(taken) > 2:
            await asyncio.sleep(PATIENCE_S)

    closed: list[bool] = []
    taken: list[Message] = []
    asyncio.run(EventStream(endless(), slow_s=0.01).stream_response(take_two))
    assert closed == [True]


@contextmanager
def watching(hub: LiveCounts, number: int, *, topics: int = 1) -> Iterator[list[live.Watcher]]:
    with ExitStack() as stack:
        chosen = [Topic(1 + n % topics, ACTOR.scope, ACTOR) for n in range(number)]
        yield [stack.enter_context(hub.watch(topic)) for topic in chosen]
