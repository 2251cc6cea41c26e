"""A worker that dies on the loop's own way, between receive, handle, bury and delete: its message comes back."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from runtime.queues import AsyncQueue, AsyncQueues, Received
from schema.enums import Topic
from tests.harness import Stack, make_job
from tests.integration.crash_points import Killed
from tests.integration.pictures import disc_png
from tests.integration.real_loop import counts
from workers.handlers import HANDLERS
from workers.loop import Consumer

HIDE_S = 2
WAIT_S = 30.0
# Every moment at which something has just happened at the queue, or is about to.
MOMENTS = ("after receive", "before delete", "after delete", "before bury", "after bury")


class DyingQueue(AsyncQueue):
    """A queue whose process ends at one moment."""

    moment = ""

    async def receive(self, **options: Any) -> list[Received]:
        messages = await super().receive(**options)
        if messages:
            self._pass("after receive")
        return messages

    async def delete(self, messages: Sequence[Received]) -> list[Received]:
        self._pass("before delete")
        failed = await super().delete(messages)
        self._pass("after delete")
        return failed

    async def bury(self, message: Received, *, reason: str, error: str) -> None:
        self._pass("before bury")
        await super().bury(message, reason=reason, error=error)
        self._pass("after bury")

    def _pass(self, moment: str) -> None:
        if moment == self.moment:
            raise Killed


def work_until_empty(stack: Stack, topic: Topic, moment: str) -> bool:
    """Consume with a worker that dies at `moment`, then with a sound one until the queue is empty; did it die?"""

    async def consume(moment: str) -> bool:
        queues, stop = AsyncQueues(prefix=stack.settings.queue_prefix), asyncio.Event()
        async with queues.connect() as client:
            urls = {"url": stack.queue_url(topic), "dead_url": stack.queue_url(topic, dead=True)}
            queue = DyingQueue(client, **urls)
            queue.moment = moment
            consumer = Consumer(queue, topic, HANDLERS[topic], stack.work, concurrency=2)
            running = asyncio.create_task(consumer.run(stop))
            deadline = time.monotonic() + WAIT_S
            while not running.done() and time.monotonic() < deadline:
                if not moment and await asyncio.to_thread(counts, stack, topic) == 0:
                    stop.set()
                await asyncio.sleep(0.05)
            try:
                await asyncio.wait_for(running, WAIT_S)
            except Killed:
                return True
            return False

    died = asyncio.run(consume(moment))
    assert not asyncio.run(consume(""))
    return died


@pytest.fixture
def quick(stack: Stack) -> Stack:
    """A stack on whose queues a message that its worker let go of is back soon."""
    object.__setattr__(stack.work, "settings", stack.settings.model_copy(update={"visibility_timeout_s": HIDE_S}))
    return stack


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("moment", MOMENTS[:3])
def test_picture_whose_worker_dies_at_the_queue_comes_in_once(quick: Stack, moment: str) -> None:
    job = make_job(quick)
    quick.pump()
    quick.put(job.bucket, "a.png", disc_png())
    assert work_until_empty(quick, Topic.IMAGES, moment)
    assert [i["state"] for i in job.images()] == ["ready"]
    assert [(t["state"], t["round"]) for t in job.tasks()] == [("waiting", 1)]
    assert quick.relay() == 1
    assert counts(quick, Topic.IMAGES, dead=True) == 0


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("moment", MOMENTS[1:])
def test_letter_whose_worker_dies_while_it_buries_it_is_never_lost(quick: Stack, moment: str) -> None:
    quick.sqs.send_message(QueueUrl=quick.queue_url(Topic.DECIDE), MessageBody="no message at all")
    assert work_until_empty(quick, Topic.DECIDE, moment)
    # Sent, and not yet deleted: then it is given up once more, and lies there twice.
    assert counts(quick, Topic.DECIDE, dead=True) == (2 if moment in ("after bury", "before delete") else 1)
