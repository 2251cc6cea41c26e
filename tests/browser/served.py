"""A stack whose API listens on loopback and whose messages move by themselves, as long as the block lasts."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import uvicorn

from api.app import create_app
from cli.launcher.ports import find_free_port
from runtime.incoming import build_incoming
from tests.harness import Stack
from workers.segment import create_segment_app

START_TIMEOUT_S = 20.0
PUMP_PAUSE_S = 0.05


@contextmanager
def serve(stack: Stack, *, segmenter: httpx2.AsyncClient | None = None) -> Iterator[str]:
    """Yield the address of the API, which shares the stack's database, queues and buckets."""
    segmenter = segmenter or httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=create_segment_app(stack.work.bucket, threads=1)), base_url="http://segment"
    )
    app = create_app(
        stack.settings,
        database=stack.database,
        buckets=stack.work.sources,
        segmenter=segmenter,
        own_bucket=stack.work.bucket,
        incoming=build_incoming(queue_prefix=stack.settings.queue_prefix, endpoint=stack.endpoint),
    )
    port = find_free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False)
    config.timeout_graceful_shutdown = 2
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="served-api", daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not server.started:
            assert thread.is_alive(), "the API did not start"
            assert time.monotonic() < deadline, "the API did not start in time"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def pumping(stack: Stack) -> Iterator[None]:
    """Move messages until the block ends; a fault of a handler ends the test."""
    stop, faults = threading.Event(), list[BaseException]()

    def pump() -> None:
        while not stop.wait(PUMP_PAUSE_S):
            try:
                stack.pump()
            except BaseException as fault:  # noqa: BLE001 - handed to the test
                faults.append(fault)
                return

    thread = threading.Thread(target=pump, name="pump", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
    if faults:
        raise faults[0]
