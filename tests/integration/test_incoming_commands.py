"""What comes in by commands: folders of pictures, labels, sources and the quarantine, against a real API."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from cli.main import app
from plumbline_client.connection import Connection
from plumbline_client.errors import Unreachable
from tests.harness import Job, Stack, make_job
from tests.integration.listed import denying
from tests.integration.pictures import disc_png
from tests.integration.test_imports import coco
from tests.serving import served

Command = Callable[..., Result]


@pytest.fixture
def job(stack: Stack) -> Job:
    return make_job(stack, connect=False)


@pytest.fixture
def command(stack: Stack, job: Job, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Run a command as the client's manager."""
    with capture_logs(), served(stack) as api_url:
        monkeypatch.setenv("PLUMBLINE_API_URL", api_url)
        monkeypatch.setenv("PLUMBLINE_TOKEN", job.client.token)

        def run(*arguments: str, expect: int = 0) -> Result:
            done = CliRunner().invoke(app, list(arguments))
            code = done.exit_code if done.exception is None or isinstance(done.exception, SystemExit) else 1
            assert code == expect, (done.output, done.exception)
            return done

        yield run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "july").mkdir()
    for number in range(2):
        (tmp_path / "july" / f"{number}.png").write_bytes(disc_png(number))
    return tmp_path


def test_folder_is_uploaded_through_the_api_and_a_second_time_passed_over(
    job: Job, command: Command, folder: Path
) -> None:
    wanted = ("upload", str(folder), "--project", str(job.project_id))
    assert command(*wanted).stdout.startswith("2 pictures uploaded;")
    job.stack.pump()
    assert sorted(t["state"] for t in job.tasks()) == ["open", "open"]
    assert command(*wanted).stdout.startswith("0 pictures uploaded, 2 were there already;")


def test_upload_that_broke_off_is_resumed(
    job: Job, command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ("upload", str(folder), "--project", str(job.project_id))

    def break_off(*_: object) -> None:
        raise Unreachable("the API does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "put_bytes", break_off)
        command(*wanted, expect=1)
    assert len(job.client.call("GET", "/v1/uploads?state=open")["items"]) == 1
    command(*wanted)
    assert [u["state"] for u in job.client.call("GET", "/v1/uploads")["items"]] == ["complete", "complete"]


def test_import_waits_and_tells_its_problems_by_its_exit_code(job: Job, command: Command, folder: Path) -> None:
    command("upload", str(folder), "--project", str(job.project_id))
    job.stack.pump()
    (folder / "good.json").write_bytes(coco({"july/0.png": [{}]}))
    (folder / "bad.json").write_bytes(coco({"nowhere.png": [{}]}))
    stop = threading.Event()
    worker = threading.Thread(target=lambda: [job.stack.pump() for _ in iter(lambda: stop.wait(0.1), True)])
    worker.start()
    try:
        as_accepted = ("--project", str(job.project_id), "--as", "accepted")
        done = json.loads(command("import", "coco", str(folder / "good.json"), *as_accepted, "--json").stdout)
        assert (done["state"], done["counts"]["tasks_changed"]) == ("complete", 1)
        assert "nowhere.png" in command("import", "coco", str(folder / "bad.json"), *as_accepted, expect=1).stdout
    finally:
        stop.set()
        worker.join()


def test_source_is_added_verified_tested_and_fed(job: Job, command: Command) -> None:
    bucket = job.stack.new_bucket()
    added = json.loads(command("source", "add", bucket, "--name", "Field", "--json").stdout)
    number = str(added["id"])
    command("source", "verify", number, expect=1)
    job.stack.put(bucket, added["proof_key"], added["nonce"].encode())
    command("source", "verify", number)
    assert "warning" in command("source", "test", number).stdout
    command("source", "feed", number, "--project", str(job.project_id))
    command("source", "reconcile", number)
    job.stack.reconcile(sources=3)
    assert added["external_id"] in command("source", "setup", number, "--terraform").stdout
    command("source", "unfeed", number, "--project", str(job.project_id))
    [feed] = json.loads(command("source", "feeds", number, "--json").stdout)
    assert feed["ended_at"] is not None
    assert "Field" in command("source", "list").stdout


@contextmanager
def relaying(job: Job) -> Iterator[None]:
    """List the job's bucket again and again meanwhile."""
    stop = threading.Event()

    def list_it() -> None:
        while not stop.wait(0.2):
            job.stack.reconcile(sources=1)

    relay = threading.Thread(target=list_it)
    relay.start()
    try:
        yield
    finally:
        stop.set()
        relay.join()


def test_whoever_waits_for_a_listing_is_told_when_it_has_ended(job: Job, command: Command) -> None:
    with relaying(job):
        done = command("source", "reconcile", str(job.source_id), "--wait")
    assert "was listed from end to end" in done.stdout


def test_whoever_waits_for_a_listing_is_told_why_it_failed(job: Job, command: Command) -> None:
    buckets = job.stack.work.sources
    object.__setattr__(job.stack.work, "sources", denying())
    job.stack.reconcile(sources=1)
    with relaying(job):
        failed = command("source", "reconcile", str(job.source_id), "--wait", expect=1)
    assert "AccessDenied" in f"{failed.exception} {failed.output}"
    # It is over: the same failure, from before the asking, ends no waiting.
    object.__setattr__(job.stack.work, "sources", buckets)
    with relaying(job):
        command("source", "reconcile", str(job.source_id), "--wait")


def test_pictures_put_aside_are_listed_retried_and_discarded(job: Job, command: Command) -> None:
    job.stack.put(job.bucket, "a.gif", b"GIF89a")
    job.stack.pump()
    [image] = json.loads(command("image", "list", "--state", "quarantined", "--json").stdout)
    number = str(image["id"])
    assert "1 images read again" in command("image", "retry", number).stdout
    job.stack.pump()
    assert "1 images discarded" in command("image", "discard", number, "--reason", "no photograph").stdout
    assert json.loads(command("image", "show", number).stdout)["detail"] == "no photograph"
