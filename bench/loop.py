"""What the consumer loop adds to each message: CPU beside a bare aiobotocore loop, memory, the rate on the emulator.

Both loops meet the same stub of SQS in this process, in turns; the limit is the bare loop, which handles nothing, keeps
nothing hidden and loses what fails. The handler does nothing and touches no database.
"""

import asyncio
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from pydantic import SecretStr

from bench.record import Check, report, say
from bench.sqs_stub import BODY, StubSession
from runtime.aws import AwsEndpoint, aws_client
from runtime.logs import configure_logging
from runtime.provision import provision
from runtime.queues import BATCH, AsyncQueue
from runtime.settings import Settings
from schema.enums import Topic
from tests.services import emulator
from workers.loop import Consumer
from workers.work import Work, build_work

MESSAGES = int(os.environ.get("BENCH_MESSAGES", "20000"))
ROUNDS = 5
GROWTH_MESSAGES = int(os.environ.get("BENCH_GROWTH_MESSAGES", "100000"))
QUEUED = int(os.environ.get("BENCH_QUEUED", "2000"))
CONCURRENCY = 4
HIDE_S = 60


def no_op(work: Work, body: dict[str, Any]) -> None:
    """Does nothing: only the loop is measured."""


async def bare(client: Any, url: str, is_done: Callable[[], bool]) -> None:
    """Receive and delete in batches, one after the other."""
    while not is_done():
        answer = await client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=1,
            VisibilityTimeout=HIDE_S,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        )
        messages = answer.get("Messages", ())
        if messages:
            entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]
            await client.delete_message_batch(QueueUrl=url, Entries=entries)


async def ours(client: Any, url: str, is_done: Callable[[], bool], work: Work) -> None:
    """Run the consumer until everything is deleted."""
    stop = asyncio.Event()
    queue = AsyncQueue(client, url=url, dead_url=url)
    running = asyncio.create_task(Consumer(queue, Topic.DECIDE, no_op, work, concurrency=CONCURRENCY).run(stop))
    while not is_done():
        await asyncio.sleep(0.005)
    stop.set()
    await running


async def cpu_ms_per_message(run: Awaitable[None], messages: int) -> tuple[float, float]:
    """Return the CPU of this process a message in ms, all its threads counted, and messages a second."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    await run
    return (time.process_time() - cpu) * 1000 / messages, messages / (time.perf_counter() - wall)


async def measure_stub(work: Work) -> dict[str, float]:
    """Return figures of both loops against the stub, each the median of rounds in turns, and the growth of memory."""
    config = AioConfig(http_session_cls=StubSession, max_pool_connections=64)
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    found: dict[str, list[tuple[float, float]]] = {"bare": [], "loop": []}

    def is_done() -> bool:
        return StubSession.left == 0 and StubSession.deleted == wanted

    async with get_session().create_client("sqs", endpoint_url="http://127.0.0.1:9", config=config, **keys) as client:
        url = (await client.get_queue_url(QueueName="q"))["QueueUrl"]
        wanted = MESSAGES
        for number in range(ROUNDS + 1):
            StubSession.refill(wanted)
            bare_round = await cpu_ms_per_message(bare(client, url, is_done), wanted)
            StubSession.refill(wanted)
            loop_round = await cpu_ms_per_message(ours(client, url, is_done, work), wanted)
            if number:  # the first warms up
                found["bare"].append(bare_round)
                found["loop"].append(loop_round)
        gc.collect()
        before = psutil.Process().memory_info().rss
        wanted = GROWTH_MESSAGES
        StubSession.refill(wanted)
        await ours(client, url, is_done, work)
        gc.collect()
        growth_mb = (psutil.Process().memory_info().rss - before) / 1e6
    figures = {"rss_growth_mb": growth_mb}
    for name, rounds in found.items():
        figures[f"{name}_cpu_ms"] = statistics.median(cpu for cpu, _ in rounds)
        figures[f"{name}_messages_per_s"] = statistics.median(rate for _, rate in rounds)
    ratios = [own / limit for (own, _), (limit, _) in zip(found["loop"], found["bare"], strict=True)]
    return figures | {"cpu_ratio_to_bare": statistics.median(ratios)}


async def measure_emulator(work: Work, endpoint: AwsEndpoint, prefix: str) -> dict[str, float]:
    """Return messages a second through the emulator, `QUEUED` of them waiting, for both loops."""
    sqs = aws_client("sqs", endpoint=endpoint)
    url = sqs.get_queue_url(QueueName=f"{prefix}-{Topic.DECIDE.value}")["QueueUrl"]
    dead_url = f"{url}-dead"
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    rates: dict[str, float] = {}

    def fill() -> None:
        for _ in range(QUEUED // BATCH):
            entries = [{"Id": str(i), "MessageBody": BODY} for i in range(BATCH)]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)

    left = QUEUED

    class Counting(AsyncQueue):
        async def delete(self, messages: Any) -> Any:
            nonlocal left
            failed = await super().delete(messages)
            left -= len(messages) - len(failed)
            return failed

    config = AioConfig(max_pool_connections=64)
    async with get_session().create_client("sqs", endpoint_url=endpoint.url, config=config, **keys) as client:
        await asyncio.to_thread(fill)
        started = time.perf_counter()
        handled = 0
        while handled < QUEUED:
            answer = await client.receive_message(QueueUrl=url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=1)
            messages = answer.get("Messages", ())
            entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]
            if entries:
                await client.delete_message_batch(QueueUrl=url, Entries=entries)
            handled += len(entries)
        rates["emulator_bare_messages_per_s"] = QUEUED / (time.perf_counter() - started)
        await asyncio.to_thread(fill)
        started = time.perf_counter()
        stop = asyncio.Event()
        queue = Counting(client, url=url, dead_url=dead_url)
        running = asyncio.create_task(Consumer(queue, Topic.DECIDE, no_op, work, concurrency=CONCURRENCY).run(stop))
        while left > 0:
            await asyncio.sleep(0.01)
        rates["emulator_loop_messages_per_s"] = QUEUED / (time.perf_counter() - started)
        stop.set()
        await running
    return rates


def main() -> int:
    configure_logging(format="json", level="WARNING", process="bench")
    # Nothing of it is connected: the handler does nothing.
    settings = Settings(database_url=SecretStr("postgresql://nobody@127.0.0.1:9/none"), visibility_timeout_s=HIDE_S)
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as folder, emulator(Path(folder)) as url:
        endpoint = AwsEndpoint(url, "us-east-1", "x", "x")
        prefix = "bench-loop"
        provision(
            bucket="bench",
            upload_bucket="bench-uploads",
            queue_prefix=prefix,
            visibility_timeout_s=HIDE_S,
            max_receives=5,
            endpoint=endpoint,
        )
        work = build_work(settings, s3=aws_client("s3", endpoint=endpoint))
        try:
            say(f"{ROUNDS} rounds of {MESSAGES} messages against the stub, then {GROWTH_MESSAGES} for memory")
            figures = asyncio.run(measure_stub(work))
            say(f"{QUEUED} messages through the emulator")
            figures |= asyncio.run(measure_emulator(work, endpoint, prefix))
        finally:
            work.close()
    checks = [
        Check("cpu_ratio_to_bare", figures["cpu_ratio_to_bare"], 1.5, at_least=False),
        Check("rss_growth_mb", figures["rss_growth_mb"], 5.0, at_least=False),
        Check("bare_messages_per_s", figures["bare_messages_per_s"], 3000, at_least=True),
        Check("loop_messages_per_s", figures["loop_messages_per_s"], 3000, at_least=True),
    ]
    return report("loop", figures=figures, checks=checks)


if __name__ == "__main__":
    raise SystemExit(main())
