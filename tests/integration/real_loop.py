"""The consumer loop on real queues, run until something holds."""

import asyncio
import time
from collections.abc import Callable

from runtime.queues import AsyncQueues
from schema.enums import Topic
from tests.harness import Stack
from workers.loop import Consumer
from workers.work import Handler


def counts(stack: Stack, topic: Topic, *, dead: bool = False) -> int:
    """How many messages a queue holds, hidden ones included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = stack.sqs.get_queue_attributes(QueueUrl=stack.queue_url(topic, dead=dead), AttributeNames=names)
    return sum(int(answer["Attributes"][name]) for name in names)


def consume(
    stack: Stack, topic: Topic, handler: Handler, *, until: Callable[[], bool], timeout_s: float = 20.0
) -> None:
    """Run a consumer until the condition holds, then stop it in order; fails when it never holds."""

    async def run() -> bool:
        queues, stop = AsyncQueues(prefix=stack.settings.queue_prefix), asyncio.Event()
        async with queues.connect() as client:
            consumer = Consumer(await queues.open(client, topic), topic, handler, stack.work, concurrency=4)
            running = asyncio.create_task(consumer.run(stop))
            deadline = time.monotonic() + timeout_s
            happened = False
            while not happened and time.monotonic() < deadline:
                happened = await asyncio.to_thread(until)
                await asyncio.sleep(0.05)
            stop.set()
            await running
            return happened

    assert asyncio.run(run()), f"did not happen in {timeout_s} s"
