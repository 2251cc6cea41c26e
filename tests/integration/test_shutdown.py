"""A worker process as it runs, told to end while it works: by its machine that goes, and by a signal."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from cli.launcher.ports import find_free_port
from cli.launcher.stack import aws_environment
from cli.launcher.state import ProcessId, source_root
from schema.enums import Topic
from tests.harness import Stack
from tests.integration.machines import FakeMachine, fake_machine

WAIT_S = 20.0
# Nothing comes back by itself within a test.
HIDDEN_S = 600


def until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not happened():
        assert time.monotonic() < deadline, f"{what}: not in {WAIT_S:g} s"
        time.sleep(0.05)


class Worker:
    """A consumer of `decide` in a process of its own, whose handler waits for a file."""

    def __init__(self, stack: Stack, machine: FakeMachine, folder: Path, *, drain_s: float) -> None:
        self.port = find_free_port()
        self.log = folder / "log"
        database_url = stack.settings.database_url.get_secret_value()
        environment = {name: v for name, v in os.environ.items() if not name.startswith(("AWS_", "PLUMBLINE_"))}
        environment |= aws_environment(stack.endpoint) | machine.environment
        environment |= {
            "AWS_EC2_METADATA_DISABLED": "false",
            "PLUMBLINE_DATABASE_URL": database_url,
            "PLUMBLINE_BUCKET": stack.settings.bucket,
            "PLUMBLINE_QUEUE_PREFIX": stack.settings.queue_prefix,
            "PLUMBLINE_VISIBILITY_TIMEOUT_S": str(HIDDEN_S),
            "PLUMBLINE_DRAIN_S": str(drain_s),
            "PLUMBLINE_METRICS_PORT": str(self.port),
        }
        argv = [sys.executable, "-m", "tests.integration.slow_worker", "consume", "--topics", Topic.DECIDE.value]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                argv, env=environment, cwd=source_root(), stdout=log, stderr=log, start_new_session=True
            )
        machine.processes["worker"] = ProcessId.find(self.process.pid)

    def health(self) -> tuple[int, str]:
        """What /healthz says; 0 when nothing answers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())["status"]
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def lines(self, event: str) -> list[dict[str, Any]]:
        found = (json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [line for line in found if line["event"] == event]


@contextmanager
def running(worker: Worker) -> Iterator[Worker]:
    try:
        yield worker
    finally:
        worker.process.kill()
        worker.process.wait()


@pytest.fixture
def machine() -> Iterator[FakeMachine]:
    with fake_machine() as machine:
        yield machine


def begin_work(stack: Stack, worker: Worker, file: Path) -> None:
    """Send a message that is handled until the file is there, and return when it is being handled."""
    stack.sqs.send_message(QueueUrl=stack.queue_url(Topic.DECIDE), MessageBody=json.dumps({"until": str(file)}))
    until(file.with_suffix(".begun").exists, "the handler has begun")


def visible(stack: Stack) -> list[str]:
    answer = stack.sqs.receive_message(QueueUrl=stack.queue_url(Topic.DECIDE), WaitTimeSeconds=0)
    return [message["Body"] for message in answer.get("Messages", ())]


def hidden(stack: Stack) -> int:
    name = "ApproximateNumberOfMessagesNotVisible"
    answer = stack.sqs.get_queue_attributes(QueueUrl=stack.queue_url(Topic.DECIDE), AttributeNames=[name])
    return int(answer["Attributes"][name])


def test_worker_whose_machine_goes_finishes_what_it_does(stack: Stack, machine: FakeMachine, tmp_path: Path) -> None:
    file = tmp_path / "go"
    with running(Worker(stack, machine, tmp_path, drain_s=WAIT_S)) as worker:
        begin_work(stack, worker, file)
        until(machine.is_protected, "the busy worker is protected")
        assert worker.health() == (200, "ok")
        machine.give_notice()
        until(lambda: worker.health() == (503, "draining"), "the worker drains")
        file.touch()
        assert worker.process.wait(WAIT_S) == 0, worker.log.read_text()
        assert [line["reason"] for line in worker.lines("worker_stopping")] == ["spot_terminate"]
        assert worker.lines("task_released")
        assert (visible(stack), hidden(stack)) == ([], 0)


def test_work_that_outlasts_the_deadline_is_visible_to_others_at_once(
    stack: Stack, machine: FakeMachine, tmp_path: Path
) -> None:
    file = tmp_path / "never"
    with running(Worker(stack, machine, tmp_path, drain_s=0.2)) as worker:
        begin_work(stack, worker, file)
        assert hidden(stack) == 1
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(WAIT_S) == 0, worker.log.read_text()
        assert [line["reason"] for line in worker.lines("worker_stopping")] == ["SIGTERM"]
        assert visible(stack) == [json.dumps({"until": str(file)})]
