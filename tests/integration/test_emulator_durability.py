"""The emulator keeps what it acknowledged through kill -9, serves our key alone, and ministack still has the private
functions that this rests on."""

import asyncio
import inspect
import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from ministack.core import persistence
from ministack.services import s3, sqs

from cli.launcher.durable import DurableApp, Journal
from cli.launcher.ports import find_free_port
from cli.launcher.stack import emulator_endpoint
from runtime.aws import AwsEndpoint, aws_client
from runtime.provision import SPARE_RECEIVES, connect_bucket, provision
from schema.enums import Topic
from tests.services import end, start_emulator

KEY_ID = "PLtests"


class Emulator:
    """A durable emulator that can be killed and started again on its state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = find_free_port()
        self.endpoint: AwsEndpoint = emulator_endpoint(port=self._port, key_id=KEY_ID, secret="secret")
        self._process = self._start()

    def _start(self) -> Any:
        return start_emulator(self._folder, port=self._port, key_id=KEY_ID, is_durable=True)

    def kill_and_restart(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process = self._start()

    def restart_cleanly(self) -> None:
        self.stop()
        self._process = self._start()

    def stop(self) -> None:
        end(self._process, signal.SIGTERM)

    def client(self, name: Any) -> Any:
        return aws_client(name, endpoint=self.endpoint)


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    server = Emulator(tmp_path / "emulator")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator for the tests that kill nothing."""
    server = Emulator(tmp_path_factory.mktemp("shared"))
    yield server
    server.stop()


def _provision(emulator: Emulator) -> dict[Topic, str]:
    queues = provision(
        bucket="own",
        upload_bucket="own-uploads",
        queue_prefix="pl",
        visibility_timeout_s=60,
        max_receives=2,
        endpoint=emulator.endpoint,
    )
    return {topic: queue.url for topic, queue in queues.items()}


def _drain(client: Any, url: str, *, wanted: int, timeout_s: float = 10.0) -> list[str]:
    bodies: list[str] = []
    deadline = time.monotonic() + timeout_s
    while len(bodies) < wanted and time.monotonic() < deadline:
        for message in client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get(
            "Messages", []
        ):
            bodies.append(message["Body"])
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def _event_keys(bodies: list[str]) -> list[str]:
    records = [record for body in bodies for record in json.loads(body).get("Records", [])]
    return [record["s3"]["object"]["key"] for record in records]


def _status(emulator: Emulator, path: str, *, method: str = "POST") -> int:
    request = urllib.request.Request(
        f"{emulator.endpoint.url}{path}", method=method, data=b"" if method == "POST" else None
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_acknowledged_messages_outlive_a_kill(emulator: Emulator) -> None:
    url = _provision(emulator)[Topic.PRELABEL]
    client = emulator.client("sqs")

    def send(batch: int) -> list[str]:
        entries = [{"Id": str(i), "MessageBody": f"{batch}-{i}"} for i in range(10)]
        client.send_message_batch(QueueUrl=url, Entries=entries)
        return [entry["MessageBody"] for entry in entries]

    with ThreadPoolExecutor(4) as pool:
        sent = [body for bodies in pool.map(send, range(12)) for body in bodies]
    emulator.kill_and_restart()
    assert sorted(_drain(client, url, wanted=len(sent))) == sorted(sent)


def test_deleted_messages_stay_deleted_after_a_kill(emulator: Emulator) -> None:
    url = _provision(emulator)[Topic.DECIDE]
    client = emulator.client("sqs")
    client.send_message(QueueUrl=url, MessageBody="once")
    assert _drain(client, url, wanted=1) == ["once"]
    emulator.kill_and_restart()
    client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
    assert _drain(client, url, wanted=1, timeout_s=0.5) == []


def test_a_bucket_still_announces_its_objects_after_a_kill(emulator: Emulator) -> None:
    url = _provision(emulator)[Topic.IMAGES]
    connect_bucket("client", prefix="in/", queue_prefix="pl", endpoint=emulator.endpoint)
    emulator.kill_and_restart()
    emulator.client("s3").put_object(Bucket="client", Key="in/a b.jpg", Body=b"pixels")
    assert "in/a+b.jpg" in _event_keys(_drain(emulator.client("sqs"), url, wanted=2))


def test_the_event_of_an_acknowledged_upload_outlives_a_kill(emulator: Emulator) -> None:
    url = _provision(emulator)[Topic.IMAGES]
    connect_bucket("client", prefix="", queue_prefix="pl", endpoint=emulator.endpoint)
    for number in range(5):
        emulator.client("s3").put_object(Bucket="client", Key=f"{number}.jpg", Body=b"pixels")
    emulator.kill_and_restart()
    keys = _event_keys(_drain(emulator.client("sqs"), url, wanted=6))
    assert sorted(keys) == [f"{number}.jpg" for number in range(5)]


def test_an_uploaded_object_outlives_a_kill(emulator: Emulator) -> None:
    _provision(emulator)
    emulator.client("s3").put_object(Bucket="own", Key="org/1/a", Body=b"bytes")
    emulator.kill_and_restart()
    assert emulator.client("s3").get_object(Bucket="own", Key="org/1/a")["Body"].read() == b"bytes"


def test_a_clean_stop_keeps_messages_too(emulator: Emulator) -> None:
    url = _provision(emulator)[Topic.RELEASE]
    emulator.client("sqs").send_message(QueueUrl=url, MessageBody="kept")
    emulator.restart_cleanly()
    assert _drain(emulator.client("sqs"), url, wanted=1) == ["kept"]


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config"])
def test_administration_of_the_emulator_is_refused(shared: Emulator, path: str) -> None:
    assert _status(shared, path) == 403


def test_a_request_without_our_key_is_refused(shared: Emulator) -> None:
    stranger = AwsEndpoint(shared.endpoint.url, shared.endpoint.region, "somebody", "else")
    with pytest.raises(ClientError, match="403"):
        aws_client("s3", endpoint=stranger).head_bucket(Bucket="own")
    assert _status(shared, "/own", method="GET") == 403


def test_provisioning_twice_changes_nothing(shared: Emulator) -> None:
    assert _provision(shared) == _provision(shared)


def test_a_message_received_too_often_goes_to_its_dead_letter_queue(shared: Emulator) -> None:
    url = _provision(shared)[Topic.DECIDE]
    client = shared.client("sqs")
    client.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(2 + SPARE_RECEIVES + 1):
        client.receive_message(QueueUrl=url, VisibilityTimeout=0, WaitTimeSeconds=0)
    dead = client.get_queue_url(QueueName="pl-decide-dead")["QueueUrl"]
    assert _drain(client, dead, wanted=1) == ["poison"]


def test_connecting_a_second_prefix_keeps_the_first(shared: Emulator) -> None:
    _provision(shared)
    for prefix in ("a/", "b/", "b/"):
        connect_bucket("client", prefix=prefix, queue_prefix="pl", endpoint=shared.endpoint)
    present = shared.client("s3").get_bucket_notification_configuration(Bucket="client")["QueueConfigurations"]
    values = sorted(entry["Filter"]["Key"]["FilterRules"][0]["Value"] for entry in present)
    assert values == ["a/", "b/"]


def test_a_write_that_cannot_be_stored_is_answered_503(tmp_path: Path) -> None:
    async def accept(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    journal = Journal(tmp_path / "not there", {"sqs": lambda: b"state"})
    app = DurableApp(accept, journal, states=["sqs"], key_id=None)
    asyncio.run(app({"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}, receive, send))
    assert [message.get("status") for message in sent] == [503, None]


def test_ministack_still_has_the_private_functions_that_durability_rests_on() -> None:
    event = inspect.signature(s3._fire_s3_event).parameters
    assert list(event)[:3] == ["bucket_name", "key", "event_name"]
    assert set(inspect.signature(s3._fire_s3_event_async).parameters) | {"sequencer", "restore_event_data"} == set(
        event
    )
    assert list(inspect.signature(s3._fire_s3_test_event).parameters) == ["bucket_name"]
    assert set(sqs.get_state()) == {"queues", "queue_name_to_url"}
    assert callable(s3.get_state)
    assert callable(persistence._json_default)
    assert isinstance(persistence._state_format_version("sqs"), int)


def test_a_snapshot_has_the_bytes_that_ministack_itself_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Imported here: at its import the module reads nothing, but it is meant for the child process alone.
    from cli.launcher.emulator import states

    monkeypatch.setattr(persistence, "PERSIST_STATE", True)
    monkeypatch.setattr(persistence, "STATE_DIR", str(tmp_path))
    for name, module in (("s3", s3), ("sqs", sqs)):
        persistence.save_state(name, module.get_state())
        assert states()[name]() == (tmp_path / f"{name}.json").read_bytes()
