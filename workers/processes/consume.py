"""A consumer: one loop a topic in one event loop, handlers in threads."""

import asyncio
import signal
from collections.abc import Sequence

import structlog

from runtime.queues import AsyncQueues
from runtime.settings import Settings
from schema.enums import Topic
from workers.handlers import HANDLERS
from workers.loop import Consumer
from workers.work import build_work

log = structlog.get_logger()


async def consume(settings: Settings, topics: Sequence[Topic], *, concurrency: int) -> None:
    """Consume topics until SIGTERM or SIGINT, then finish what was received."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    work = build_work(settings)
    queues = AsyncQueues(prefix=settings.queue_prefix)
    try:
        async with queues.connect() as client:
            consumers = [
                Consumer(await queues.open(client, topic), topic, HANDLERS[topic], work, concurrency=concurrency)
                for topic in topics
            ]
            log.info("worker_ready", topics=[t.value for t in topics], concurrency=concurrency)
            await asyncio.gather(*(consumer.run(stop) for consumer in consumers))
    finally:
        work.close()
