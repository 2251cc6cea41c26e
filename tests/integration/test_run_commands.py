"""Runs and prediction sets by commands and by the client, against a real API; the model itself is made up."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from cli.main import app
from domain.scope import Scope
from plumbline_client import Client, PlumblineError
from schema.models import RunFilter
from tests.harness import Job, Stack, make_job
from tests.integration.modelled import add_mapping, add_model, one_coin, raw, work_off
from tests.integration.pictures import disc_png
from tests.serving import served

Command = Callable[..., Result]


@pytest.fixture
def job(stack: Stack) -> Job:
    made = make_job(stack)
    for number in range(3):
        stack.put(made.bucket, f"{number}.png", disc_png(number))
    stack.pump()
    return made


@pytest.fixture
def api_url(job: Job) -> Iterator[str]:
    with capture_logs(), served(job.stack) as url:
        yield url


@pytest.fixture
def command(job: Job, api_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command as the client's manager, with the project's id after the verb."""
    monkeypatch.setenv("PLUMBLINE_API_URL", api_url)
    monkeypatch.setenv("PLUMBLINE_TOKEN", job.client.token)

    def run(verb: str, *arguments: object, expect: int = 0) -> Result:
        done = CliRunner().invoke(app, ["run", verb, str(job.project_id), *map(str, arguments)])
        code = done.exit_code if done.exception is None or isinstance(done.exception, SystemExit) else 1
        assert code == expect, (done.output, done.exception)
        return done

    return run


@pytest.fixture
def client(job: Job, api_url: str) -> Iterator[Client]:
    with Client(api_url, job.client.token) as client:
        yield client


def said(result: Result) -> Any:
    return json.loads(result.stdout)


def test_run_is_estimated_started_paused_resumed_and_shown_by_commands(job: Job, command: Command) -> None:
    mapping = add_mapping(job, add_model(job))
    told = command("estimate", "--mapping", mapping, "--key", "1.png").stdout
    assert told.splitlines() == [
        "1 images, of which the model has seen 0",
        "how long it takes is not known yet",
    ]
    run = said(command("start", "--mapping", mapping, "--name", "july", "--show", "--json"))
    assert (run["state"], run["show"], run["name"]) == ("running", True, "july")
    assert said(command("pause", run["id"], "--json"))["state"] == "paused"
    command("pause", run["id"], expect=1)
    assert said(command("resume", run["id"], "--json"))["state"] == "running"
    work_off(job)
    assert "complete" in command("show", run["id"]).stdout
    assert [r["id"] for r in said(command("list", "--json"))] == [run["id"]]
    assert said(command("list", "--trials", "--json")) == []


def test_cancelled_run_is_told_as_such(job: Job, command: Command) -> None:
    run = said(command("start", "--mapping", add_mapping(job, add_model(job)), "--json"))
    assert "cancelled" in command("cancel", run["id"]).stdout
    command("show", run["id"] + 1, expect=1)


def while_worked_off(job: Job, call: Callable[[], Any], say: Any = one_coin) -> Any:
    """Do something that waits for a run, while a worker takes part."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.is_set():
            work_off(job, say)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        return call()
    finally:
        is_over.set()
        worker.join()


def test_command_that_waits_ends_with_the_run(job: Job, command: Command) -> None:
    mapping = add_mapping(job, add_model(job))
    done = while_worked_off(job, lambda: command("start", "--mapping", mapping, "--wait", "--json"))
    assert (said(done)["state"], said(done)["done"]) == ("complete", 3)


def test_command_that_waits_for_a_run_that_fails_fails(job: Job, command: Command) -> None:
    def say(_: Any) -> Any:
        raise ValueError("the child died")

    mapping = add_mapping(job, add_model(job))
    done = while_worked_off(job, lambda: command("start", "--mapping", mapping, "--wait", expect=1), say)
    assert "the child died" in done.stdout


def test_client_starts_waits_and_compares(job: Job, client: Client) -> None:
    one, other = (add_mapping(job, add_model(job, version=v)) for v in ("1", "2"))
    run = client.runs.start(job.project_id, one, filter=RunFilter(key="1.png"))
    assert client.runs.estimate(job.project_id, one).items == 3
    done = while_worked_off(job, lambda: client.runs.wait(job.project_id, run.id, poll_s=0.05))
    assert (done.items, done.objects) == (1, 1)
    client.runs.start(job.project_id, other)
    work_off(job, lambda _: (raw(0), raw(1)))
    assert [s.mapping_id for s in client.sets.list(job.project_id)] == [one, other]
    compared = client.sets.compare(job.project_id, one, other)
    assert [(c.class_id, c.objects_a, c.objects_b, c.matched) for c in compared.classes] == [(1, 1, 1, 1), (2, 0, 1, 0)]
    assert [p.key for p in client.sets.pictures(job.project_id, one)] == ["1.png"]
    assert len(list(client.runs.pictures(job.project_id, run.id))) == 1
    assert client.sets.show(job.project_id, other).tasks_changed == 3
    assert client.sets.acceptance(job.project_id, other).answers == 0
    assert [r.id for r in client.runs.list(job.project_id)][-1] == run.id


def test_client_that_waits_for_a_cancelled_run_is_told(job: Job, client: Client) -> None:
    run = client.runs.start(job.project_id, add_mapping(job, add_model(job)))
    client.runs.pause(job.project_id, run.id)
    client.runs.resume(job.project_id, run.id)
    client.runs.cancel(job.project_id, run.id)
    with pytest.raises(PlumblineError, match="cancelled"):
        client.runs.wait(job.project_id, run.id)


def test_waiting_for_a_run_ends_when_it_pauses_because_its_model_cannot_be_used(
    job: Job, command: Command, client: Client
) -> None:
    run = client.runs.start(job.project_id, add_mapping(job, add_model(job)))
    client.runs.pause(job.project_id, run.id)
    with pytest.raises(TimeoutError):
        client.runs.wait(job.project_id, run.id, timeout_s=0.1, poll_s=0.05)
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        session.execute(text("UPDATE model_run SET reason = 'these weights are none'"))
    with pytest.raises(PlumblineError, match="paused: these weights are none"):
        client.runs.wait(job.project_id, run.id)
    assert "these weights are none" in command("show", run.id).stdout


def test_sets_are_compared_by_a_command(job: Job, command: Command) -> None:
    one, other = (add_mapping(job, add_model(job, version=v)) for v in ("1", "2"))
    command("start", "--mapping", one)
    work_off(job)
    command("start", "--mapping", other)
    work_off(job, lambda _: ())
    table = command("compare", one, other).stdout.splitlines()
    assert table[0] == "3 images"
    assert table[2].split() == ["1", "3", "0", "0", "0"]
    assert table[-1].endswith("only a 1, only b 0, other class 0")
    assert said(command("compare", one, "--json"))["images"] == 0
