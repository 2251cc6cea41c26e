"""Seats taken back and assigned by commands, and leases worked on through the client, against a real API."""

import json

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from cli.main import app
from plumbline_client import Client
from plumbline_client.errors import PlumblineError
from schema.enums import SkipKind
from schema.objects import OBJECTS
from tests.harness import Stack
from tests.integration.timed import ONE_VOTE, answer, claim, job_with
from tests.serving import served


def test_seat_is_taken_back_and_assigned_by_commands(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_with(stack, 1, policy=ONE_VOTE)
    first, second, _ = job.annotators
    lease = claim(job, first)
    task = str(lease["task_id"])
    with capture_logs(), served(stack) as api_url:
        monkeypatch.setenv("PLUMBLINE_API_URL", api_url)
        monkeypatch.setenv("PLUMBLINE_TOKEN", job.supervisor.token)
        taken = CliRunner().invoke(app, ["task", "take-back", task, "1", "--reason", "needed elsewhere", "--json"])
        given = CliRunner().invoke(app, ["task", "assign", task, "1", str(second.member_id)])
        again = CliRunner().invoke(app, ["task", "take-back", task, "1", "--reason", "needed elsewhere"])
    assert json.loads(taken.stdout)["ended_lease_id"] == lease["lease_id"]
    assert given.stdout.strip() == f"seat 1 of task {task} waits for member {second.member_id}"
    assert again.stdout.strip() == "nobody held it"
    assert claim(job, second)["task_id"] == lease["task_id"]


def test_client_prefetches_saves_differences_and_skips(stack: Stack) -> None:
    job = job_with(stack, 3)
    objects = OBJECTS.validate_python(answer())
    with capture_logs(), served(stack) as api_url, Client(api_url, token=job.annotators[0].token) as client:
        lease = client.leases.claim(job.project_id, prefetch=1)
        assert lease is not None
        [ahead] = lease.prefetched
        assert client.leases.change_draft(lease.lease_id, sequence=1, base_sequence=0, put=objects, writer="a").stored
        with pytest.raises(PlumblineError) as refused:
            client.leases.draft(lease.lease_id, (), sequence=2, base_sequence=0, writer="b")
        assert refused.value.code == "draft_conflict"
        client.leases.extend(lease.lease_id, active_s=1)
        client.leases.skip(lease.lease_id, SkipKind.LATER, "tired")
        client.leases.give_back(ahead.lease_id)
        later = client.leases.claim(later=True)
        assert later is not None
        assert later.draft is not None
        assert (later.task_id, later.draft.objects) == (lease.task_id, objects)
