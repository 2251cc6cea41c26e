"""From commit to queue: how long a message of the outbox waits in sparse and in busy traffic, and how fast a backlog
leaves, on a PostgreSQL and an emulator of its own with the relay's real process.

The limit of the backlog is a bare loop that sends the same texts in batches of ten, before and after in the same run.
"""

import json
import os
import random
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.crowding import percentile
from bench.record import Check, report, say
from cli.launcher.bootstrap import DatabaseUrls, Passwords, bootstrap
from cli.launcher.stack import aws_environment, python_argv
from cli.launcher.state import source_root
from domain.outbox.queries import insert_message
from domain.scope import Scope
from runtime.aws import AwsEndpoint, aws_client
from runtime.database import Database
from runtime.provision import provision
from runtime.queues import BATCH
from schema.enums import Topic
from schema.messages import ImageMessage
from tests.services import emulator, end, postgres_server

SPARSE = int(os.environ.get("BENCH_SPARSE", "100"))
BUSY = int(os.environ.get("BENCH_BUSY", "300"))
BACKLOG = int(os.environ.get("BENCH_BACKLOG", "2000"))
IDLE_S = float(os.environ.get("BENCH_IDLE_S", "10"))
MOST_MS = 250.0
PREFIX = "bench"
TIMEOUT_S = 120.0


@dataclass
class Receiver:
    """Takes messages off a queue as a worker would; notes for each when the queue took it and when it came."""

    sqs: Any
    url: str
    taken_at: dict[int, float] = field(default_factory=dict)
    came_at: dict[int, float] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stop.is_set():
            answer = self.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=BATCH,
                WaitTimeSeconds=1,
                MessageSystemAttributeNames=["SentTimestamp"],
            )
            now = time.time()
            for message in answer.get("Messages", ()):
                number = _number_of(message["Body"])
                self.taken_at.setdefault(number, int(message["Attributes"]["SentTimestamp"]) / 1000)
                self.came_at.setdefault(number, now)
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])


def main() -> int:
    with (
        tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name,
        postgres_server(Path(name)) as server_url,
        emulator(Path(name) / "emulator", is_durable=True) as emulator_url,
    ):
        urls = bootstrap(server_url, Passwords(owner="owner", app="app", relay="relay"))
        endpoint = AwsEndpoint(emulator_url, "us-east-1", "bench", "bench")
        queues = provision(
            bucket=PREFIX,
            upload_bucket=f"{PREFIX}-up",
            queue_prefix=PREFIX,
            visibility_timeout_s=60,
            max_receives=5,
            endpoint=endpoint,
        )
        sqs, database = aws_client("sqs", endpoint=endpoint), Database(urls.app, pool_size=1)
        with relay_process(urls, endpoint) as relay, psycopg.connect(server_url, dbname="plumbline") as admin:
            admin.autocommit = True
            figures = _measure(database, admin, sqs, queues[Topic.IMAGES].url, relay)
        database.close()
    checks = [
        Check(
            f"{traffic}_commit_to_queue_p95_ms",
            float(figures[f"{traffic}_commit_to_queue_p95_ms"]),
            MOST_MS,
            at_least=False,
        )
        for traffic in ("sparse", "busy")
    ]
    return report("relay", figures=figures, checks=checks)


@contextmanager
def relay_process(urls: DatabaseUrls, endpoint: AwsEndpoint) -> Iterator[psutil.Process]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PLUMBLINE_"))}
    environment = {
        **kept,
        **aws_environment(endpoint),
        "PLUMBLINE_DATABASE_URL": urls.app,
        "PLUMBLINE_RELAY_DATABASE_URL": urls.relay,
        "PLUMBLINE_QUEUE_PREFIX": PREFIX,
        "PLUMBLINE_STATE_SWEEP_INTERVAL_S": "3600",
        "PLUMBLINE_DEAD_LETTER_INTERVAL_S": "3600",
        "PLUMBLINE_LOG_LEVEL": "ERROR",
    }
    child = subprocess.Popen(python_argv("workers", "relay"), cwd=source_root(), env=environment)
    try:
        yield psutil.Process(child.pid)
    finally:
        end(child, signal.SIGTERM)


def _measure(
    database: Database, admin: psycopg.Connection, sqs: Any, url: str, relay: psutil.Process
) -> dict[str, float | int | str]:
    rng = random.Random(7)
    figures: dict[str, float | int | str] = {"sparse_messages": SPARSE, "busy_messages": BUSY, "backlog": BACKLOG}
    _enqueue(database, [0])
    _wait_until(lambda: _left(admin) == 0)  # it has started, and knows its queue
    before, started = sum(relay.cpu_times()[:2]), time.perf_counter()
    time.sleep(IDLE_S)
    figures["idle_cpu_percent"] = (sum(relay.cpu_times()[:2]) - before) / (time.perf_counter() - started) * 100
    say(f"idle: {figures['idle_cpu_percent']:.1f} % of a core")
    sqs.purge_queue(QueueUrl=url)  # buckets greet a new queue
    say(f"{SPARSE} messages, one each 0.3 to 0.7 s")
    figures |= _latencies("sparse", database, sqs, url, range(1, SPARSE + 1), lambda: rng.uniform(0.3, 0.7))
    say(f"{BUSY} messages, one each 5 to 60 ms")
    busy = range(1_000_000, 1_000_000 + BUSY)
    figures |= _latencies("busy", database, sqs, url, busy, lambda: rng.uniform(0.005, 0.06))
    say(f"a backlog of {BACKLOG}")
    bare = [_send_barely(sqs, url)]
    figures["drained_per_s"] = _drain(database, admin, sqs, url, relay)
    bare.append(_send_barely(sqs, url))
    figures["bare_per_s"] = statistics.mean(bare)
    figures["ratio_to_bare"] = float(figures["drained_per_s"]) / statistics.mean(bare)
    return figures


def _latencies(
    traffic: str, database: Database, sqs: Any, url: str, numbers: range, pause_s: Callable[[], float]
) -> Mapping[str, float]:
    """Write messages one by one; return percentiles of the time from commit to the queue, and to who receives."""
    receiver = Receiver(sqs, url)
    thread = threading.Thread(target=receiver.run)
    thread.start()
    committed_at = {}
    try:
        for number in numbers:
            _enqueue(database, [number])
            committed_at[number] = time.time()
            time.sleep(pause_s())
        _wait_until(lambda: receiver.came_at.keys() >= set(numbers))
    finally:
        receiver.stop.set()
        thread.join()
    # The queue's stamp has whole milliseconds: it may seem to be before the commit.
    to_queue = sorted(max(0.0, receiver.taken_at[n] - committed_at[n]) * 1000 for n in numbers)
    to_receiver = sorted(max(0.0, receiver.came_at[n] - committed_at[n]) * 1000 for n in numbers)
    return {
        f"{traffic}_commit_to_queue_p50_ms": statistics.median(to_queue),
        f"{traffic}_commit_to_queue_p95_ms": percentile(to_queue, 0.95),
        f"{traffic}_commit_to_receiver_p50_ms": statistics.median(to_receiver),
        f"{traffic}_commit_to_receiver_p95_ms": percentile(to_receiver, 0.95),
    }


def _drain(database: Database, admin: psycopg.Connection, sqs: Any, url: str, relay: psutil.Process) -> float:
    """Let a backlog gather while the relay is stopped; return how many messages a second it then sends."""
    sqs.purge_queue(QueueUrl=url)
    relay.suspend()
    _enqueue(database, range(BACKLOG))
    started = time.perf_counter()
    relay.resume()
    _wait_until(lambda: _left(admin) == 0)
    return BACKLOG / (time.perf_counter() - started)


def _send_barely(sqs: Any, url: str) -> float:
    """Return how many messages of the same size a bare loop sends in a second."""
    sqs.purge_queue(QueueUrl=url)
    text = '{"id":"%s","version":1,"occurred_at":"2026-01-01T00:00:00.000000Z","trace":null,"body":' % ("0" * 36)
    text += '{"client_org":1,"type":"image","image_id":1000000}}'
    started = time.perf_counter()
    for first in range(0, BACKLOG, BATCH):
        entries = [{"Id": str(n), "MessageBody": text} for n in range(first, min(first + BATCH, BACKLOG))]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    return BACKLOG / (time.perf_counter() - started)


def _enqueue(database: Database, numbers: Iterator[int] | range | list[int]) -> None:
    with database.begin(Scope(1)) as session:
        for number in numbers:
            insert_message(session, Topic.IMAGES, number, ImageMessage(client_org=1, image_id=number))


def _left(admin: psycopg.Connection) -> int:
    row = admin.execute("SELECT count(*) FROM outbox").fetchone()
    return int(row[0]) if row else 0


def _number_of(text: str) -> int:
    return int(json.loads(text)["body"]["image_id"])


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("the messages did not come")
        time.sleep(0.01)


if __name__ == "__main__":
    raise SystemExit(main())
