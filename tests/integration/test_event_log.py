"""The log of what happened, read on from where a reader stopped."""

import pytest

from domain.events.service import emit
from domain.scope import Scope
from schema.enums import EventKind, OrganisationKind, Role
from tests.harness import Person, Stack
from tests.integration.test_flow import contest, review_of
from tests.integration.test_webhooks import happen, make_project


@pytest.fixture
def client(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)


@pytest.fixture
def project_id(client: Person) -> int:
    return make_project(client)


def test_log_goes_on_where_a_reader_stopped(stack: Stack, client: Person, project_id: int) -> None:
    for _ in range(3):
        happen(stack, client, project_id)
    first = client.call("GET", f"/v1/events?project_id={project_id}&limit=2")
    rest = client.call("GET", f"/v1/events?project_id={project_id}&after={first['next']}")
    assert [e["sequence"] for e in first["items"] + rest["items"]] == [1, 2, 3]


def test_log_shows_nothing_above_what_may_still_appear_below(stack: Stack, client: Person, project_id: int) -> None:
    path = f"/v1/events?project_id={project_id}"
    with stack.database.begin(Scope(client.organisation_id)) as session:
        emit(
            session,
            EventKind.TASK_ACCEPTED,
            client_org=client.organisation_id,
            project_id=project_id,
            aggregate_id=1,
        )
        happen(stack, client, project_id)  # a higher id commits first
        assert client.call("GET", path)["items"] == []
    assert [e["aggregate_id"] for e in client.call("GET", path)["items"]] == [1, 5]


def test_what_a_supervisor_wrote_is_in_no_event(stack: Stack) -> None:
    job = contest(stack)
    lease, view = review_of(job)
    body = {"send_back": [view["answers"][0]["lease_id"]], "feedback": "the second coin is missing"}
    job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/review", json=body)

    told = job.client.call("GET", f"/v1/events?project_id={job.project_id}&limit=200")["items"]

    assert "task.sent_back" in [event["kind"] for event in told]
    assert "the second coin" not in str(told)
