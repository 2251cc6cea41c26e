"""The consumer loop: receive, heartbeat, handle in a thread, acknowledge. One map from errors to ack or retry.

A message is deleted only after its handler returned. A message that failed comes back after a growing pause; after
the queue's own number of receives SQS moves it to the dead-letter queue.
"""

import asyncio
import contextvars
import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from domain.errors import DomainError
from runtime.metrics import HANDLER_SECONDS, IN_FLIGHT, MESSAGES
from runtime.queues import AsyncQueue, Received
from schema.enums import Topic
from workers.errors import MessageUnknown
from workers.work import Handler, Work

log = structlog.get_logger()
PAUSE_AFTER_FAULT_S = 2.0
RETRY_BASE_S = 2
RETRY_MAX_S = 60


class Consumer:
    """Handles the messages of one queue, at most `concurrency` at a time."""

    def __init__(self, queue: AsyncQueue, topic: Topic, handler: Handler, work: Work, *, concurrency: int) -> None:
        self._queue = queue
        self._topic = topic
        self._handler = handler
        self._work = work
        self._concurrency = concurrency
        self._running: set[asyncio.Task[None]] = set()
        # Threads of its own: the loop's few resolve names, and a heartbeat must not wait for another topic's work.
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix=topic.value)

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set, then finish what was received."""
        while not stop.is_set():
            try:
                await self._receive_once(stop)
            except Exception:
                log.exception("receive_failed", topic=self._topic)
                await _pause(stop, PAUSE_AFTER_FAULT_S)
        if self._running:
            await asyncio.wait(self._running)
        self._threads.shutdown(wait=False)

    async def _receive_once(self, stop: asyncio.Event) -> None:
        free = self._concurrency - len(self._running)
        if free == 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return
        receiving = asyncio.create_task(self._queue.receive(limit=free))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({receiving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not receiving.done():
            receiving.cancel()  # what it would have received becomes visible again by itself
            return
        for message in receiving.result():
            task = asyncio.create_task(self._process(message))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _process(self, message: Received) -> None:
        structlog.contextvars.bind_contextvars(topic=self._topic, message_id=message.id, attempt=message.receives)
        heartbeat = asyncio.create_task(self._keep_hidden(message))
        IN_FLIGHT.labels(self._topic).inc()
        try:
            with HANDLER_SECONDS.labels(self._topic).time():
                await self._handle(parse_body(message.body))
            await self._queue.delete(message)
            MESSAGES.labels(self._topic, "done").inc()
        except MessageUnknown as error:
            log.warning("message_buried", error=error.message)
            MESSAGES.labels(self._topic, "buried").inc()
            await self._queue.bury(message, error=error.message)
        except Exception as error:
            MESSAGES.labels(self._topic, "retried").inc()
            await self._retry(message, error)
        finally:
            heartbeat.cancel()
            IN_FLIGHT.labels(self._topic).dec()

    async def _handle(self, body: dict[str, Any]) -> None:
        context = contextvars.copy_context()  # so that its log lines name the message
        await asyncio.get_running_loop().run_in_executor(self._threads, context.run, self._handler, self._work, body)

    async def _retry(self, message: Received, error: Exception) -> None:
        expected = isinstance(error, DomainError) and error.retryable
        log.warning("message_retried", error=repr(error), exc_info=None if expected else error)
        pause_s = min(RETRY_BASE_S * 2 ** (message.receives - 1), RETRY_MAX_S) * random.uniform(0.5, 1.5)  # noqa: S311
        try:
            await self._queue.hide(message, seconds=max(1, round(pause_s)))
        except Exception as fault:  # the visibility timeout does the same, later
            log.warning("hide_failed", error=repr(fault))

    async def _keep_hidden(self, message: Received) -> None:
        """Move the end of the visibility timeout while the handler runs."""
        timeout_s = self._work.settings.visibility_timeout_s
        while True:
            await asyncio.sleep(timeout_s / 2)
            try:
                await self._queue.hide(message, seconds=timeout_s)
            except Exception as fault:
                log.warning("heartbeat_failed", error=repr(fault))


def parse_body(text: str) -> dict[str, Any]:
    """Return the JSON object of a message; raises MessageUnknown."""
    try:
        body = json.loads(text)
    except ValueError as error:
        raise MessageUnknown("the message is not JSON") from error
    if not isinstance(body, dict):
        raise MessageUnknown("the message is not a JSON object")
    return body


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
