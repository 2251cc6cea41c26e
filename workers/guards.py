"""What stands around the loops of a consumer process: what ends it (signals, a machine that goes), protection from ECS
while it is busy, metrics and health. Handles no message."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol

import structlog

from runtime.interruption import Interruptions, build_interruptions
from runtime.metrics_server import Pulse, serving_metrics
from runtime.settings import Settings
from runtime.task_protection import build_task_protection, keep_protected

log = structlog.get_logger()
BEAT_S: Final = 0.5
# A loop that has not turned for so long does not even renew what it holds.
LOOP_BOUND_S: Final = 15.0
# One poll with all its tries and their time-outs ends before.
POLL_BOUND_S: Final = 450.0


class Watched(Protocol):
    """What is to be known of a consumer."""

    @property
    def held(self) -> int:
        """How many messages it holds."""
        ...

    @property
    def polling_since(self) -> float | None:
        """When the poll that it waits for began, in monotonic seconds; None while it waits for none."""
        ...


def stop_on_signals(stop: asyncio.Event) -> None:
    """Have SIGTERM and SIGINT set `stop`."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, begin_stop, stop, number.name)


def begin_stop(stop: asyncio.Event, reason: str, **facts: str) -> None:
    """Set `stop` and log why; the first reason counts."""
    if not stop.is_set():
        stop.set()
        log.info("worker_stopping", reason=reason, **facts)


@asynccontextmanager
async def guarding(
    stop: asyncio.Event,
    settings: Settings,
    consumers: Sequence[Watched],
    *,
    environment: Mapping[str, str] = os.environ,
) -> AsyncIterator[None]:
    """Guard consumers while the context lasts; nothing that goes wrong with a guard reaches them."""
    pulse = Pulse(bound_s=LOOP_BOUND_S)
    protection = build_task_protection(environment)
    guards = [
        asyncio.create_task(_beat(pulse), name="pulse"),
        asyncio.create_task(_stop_on_notice(build_interruptions(environment), stop), name="interruption"),
        asyncio.create_task(
            keep_protected(protection, is_busy=lambda: any(consumer.held for consumer in consumers)), name="protection"
        ),
    ]
    for guard in guards:
        guard.add_done_callback(_tell)
    try:
        with serving_metrics(
            host=settings.metrics_host,
            port=settings.metrics_port,
            health=lambda: find_trouble(stop, pulse, consumers, now=time.monotonic()),
        ):
            yield
    finally:
        for guard in guards:
            guard.cancel()
        await asyncio.gather(*guards, return_exceptions=True)


def find_trouble(stop: asyncio.Event, pulse: Pulse, consumers: Sequence[Watched], *, now: float) -> str | None:
    """Return why this process should get no work, None if it should; for `/healthz`.

    While it drains it takes none. A queue or a database that is away is no trouble of this process.
    """
    if stop.is_set():
        return "draining"
    if not pulse.is_fresh():
        return "the event loop does not turn"
    if any(since is not None and now - since > POLL_BOUND_S for since in (c.polling_since for c in consumers)):
        return "a receiver hangs"
    return None


async def _beat(pulse: Pulse) -> None:
    while True:
        pulse.beat()
        await asyncio.sleep(BEAT_S)


async def _stop_on_notice(interruptions: Interruptions, stop: asyncio.Event) -> None:
    notice = await interruptions.wait()
    begin_stop(stop, f"spot_{notice.action}", at=notice.at.isoformat() if notice.at else "unknown")


def _tell(guard: asyncio.Task[None]) -> None:
    if not guard.cancelled() and (error := guard.exception()):
        log.error("guard_failed", guard=guard.get_name(), exc_info=error)
