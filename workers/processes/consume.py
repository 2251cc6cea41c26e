"""A consumer: one loop a topic in one event loop, handlers in threads."""

import asyncio
from collections.abc import Sequence

import structlog

from runtime.queues import AsyncQueues
from runtime.settings import Settings
from schema.enums import Topic
from workers.guards import guarding, stop_on_signals
from workers.handlers import HANDLERS
from workers.loop import Consumer
from workers.work import build_work

log = structlog.get_logger()


async def consume(settings: Settings, topics: Sequence[Topic], *, concurrency: int) -> None:
    """Consume topics until a signal or a notice that the machine goes, then finish or hand back what was received.

    Raises what a loop met that it cannot go on after; the process is then started anew.
    """
    stop = asyncio.Event()
    stop_on_signals(stop)
    work = build_work(settings)
    queues = AsyncQueues(prefix=settings.queue_prefix)
    consumers: list[Consumer] = []
    try:
        async with queues.connect() as client:
            for topic in topics:
                queue = await queues.open(client, topic)
                consumers.append(Consumer(queue, topic, HANDLERS[topic], work, concurrency=concurrency))
            async with guarding(stop, settings, consumers):
                log.info("worker_ready", topics=[t.value for t in topics], concurrency=concurrency)
                await run_all(consumers, stop)
            log.info("worker_stopped", handed_back=sum(consumer.held for consumer in consumers))
    finally:
        # What outlasted the drain was handed back: this process ends without it.
        work.close(wait=not any(consumer.running for consumer in consumers))


async def run_all(consumers: Sequence[Consumer], stop: asyncio.Event) -> None:
    """Run consumers until `stop`; one that breaks stops the others in order, and then its error is raised."""

    async def run(consumer: Consumer) -> None:
        try:
            await consumer.run(stop)
        finally:
            stop.set()

    results = await asyncio.gather(*(run(consumer) for consumer in consumers), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
