"""Projects, tasks, reviews and releases by commands, against a real API."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from cli.main import app
from tests.harness import ONTOLOGY, Job, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png
from tests.serving import served

Command = Callable[..., Result]


@pytest.fixture
def job(stack: Stack) -> Job:
    """A job with two pictures: people disagree on the first, nobody has seen the second."""
    job = make_job(stack, policy={"max_votes": 2})
    for i in range(2):
        stack.put(job.bucket, f"{i}.png", disc_png(i))
        stack.pump()
    for person, objects in zip(job.annotators, ([box(*disc_box(0))], []), strict=False):
        lease = job.claim(person)
        assert lease is not None
        job.submit(person, lease, objects)
    stack.pump()
    return job


@pytest.fixture
def command(job: Job, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Run a command as the client's manager."""
    with capture_logs(), served(job.stack) as api_url:
        monkeypatch.setenv("PLUMBLINE_API_URL", api_url)
        monkeypatch.setenv("PLUMBLINE_TOKEN", job.client.token)

        def run(*arguments: str, expect: int = 0) -> Result:
            done = CliRunner().invoke(app, list(arguments))
            code = done.exit_code if done.exception is None or isinstance(done.exception, SystemExit) else 1
            assert code == expect, (done.output, done.exception)
            return done

        yield run


def listed(command: Command, *arguments: str) -> list[dict[str, Any]]:
    return list(json.loads(command(*arguments, "--json").stdout))


def test_project_is_made_changed_and_put_away_by_commands(job: Job, command: Command, tmp_path: Path) -> None:
    (tmp_path / "ontology.json").write_text(json.dumps(ONTOLOGY))
    (tmp_path / "rules.md").write_text("# Round ones")
    made = command("project", "create", "Buttons", "--ontology", str(tmp_path / "ontology.json"), "--json")
    number = str(json.loads(made.stdout)["id"])
    assert command("project", "guidelines", number, "--file", str(tmp_path / "rules.md")).stdout.endswith("version 2\n")
    assert command("project", "guidelines", number).stdout == "# Round ones\n"
    assert command("project", "guidelines", number, "--version", "1").stdout == "\n"
    same = command("project", "ontology", number, "--file", str(tmp_path / "ontology.json"))
    assert "version 1 (nothing changed)" in same.stdout
    assert json.loads(command("project", "policy", number).stdout)["min_votes"] == 2
    command("project", "rename", number, "Badges")
    command("project", "archive", number)
    assert [p["name"] for p in listed(command, "project", "list")] == ["Coins"]
    assert [p["name"] for p in listed(command, "project", "list", "--archived")] == ["Coins", "Badges"]
    command("project", "unarchive", number)


def test_tasks_are_listed_shown_and_steered_by_commands(job: Job, command: Command) -> None:
    project = ("--project", str(job.project_id))
    contested, fresh = listed(command, "task", "list", *project)
    assert [t["id"] for t in listed(command, "review", "list", *project)] == [contested["id"]]
    assert "missing" in command("task", "show", str(contested["id"])).stdout
    command("task", "freeze", *project, "--key", "1.png", "--reason", "wait")
    assert [t["id"] for t in listed(command, "task", "list", *project, "--frozen")] == [fresh["id"]]
    assert "1 of 1 tasks changed" in command("task", "unfreeze", *project, str(fresh["id"])).stdout
    command("task", "cancel", *project, str(fresh["id"]), "--reason", "not a coin")
    reopened = listed(command, "task", "reopen", *project, "--state", "cancelled", "--reason", "it is one")
    assert [o["outcome"] for o in reopened] == ["changed"]


def test_refused_action_fails_and_says_why(job: Job, command: Command) -> None:
    project = ("--project", str(job.project_id))
    command("task", "reopen", *project, str(job.tasks()[0]["id"]), "--reason", "no", expect=1)
    command("task", "cancel", *project, "--reason", "all of them", expect=1)
    assert {t["state"] for t in job.tasks()} == {"in_review", "open"}


def test_release_is_waited_for_shown_and_downloaded_by_commands(job: Job, command: Command, tmp_path: Path) -> None:
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            job.stack.pump()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        done = command("release", "create", "--project", str(job.project_id), "--votes", "--wait", "--json")
    finally:
        stop.set()
        worker.join()
    release = json.loads(done.stdout)
    assert (release["state"], release["include"]) == ("complete", "votes")
    assert "votes.jsonl" in command("release", "show", str(release["id"])).stdout
    command("release", "download", str(release["id"]), str(tmp_path))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["annotations.json", "votes.jsonl"]
    assert [r["id"] for r in listed(command, "release", "list", "--project", str(job.project_id))] == [release["id"]]
