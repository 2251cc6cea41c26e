"""`python -m workers consume --topics images,prelabel | relay | segment`: the entry points of worker processes."""

import argparse
import asyncio
import os
import signal
import threading
from collections.abc import Sequence

import structlog
import uvicorn

from runtime.blobs import OwnBucket, SourceBuckets
from runtime.database import WORKER_TIMEOUT_S, Database
from runtime.logs import configure_logging
from runtime.names import check_import_names
from runtime.queues import AsyncQueues, Sender
from runtime.settings import Settings, load_settings
from schema.enums import Topic
from workers.handlers import HANDLERS
from workers.loop import Consumer
from workers.relay import run_relay
from workers.segment import create_segment_app
from workers.sweeper import run_sweeps
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


def relay(settings: Settings) -> None:
    """Run the relay and the sweeps until SIGTERM or SIGINT."""
    if settings.relay_database_url is None:
        raise SystemExit("PLUMBLINE_RELAY_DATABASE_URL is not set: the relay signs in as the role plumbline_relay")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    relay_database = Database(settings.relay_database_url.get_secret_value(), pool_size=2, timeout_s=WORKER_TIMEOUT_S)
    app_database = Database(settings.database_url.get_secret_value(), pool_size=1, timeout_s=WORKER_TIMEOUT_S)
    sweeping = threading.Thread(
        target=run_sweeps, args=(relay_database, app_database, SourceBuckets(), settings, stop), name="sweeps"
    )
    sweeping.start()
    log.info("relay_ready")
    run_relay(relay_database, Sender(prefix=settings.queue_prefix), stop)
    sweeping.join()
    relay_database.close()
    app_database.close()


def segment(settings: Settings) -> None:
    app = create_segment_app(OwnBucket(settings.bucket), threads=os.cpu_count() or 1)
    uvicorn.run(app, host=settings.segment_host, port=settings.segment_port, log_level="warning", access_log=False)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    consuming = commands.add_parser("consume", help="consume queues")
    consuming.add_argument("--topics", default=",".join(t.value for t in Topic), help="comma-separated topics")
    consuming.add_argument("--concurrency", type=int, default=4, help="messages handled at a time, each topic")
    commands.add_parser("relay", help="send the outbox; sweep")
    commands.add_parser("segment", help="serve masks for extreme points")
    arguments = parser.parse_args()
    check_import_names()
    settings = load_settings()
    configure_logging(format=settings.log_format, level=settings.log_level, process=arguments.command)
    if arguments.command == "consume":
        topics = [Topic(name) for name in arguments.topics.split(",")]
        asyncio.run(consume(settings, topics, concurrency=arguments.concurrency))
    elif arguments.command == "relay":
        relay(settings)
    else:
        segment(settings)


if __name__ == "__main__":
    main()
