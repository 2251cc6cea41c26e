"""Runs by real consumers: one that is killed in the middle, pictures that cannot be run, a model that dies of one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import text

from cli.launcher.stack import aws_environment
from cli.launcher.state import source_root
from domain.ingest.keys import working_key
from domain.scope import Scope
from schema.enums import Topic
from tests.harness import Job, Stack, make_job
from tests.integration.modelled import start_run
from tests.integration.pictures import disc_png
from tests.integration.real_loop import consume
from tests.integration.registered import bring, map_classes, pack
from tests.unit.models import onnx_networks
from workers.handlers import HANDLERS

PICTURES, STORED = 6, 2
ARCHIVE = pack(model_onnx=onnx_networks.yolo_v8(height=64, width=64, colours=("bright",)), classes_txt=b"bright\n")
WAIT_S = 60.0
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("aws")]


@pytest.fixture
def job(stack: Stack) -> Job:
    made = make_job(stack)
    for number in range(PICTURES):
        stack.put(made.bucket, f"{number}.png", disc_png(number))
    stack.pump()
    return made


@pytest.fixture
def mapping_id(stack: Stack, job: Job) -> int:
    return map_classes(job.client, job.project_id, bring(stack, job.client, ARCHIVE), {0: 1})


def show(job: Job, run: dict[str, Any]) -> dict[str, Any]:
    return dict(job.client.call("GET", f"/v1/projects/{job.project_id}/runs/{run['id']}"))


def outputs(job: Job) -> dict[int, Any]:
    """What is stored of images, by their ids."""
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        return {row[0]: row[1] for row in session.execute(text("SELECT image_id, objects FROM model_output"))}


def predictions(job: Job) -> list[int]:
    """How many predictions each image has."""
    return [len(job.client.call("GET", f"/v1/images/{image['id']}/predictions")["items"]) for image in job.images()]


def work_until_complete(stack: Stack, job: Job, run: dict[str, Any]) -> dict[str, Any]:
    """Have a consumer work while the relay sends."""

    def is_over() -> bool:
        stack.relay()
        return show(job, run)["state"] != "running"

    consume(stack, Topic.RUN, HANDLERS[Topic.RUN], until=is_over, timeout_s=WAIT_S)
    return show(job, run)


@contextmanager
def stalled_worker(stack: Stack, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[psutil.Process], Path]]:
    """Yield a worker that has stored some results of its chunk and goes no further, its models, and what holds it."""
    stalled = folder / "stalled"
    environment = {name: v for name, v in os.environ.items() if not name.startswith(("AWS_", "PLUMBLINE_"))}
    environment |= aws_environment(stack.endpoint)
    environment |= {
        "PLUMBLINE_DATABASE_URL": stack.settings.database_url.get_secret_value(),
        "PLUMBLINE_BUCKET": stack.settings.bucket,
        "PLUMBLINE_QUEUE_PREFIX": stack.settings.queue_prefix,
        "PLUMBLINE_VISIBILITY_TIMEOUT_S": "2",
        "PLUMBLINE_DRAIN_S": "0.1",
        "PLUMBLINE_LOG_LEVEL": "WARNING",
        "STALL_AFTER": str(STORED),
        "STALLED": str(stalled),
    }
    argv = [sys.executable, "-m", "tests.integration.stalling_predictor", "consume", "--topics", "run"]
    worker = subprocess.Popen(argv, env=environment, cwd=source_root(), start_new_session=True)
    try:
        deadline = time.monotonic() + WAIT_S
        while not stalled.exists():
            stack.relay()
            assert worker.poll() is None, "the worker ended by itself"
            assert time.monotonic() < deadline, "the worker never came to its chunk"
            time.sleep(0.05)
        yield worker, psutil.Process(worker.pid).children(recursive=True), stalled
    finally:
        worker.kill()
        worker.wait()


def test_worker_killed_in_the_middle_of_a_chunk_is_followed_by_one_that_computes_the_rest(
    stack: Stack, job: Job, mapping_id: int, tmp_path: Path
) -> None:
    run = start_run(job, mapping_id)
    with stalled_worker(stack, tmp_path) as (worker, models, _):
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert models
    assert psutil.wait_procs(models, timeout=10)[1] == [], "a model outlived its worker"
    before = outputs(job)
    assert (len(before), show(job, run)["done"]) == (STORED, 0)

    done = work_until_complete(stack, job, run)
    assert (done["state"], done["done"], done["failed"]) == ("complete", PICTURES, 0)
    after = outputs(job)
    assert len(after) == PICTURES
    assert {image: after[image] for image in before} == before
    assert predictions(job) == [1] * PICTURES


def test_worker_told_to_go_leaves_a_chunk_that_outlasts_its_drain_to_another(
    stack: Stack, job: Job, mapping_id: int, tmp_path: Path
) -> None:
    run = start_run(job, mapping_id)
    with stalled_worker(stack, tmp_path) as (worker, models, stalled):
        worker.send_signal(signal.SIGTERM)
        assert psutil.wait_procs(models, timeout=WAIT_S)[1] == []
        stalled.unlink()
        assert worker.wait(WAIT_S) == 0
    done = work_until_complete(stack, job, run)
    assert (done["state"], done["done"], done["failed"]) == ("complete", PICTURES, 0)
    assert predictions(job) == [1] * PICTURES


def test_picture_that_cannot_be_read_is_a_problem_of_its_own(stack: Stack, job: Job, mapping_id: int) -> None:
    lost = job.images()[2]
    key = working_key(client_org=job.client.organisation_id, sha256=lost["sha256"])
    stack.s3.delete_object(Bucket=stack.settings.bucket, Key=key)
    run = start_run(job, mapping_id)
    done = work_until_complete(stack, job, run)
    assert (done["state"], done["done"], done["failed"]) == ("complete", PICTURES - 1, 1)
    assert lost["id"] not in outputs(job)


def test_run_that_is_paused_computes_nothing_until_it_is_resumed(stack: Stack, job: Job, mapping_id: int) -> None:
    run = start_run(job, mapping_id)
    path = f"/v1/projects/{job.project_id}/runs/{run['id']}"
    job.client.call("POST", f"{path}/pause")
    stack.pump()
    assert outputs(job) == {}
    job.client.call("POST", f"{path}/resume")
    done = work_until_complete(stack, job, run)
    assert (done["state"], done["done"]) == ("complete", PICTURES)


def test_model_that_is_retired_pauses_the_run_until_it_is_restored(stack: Stack, job: Job, mapping_id: int) -> None:
    run = start_run(job, mapping_id)
    job.client.call("POST", f"/v1/models/{run['model_version_id']}/retire")
    paused = work_until_complete(stack, job, run)
    assert (paused["state"], paused["done"], paused["failed"]) == ("paused", 0, 0)
    assert "retired" in paused["reason"]
    job.client.call("POST", f"/v1/models/{run['model_version_id']}/restore")
    job.client.call("POST", f"/v1/projects/{job.project_id}/runs/{run['id']}/resume")
    done = work_until_complete(stack, job, run)
    assert (done["state"], done["done"], done["reason"]) == ("complete", PICTURES, None)


def test_files_that_are_gone_from_the_bucket_pause_the_run_and_say_so(stack: Stack, job: Job, mapping_id: int) -> None:
    run = start_run(job, mapping_id)
    version = job.client.call("GET", f"/v1/models/{run['model_version_id']}")
    for file in version["card"]["files"]:
        key = f"org/{job.client.organisation_id}/models/{version['id']}/{file['name']}"
        stack.s3.delete_object(Bucket=stack.settings.bucket, Key=key)
    paused = work_until_complete(stack, job, run)
    assert (paused["state"], paused["done"], paused["failed"]) == ("paused", 0, 0)
    assert "upload it again" in paused["reason"]
