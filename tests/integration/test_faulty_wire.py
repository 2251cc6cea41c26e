"""The faulty wire of `make chaos` does what it says to messages, and nothing to anything else."""

import itertools
import json
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from bench.chaos.faults import Fates, Fault, identity_of
from bench.chaos.proxy import FAULTS, HEALTH
from cli.launcher.child import die_with_launcher
from cli.launcher.ports import find_free_port
from cli.launcher.stack import python_argv
from cli.launcher.state import source_root
from runtime.aws import AwsEndpoint, aws_client
from tests.services import end

SEED = 5
START_TIMEOUT_S = 60.0
COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
FATES = Fates(seed=SEED, share=1.0)
_numbers = itertools.count(1)


def of_fault(fault: Fault, make: Any) -> str:
    """Return a message that meets this fault."""
    return next(text for text in map(make, range(1000)) if FATES.of(identity_of(text)[0]).fault is fault)


def ours(number: int) -> str:
    return json.dumps({"id": f"message {number}", "body": {}})


def event(number: int) -> str:
    thing = {"key": "a.png", "sequencer": str(number)}
    return json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": thing}}]})


@pytest.fixture(scope="module")
def wire_url(emulator_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a wire before the session's emulator on which every message meets a fault."""
    port = find_free_port()
    arguments = ("--port", str(port), "--upstream", emulator_url, "--seed", str(SEED), "--share", "1.0")
    log = tmp_path_factory.mktemp("wire") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            python_argv("bench.chaos.proxy", *arguments),
            cwd=source_root(),
            stdout=output,
            stderr=output,
            preexec_fn=die_with_launcher(signal.SIGTERM),
        )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_TIMEOUT_S
    while not answers(url + HEALTH):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    yield url
    end(process, signal.SIGTERM)


def answers(url: str) -> bool:
    try:
        return bool(open_directly(url).status == 200)
    except OSError:
        return False


def open_directly(url: str) -> Any:
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=3)


class Queue:
    """A queue of the test's own, through the wire and straight at the emulator."""

    def __init__(self, wire_url: str, emulator_url: str, name: str) -> None:
        self.wire, self.straight = (
            aws_client("sqs", endpoint=AwsEndpoint(url, "us-east-1", "test", "test"))
            for url in (wire_url, emulator_url)
        )
        self.url = self.wire.create_queue(QueueName=name)["QueueUrl"]

    def count(self) -> int:
        """Count all messages of the queue, hidden and delayed ones too."""
        found = self.straight.get_queue_attributes(QueueUrl=self.url, AttributeNames=list(COUNTS))["Attributes"]
        return sum(int(found[name]) for name in COUNTS)

    def receive(self) -> list[str]:
        got = self.wire.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        return [message["Body"] for message in got.get("Messages", ())]


@pytest.fixture
def queue(wire_url: str, emulator_url: str) -> Queue:
    return Queue(wire_url, emulator_url, f"wire-{next(_numbers)}")


@pytest.mark.parametrize(
    ("fault", "held"), [(Fault.DROP, 0), (Fault.DUPLICATE, 2), (Fault.DELAY, 1), (Fault.REORDER, 1)]
)
def test_message_of_ours_is_said_to_be_taken_whatever_becomes_of_it(queue: Queue, fault: Fault, held: int) -> None:
    entries = [{"Id": "7", "MessageBody": of_fault(fault, ours)}]
    answer = queue.wire.send_message_batch(QueueUrl=queue.url, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["7"]
    assert queue.count() == held


def test_late_message_of_ours_is_not_there_at_once(queue: Queue) -> None:
    queue.wire.send_message(QueueUrl=queue.url, MessageBody=of_fault(Fault.DELAY, ours))
    assert (queue.receive(), queue.count()) == ([], 1)


@pytest.mark.parametrize(
    ("fault", "received", "held"),
    [(Fault.DROP, 0, 0), (Fault.DUPLICATE, 1, 2), (Fault.DELAY, 0, 1), (Fault.REORDER, 0, 1)],
)
def test_event_of_s3_meets_its_fault_when_it_is_received(queue: Queue, fault: Fault, received: int, held: int) -> None:
    queue.straight.send_message(QueueUrl=queue.url, MessageBody=of_fault(fault, event))
    assert (len(queue.receive()), queue.count()) == (received, held)


def test_event_that_was_put_off_comes_later(queue: Queue) -> None:
    text = of_fault(Fault.REORDER, event)
    queue.straight.send_message(QueueUrl=queue.url, MessageBody=text)
    assert queue.receive() == []
    got = queue.wire.receive_message(QueueUrl=queue.url, WaitTimeSeconds=20)["Messages"]
    assert [message["Body"] for message in got] == [text]


def test_dead_letters_are_left_alone(wire_url: str, emulator_url: str) -> None:
    dead = Queue(wire_url, emulator_url, "wire-images-dead")
    dead.wire.send_message(QueueUrl=dead.url, MessageBody=of_fault(Fault.DROP, ours))
    assert dead.count() == 1


def test_faults_are_counted(queue: Queue, wire_url: str) -> None:
    queue.wire.send_message(QueueUrl=queue.url, MessageBody=of_fault(Fault.DROP, ours))
    with open_directly(wire_url + FAULTS) as answer:
        assert json.load(answer)["internal_drop"] >= 1


def test_refusal_of_the_emulator_reaches_the_client(queue: Queue) -> None:
    with pytest.raises(queue.wire.exceptions.QueueDoesNotExist):
        queue.wire.receive_message(QueueUrl=queue.url + "-of-nobody")
