"""The S3 + SQS emulator as a child of the launcher: ministack behind the durable layer, on 127.0.0.1 only. Reads its
whole configuration from the environment that `emulator_child.py` sets; must not be imported by other modules."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ministack.app as ministack_app
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.core import persistence
from ministack.services import s3, sqs

from cli.launcher.durable import DurableApp, Journal, Serialise

SERVICES = ("s3", "sqs")


def serialise(name: str, get_state: Callable[[], dict[str, Any]]) -> bytes:
    """Return what `persistence.load_state` reads back: the same bytes as `persistence.save_state` writes.

    That one swallows a full disk and does not fsync, so the writing is ours.
    """
    wrapped = {"__ministack_format__": persistence._state_format_version(name), "payload": get_state()}
    return json.dumps(wrapped, default=persistence._json_default).encode()


def _sqs_state() -> dict[str, Any]:
    # sqs.get_state() without its deep copies: we serialise at once, on the loop that makes every change.
    return {"queues": sqs._queues, "queue_name_to_url": sqs._queue_name_to_url}


def states() -> dict[str, Serialise]:
    """Return how to serialise each service whose state must survive a kill."""
    return {"s3": lambda: serialise("s3", s3.get_state), "sqs": lambda: serialise("sqs", _sqs_state)}


def deliver_events_at_once(on_delivery: Callable[[], None]) -> None:
    """Make S3 deliver an event before it answers the write that caused it.

    ministack starts a thread for each event: the answer could leave before the message is in its queue, and the queue
    would change while it is serialised. Delivery to a queue is an append, so nothing waits.
    """

    def deliver(bucket: str, key: str, event: str, *positional: Any, **keywords: Any) -> None:
        if bucket not in s3._bucket_notifications:
            return
        s3._fire_s3_event(bucket, key, event, *positional, **keywords, sequencer=s3._next_event_sequencer(event))
        on_delivery()

    s3._fire_s3_event_async = deliver


def build_app(folder: Path, *, key_id: str | None) -> DurableApp:
    """Return ministack's application behind the durable layer, its snapshots in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(folder, states())
    deliver_events_at_once(lambda: journal.mark(["sqs"]))
    test_event = s3._fire_s3_test_event

    def test_event_marked(bucket: str) -> None:
        test_event(bucket)
        journal.mark(["sqs"])

    s3._fire_s3_test_event = test_event_marked
    return DurableApp(ministack_app.app, journal, states=SERVICES, key_id=key_id)


async def run() -> None:
    """Serve until SIGTERM or SIGINT."""
    folder = Path(os.environ["STATE_DIR"])
    key_id = os.environ.get("PLUMBLINE_EMULATOR_KEY_ID")
    durable = os.environ.get("PLUMBLINE_EMULATOR_DURABLE", "1") == "1"
    application: Any = build_app(folder, key_id=key_id) if durable else ministack_app.app
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    config = Config()
    config.bind = [f"127.0.0.1:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    await serve(application, config, shutdown_trigger=stop.wait)


def main() -> int:
    asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
