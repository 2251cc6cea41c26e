"""A consumer on a queue in memory, run until something holds, and handlers that do what a test says."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from domain.errors import DomainError
from runtime.settings import Settings
from schema.enums import Topic
from tests.fake_queue import FakeQueue
from workers.loop import Consumer
from workers.work import Work


class Refused(DomainError):
    """Trying again is no use."""

    code: ClassVar[str] = "refused"


def settings(**more: Any) -> Settings:
    return Settings(database_url=SecretStr("postgresql://127.0.0.1:9/none")).model_copy(
        update={"visibility_timeout_s": 20, "drain_s": 1.0} | more
    )


class Handler:
    """Does what the test says with the n-th call, and keeps what it was given."""

    def __init__(self, act: Callable[[int], None] = lambda _: None) -> None:
        self.seen: list[int] = []
        self.most_at_once = 0
        self._act = act
        self._at_once = 0
        self._lock = threading.Lock()

    def __call__(self, work: Work, body: dict[str, Any]) -> None:
        with self._lock:
            self.seen.append(body["body"]["task_id"])
            number = len(self.seen)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self._act(number)
        finally:
            with self._lock:
                self._at_once -= 1


def consume(
    queue: FakeQueue,
    handler: Callable[[Work, dict[str, Any]], None],
    *,
    until: Callable[[Consumer], bool],
    concurrency: int = 4,
    timeout_s: float = 10.0,
    **more: Any,
) -> Consumer:
    """Run a consumer until the condition holds, then stop it in order; fails when it never holds."""

    async def run() -> Consumer:
        work = Work(settings(**more), *[None] * 5)  # type: ignore[arg-type]
        consumer = Consumer(queue, Topic.DECIDE, handler, work, concurrency=concurrency)
        stop = asyncio.Event()
        running = asyncio.create_task(consumer.run(stop))
        deadline = time.monotonic() + timeout_s
        while not until(consumer):
            assert time.monotonic() < deadline, "it never happened"
            if running.done():
                running.result()
            await asyncio.sleep(0.005)
        stop.set()
        await running
        return consumer

    return asyncio.run(run())


def away() -> Exception:
    return OperationalError("SELECT 1", {}, Exception("connection refused"))
