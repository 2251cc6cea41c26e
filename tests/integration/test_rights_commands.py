"""Skills, the list of who may work, the order of work and the preview of a policy, by commands and by the client."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from cli.main import app
from plumbline_client import Client
from schema.projects import Policy, WorkerRules
from schema.skills import Skill
from tests.harness import Job, Person, Stack, make_job
from tests.integration.test_versions import job_with
from tests.serving import served

Command = Callable[..., Result]


@pytest.fixture
def job(stack: Stack) -> Job:
    return make_job(stack, policy={"workers": {"skills": [{"skill": "polygons", "min_low": 0.5}]}}, connect=False)


@pytest.fixture
def api_url(stack: Stack) -> Iterator[str]:
    with capture_logs(), served(stack) as url:
        yield url


@pytest.fixture
def command(api_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("PLUMBLINE_API_URL", api_url)

    def run(person: Person, *arguments: str, expect: int = 0) -> Result:
        monkeypatch.setenv("PLUMBLINE_TOKEN", person.token)
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == expect, (done.output, done.exception)
        return done

    return run


def test_skills_are_noted_and_workers_listed_by_commands(job: Job, command: Command, tmp_path: Path) -> None:
    ann, ben, _ = job.annotators
    member, project = str(ann.member_id), str(job.project_id)
    assert "not measured" in command(job.vendor, "project", "workers", project).stdout

    command(job.vendor, "member", "skills", "set", member, "polygons=0.8:0.6:0.9")
    assert "polygons" in command(job.vendor, "member", "skills", "list", member).stdout
    file = tmp_path / "skills.csv"
    file.write_text(f"email,skill,score,low,high\n{ben.email},polygons,0.9,0.7,1\n")
    assert "1 skills of 1 people" in command(job.vendor, "member", "skills", "import", str(file)).stdout
    active = command(job.vendor, "project", "workers", project, "--state", "active", "--json")
    assert {w["member_id"] for w in json.loads(active.stdout)} == {ann.member_id, ben.member_id}

    command(job.vendor, "member", "skills", "set", member, "polygons=much", expect=1)
    command(job.vendor, "member", "skills", "set", member)
    assert json.loads(command(job.vendor, "member", "skills", "list", member, "--json").stdout) == []
    changed = command(job.vendor, "member", "set", member, "--language", "sw", "--language", "pt-br", "--json")
    assert json.loads(changed.stdout)["languages"] == ["sw", "pt-br"]


def test_a_policy_is_previewed_and_the_order_of_work_set_by_commands(
    job: Job, command: Command, tmp_path: Path
) -> None:
    project = str(job.project_id)
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"min_votes": 2, "max_votes": 4, "undo_window_s": 0}))
    told = command(job.client, "project", "policy-preview", project, "--file", str(file)).stdout
    assert "max_votes" in told
    assert "audits a day: no pace to tell by yet" in told

    assert json.loads(command(job.vendor, "work-order", "set", project, "--json").stdout)[0]["position"] == 1
    assert "Coins" in command(job.vendor, "work-order", "show").stdout
    command(job.vendor, "work-order", "set", "987654321", expect=1)


def test_the_client_does_the_same(job: Job, api_url: str) -> None:
    ann = job.annotators[0]
    with Client(api_url, job.vendor.token) as vendor:
        assert not list(vendor.projects.workers(job.project_id, state="active"))[:-1]
        noted = vendor.members.set_skills(ann.member_id, [Skill(skill="polygons", score=0.8, low=0.6, high=0.9)])
        assert vendor.members.skills(ann.member_id) == noted
        csv = f"email,skill,score,low,high\n{ann.email},boxes,0.9,0.7,1\n".encode()
        assert vendor.members.import_skills(csv).skills == 1
        assert len(list(vendor.members.list())) == 5
        assert [w.reason for w in vendor.projects.workers(job.project_id) if w.member_id == ann.member_id] == [None]
        assert vendor.projects.set_work_order([job.project_id]) == vendor.projects.work_order()
    with Client(api_url, job.client.token) as client:
        policy = Policy(workers=WorkerRules(languages=("sw",)))
        seen = client.projects.preview_policy(job.project_id, policy)
        assert "workers.languages" in {c.field for c in seen.changes}


def test_gold_is_made_and_listed_by_command_and_client(stack: Stack, command: Command, api_url: str) -> None:
    job = job_with(stack, 1, policy={"min_votes": 1, "max_votes": 1})
    [task] = job.tasks()
    make = ("project", "gold", str(job.project_id), "--item", str(task["item_id"]))
    command(job.client, *make, expect=1)
    job.label(job.annotators[0], lambda _: [])
    stack.pump()
    [made] = json.loads(command(job.client, *make, "--json").stdout)
    with Client(api_url, job.client.token) as client:
        assert [g.task_id for g in client.projects.gold(job.project_id)] == [made["task_id"]]
        assert client.projects.make_gold(job.project_id, task["item_id"]).task_id == made["task_id"]
