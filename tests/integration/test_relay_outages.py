"""The relay through real outages: an emulator that hangs, dies and comes back; a PostgreSQL that stops under it and is
started again. Nothing is lost, and it goes on by itself."""

import json
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cli.launcher.bootstrap import DatabaseUrls, bootstrap
from cli.launcher.ports import find_free_port
from cli.launcher.postgres import Cluster, init_cluster
from cli.launcher.postgres_binaries import find_postgres, make_runnable
from cli.launcher.service_account import find_service_account
from cli.launcher.stack import emulator_endpoint
from domain.outbox.queries import insert_message
from domain.scope import Scope
from runtime.aws import AwsEndpoint, Patience, aws_client
from runtime.database import Database
from runtime.provision import provision
from runtime.queues import Sender, Sent
from schema.enums import Topic
from schema.messages import ImageMessage
from tests.integration.conftest import PASSWORDS
from tests.services import end, reachable_folder, running_cluster, start_emulator
from workers.relay import IMPATIENT, run_relay

KEY_ID, SECRET, PREFIX = "PLtests", "secret", "outage"
HURRIED = Patience(connect_s=IMPATIENT.connect_s / 2, read_s=IMPATIENT.read_s / 2, attempts=IMPATIENT.attempts)


class Emulator:
    """A durable emulator that hangs, dies and comes back."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, find_free_port()
        self.endpoint = emulator_endpoint(port=self._port, key_id=KEY_ID, secret=SECRET)
        self.start()

    def start(self) -> None:
        self.process = start_emulator(self._folder, port=self._port, key_id=KEY_ID, is_durable=True)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    started = Emulator(tmp_path / "emulator")
    yield started
    end(started.process, signal.SIGTERM)


def make_queues(endpoint: AwsEndpoint, prefix: str) -> Any:
    provision(
        bucket=f"{prefix}-own",
        upload_bucket=f"{prefix}-up",
        queue_prefix=prefix,
        visibility_timeout_s=30,
        max_receives=5,
        endpoint=endpoint,
    )
    return aws_client("sqs", endpoint=endpoint)


def enqueue(app_url: str, numbers: Sequence[int]) -> None:
    database = Database(app_url, pool_size=1)
    try:
        with database.begin(Scope(1)) as session:
            for number in numbers:
                insert_message(session, Topic.IMAGES, number, ImageMessage(client_org=1, image_id=number))
    finally:
        database.close()


@contextmanager
def relaying(relay_url: str, sender: Sender) -> Iterator[threading.Thread]:
    database, stop = Database(relay_url, pool_size=3), threading.Event()
    thread = threading.Thread(target=run_relay, args=(database, sender, stop))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join()
        database.close()


def wait_for(what: str, condition: Any) -> None:
    for _ in range(1200):
        if condition():
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"waited in vain: {what}")


def left(admin: psycopg.Connection) -> int:
    row = admin.execute("SELECT count(*) FROM outbox").fetchone()
    assert row is not None
    return int(row[0])


def receive_all(sqs: Any, prefix: str) -> list[dict[str, Any]]:
    url = sqs.get_queue_url(QueueName=f"{prefix}-images")["QueueUrl"]
    found: list[dict[str, Any]] = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages", ()):
        for message in got:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [body for body in found if "body" in body]


def test_outage_of_sqs_delays_and_loses_nothing_and_holds_no_transaction_for_long(
    database_urls: DatabaseUrls, admin_url: str, emulator: Emulator
) -> None:
    sqs = make_queues(emulator.endpoint, PREFIX)
    sender = Sender(prefix=PREFIX, client=aws_client("sqs", endpoint=emulator.endpoint, patience=HURRIED))
    with (
        psycopg.connect(admin_url, autocommit=True) as admin,
        relaying(database_urls.relay, sender) as relay,
    ):
        enqueue(database_urls.app, range(20))
        wait_for("the first messages leave", lambda: left(admin) == 0)
        emulator.process.send_signal(signal.SIGSTOP)
        enqueue(database_urls.app, range(20, 40))
        longest_s = 0.0

        def was_tried_twice() -> bool:
            """Watch for how long a transaction that holds rows is open; the second one has another beginning."""
            nonlocal longest_s
            row = admin.execute(
                "SELECT extract(epoch FROM clock_timestamp() - xact_start), xact_start FROM pg_stat_activity "
                "WHERE state = 'idle in transaction' AND query LIKE '%%FOR UPDATE SKIP LOCKED%%' AND usename = %s",
                ("plumbline_relay",),
            ).fetchone()
            if row is not None:
                longest_s = max(longest_s, float(row[0]))
                began.add(row[1])
            return len(began) > 1

        began: set[object] = set()
        wait_for("a second try", was_tried_twice)
        emulator.kill()
        assert left(admin) == 20
        emulator.start()
        wait_for("the rest leaves", lambda: left(admin) == 0)
        assert relay.is_alive()
    # A hanging queue costs connecting and one reading; a busy machine may add to it.
    assert 0.5 < longest_s < HURRIED.connect_s + HURRIED.read_s + 5
    assert {e["body"]["image_id"] for e in receive_all(sqs, PREFIX)} == set(range(40))


class StoppingSender(Sender):
    """Has the database shut down when the queue has taken the third batch, before its rows are deleted."""

    def __init__(self, server: "subprocess.Popen[bytes]", *, prefix: str, client: Any) -> None:
        super().__init__(prefix=prefix, client=client)
        self._server, self._batches = server, 0

    def send(self, topic: Topic, messages: Sequence[tuple[int, str]]) -> Sent:
        sent = super().send(topic, messages)
        self._batches += 1
        if self._batches == 3:
            self._server.send_signal(signal.SIGINT)  # ends every connection at once
            self._server.wait()
        return sent


def test_restart_of_postgresql_under_the_relay_loses_nothing(tmp_path: Path, emulator_url: str) -> None:
    prefix, port = f"restart{find_free_port()}", find_free_port()
    endpoint = AwsEndpoint(emulator_url, "us-east-1", "test", "test")
    sqs = make_queues(endpoint, prefix)
    account = find_service_account()
    with reachable_folder(tmp_path) as folder:
        cluster = Cluster(make_runnable(find_postgres(), account), folder / "pg", account, "secret", is_durable=False)
        init_cluster(cluster)
        with running_cluster(cluster, folder / "log", port=port) as (server_url, server):
            urls = bootstrap(server_url, PASSWORDS)
            enqueue(urls.app, range(50))
            sender = StoppingSender(server, prefix=prefix, client=sqs)
            with relaying(urls.relay, sender) as relay:
                server.wait(30)
                with running_cluster(cluster, folder / "log", port=port) as (again_url, _):
                    enqueue(urls.app, range(50, 60))
                    with psycopg.connect(again_url, dbname="plumbline", autocommit=True) as admin:
                        wait_for("everything leaves", lambda: left(admin) == 0)
                    assert relay.is_alive()
    received = receive_all(sqs, prefix)
    assert {e["body"]["image_id"] for e in received} == set(range(60))
    ids = {e["body"]["image_id"]: e["id"] for e in received}
    times = Counter(e["id"] for e in received)
    # The third batch was taken, and could not be deleted: it came again under the same ids, and nothing else did.
    assert sorted(times[ids[number]] for number in range(60)) == [1] * 50 + [2] * 10
