"""A model is looked at by one worker at a time, however often its message comes, and by another when that one dies."""

import dataclasses
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from botocore.exceptions import EndpointConnectionError

from schema.enums import Topic
from tests.harness import Job, Stack, make_job
from tests.integration.crash_points import ROOT
from tests.integration.registered import lose_hold, pack, upload_file
from tests.unit.models import onnx_networks
from workers.handlers import held_model, models

GOOD = pack(model_onnx=onnx_networks.yolo_v8(), classes_txt=b"bright\ndark\n")


@pytest.fixture
def job(stack: Stack) -> Job:
    return make_job(stack, connect=False)


@pytest.fixture
def asked(job: Job) -> tuple[int, str]:
    """A version that nobody has looked at yet, and its message."""
    wanted = {"upload_id": upload_file(job.client, GOOD), "name": "colours"}
    asked = job.client.call("POST", "/v1/models", json=wanted)
    job.stack.relay()
    [message] = job.stack.receive_all(Topic.MODEL)
    return int(asked["id"]), message


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What happens while a model is looked at, a step each time it is; what is left over never was."""
    steps: list[Callable[[], None]] = []
    look = models.validate_archive

    def step_by_step(*arguments: Any, **options: Any) -> Any:
        card = look(*arguments, **options)
        steps.pop(0)()
        return card

    monkeypatch.setattr(models, "validate_archive", step_by_step)
    return steps


def state(job: Job, model_version_id: int) -> str:
    return str(job.client.call("GET", f"/v1/models/{model_version_id}")["state"])


def waits_since(admin_url: str, model_version_id: int) -> datetime:
    with psycopg.connect(admin_url) as admin:
        row = admin.execute("SELECT state_since FROM model_version WHERE id = %s", [model_version_id]).fetchone()
    assert row is not None
    since: datetime = row[0]
    return since


def test_message_that_comes_twice_at_once_is_looked_at_once(
    job: Job, asked: tuple[int, str], looked: list[Callable[[], None]]
) -> None:
    version_id, message = asked
    second_ended = threading.Event()

    def wait_for_second() -> None:
        assert second_ended.wait(30)

    looked += [wait_for_second, lambda: None]
    first = threading.Thread(target=job.stack.deliver, args=(Topic.MODEL, message))
    first.start()
    while len(looked) == 2:
        first.join(0.01)
    job.stack.deliver(Topic.MODEL, message)
    assert state(job, version_id) == "validating"
    second_ended.set()
    first.join(30)
    assert (state(job, version_id), len(looked)) == ("ready", 1)


def test_sweep_neither_announces_nor_gives_up_what_a_worker_looks_at(
    job: Job, asked: tuple[int, str], looked: list[Callable[[], None]]
) -> None:
    version_id, message = asked

    def sweep() -> None:
        for _ in range(job.stack.settings.max_resends + 2):
            job.stack.sweep()
        assert job.stack.relay() == 0

    looked.append(sweep)
    job.stack.deliver(Topic.MODEL, message)
    assert state(job, version_id) == "ready"


def test_hold_is_renewed_while_a_worker_looks(
    job: Job,
    asked: tuple[int, str],
    looked: list[Callable[[], None]],
    admin_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version_id, message = asked
    monkeypatch.setattr(held_model, "RENEW_EVERY_S", 0.05)

    def wait_for_renewals() -> None:
        before, deadline = waits_since(admin_url, version_id), time.monotonic() + 10
        while waits_since(admin_url, version_id) <= before:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    looked.append(wait_for_renewals)
    job.stack.deliver(Topic.MODEL, message)
    assert state(job, version_id) == "ready"


def test_hold_that_another_worker_took_over_is_neither_renewed_nor_ended(
    job: Job, asked: tuple[int, str], looked: list[Callable[[], None]], admin_url: str
) -> None:
    version_id, message = asked
    theirs: list[datetime] = []

    def be_overtaken() -> None:
        lose_hold(job, version_id)
        theirs.append(waits_since(admin_url, version_id))
        raise EndpointConnectionError(endpoint_url="s3")

    looked.append(be_overtaken)
    with pytest.raises(EndpointConnectionError):
        job.stack.deliver(Topic.MODEL, message)
    assert [waits_since(admin_url, version_id)] == theirs


def test_fault_of_a_part_that_is_away_leaves_the_version_to_the_next_delivery(
    job: Job, asked: tuple[int, str], looked: list[Callable[[], None]]
) -> None:
    version_id, message = asked

    def lose_s3() -> None:
        raise EndpointConnectionError(endpoint_url="s3")

    looked += [lose_s3, lambda: None]
    with pytest.raises(EndpointConnectionError):
        job.stack.deliver(Topic.MODEL, message)
    job.stack.deliver(Topic.MODEL, message)
    assert state(job, version_id) == "ready"


def kill_worker(stack: Stack, message: str, folder: Path) -> None:
    """Have a process of its own handle the message, and killed once the model was looked at."""
    source = Path(models.__file__).read_text(encoding="utf-8").splitlines()
    line = 1 + next(i for i, text in enumerate(source) if text.strip() == "prefix = _prefix(row)")
    settings = {"database_url": stack.settings.database_url.get_secret_value()}
    told = {
        "settings": settings | stack.settings.model_dump(include={"bucket", "queue_prefix", "database_pool_size"}),
        "endpoint": dataclasses.astuple(stack.endpoint),
        "topic": Topic.MODEL.value,
        "body": message,
        "place": f"workers/handlers/models.py:{line}",
    }
    argv = [sys.executable, "-m", "tests.integration.killed_worker"]
    environment = {"TMPDIR": str(folder), "PATH": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        argv, input=json.dumps(told), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]


def test_worker_that_was_killed_keeps_neither_its_version_nor_its_disk(
    job: Job, asked: tuple[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_id, message = asked
    kill_worker(job.stack, message, tmp_path)
    [left] = tmp_path.iterdir()
    assert left.name.startswith("plumbline-model-")
    job.stack.deliver(Topic.MODEL, message)
    assert state(job, version_id) == "validating"  # nothing tells yet that its worker is dead
    lose_hold(job, version_id)  # as time does
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    job.stack.sweep()
    job.stack.pump()
    assert (state(job, version_id), list(tmp_path.iterdir())) == ("ready", [])
