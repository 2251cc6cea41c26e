"""Where webhooks may lead: refused when one is made, and once more when a delivery connects."""

from dataclasses import replace

import pytest

from domain.events.service import emit
from domain.scope import Scope
from schema.enums import EventKind, OrganisationKind, Role, Topic
from tests.harness import ONTOLOGY, Person, Stack
from tests.receiver import open_receiver


@pytest.fixture
def client(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)


def test_delivery_to_a_private_address_is_not_made_where_they_are_refused(stack: Stack, client: Person) -> None:
    project_id = client.call("POST", "/v1/projects", json={"name": "Coins", "ontology": ONTOLOGY})["id"]
    settings = stack.settings.model_copy(update={"webhook_private": False})
    with open_receiver() as receiver:
        webhook = client.call("POST", "/v1/webhooks", json={"url": receiver.url})
        stack.work = replace(stack.work, settings=settings)
        with stack.database.begin(Scope(client.organisation_id)) as session:
            emit(
                session,
                EventKind.TASK_ACCEPTED,
                client_org=client.organisation_id,
                project_id=project_id,
                aggregate_id=1,
            )
        stack.pump()
    [delivery] = client.call("GET", f"/v1/webhooks/{webhook['id']}/deliveries")["items"]
    assert (delivery["state"], delivery["status"]) == ("waiting", None)
    assert "private address" in delivery["error"]
    assert receiver.arrived == []
    assert Topic.WEBHOOK in {topic for topic, _ in stack.delivered}


def test_wrong_webhook_is_refused_with_what_is_wrong(client: Person) -> None:
    refused = client.call("POST", "/v1/webhooks", json={"url": "ftp://example.org/"}, expect=422)
    assert (refused["code"], refused["facts"]["field"]) == ("webhook_refused", "url")
    body = {"url": "https://example.org/", "kinds": ["task.sneezed"]}
    wrong = client.call("POST", "/v1/webhooks", json=body, expect=422)
    assert any(error["field"].startswith("kinds[0]") for error in wrong["errors"])
    client.call("POST", "/v1/webhooks", json={"url": "https://example.org/", "project_id": 999}, expect=404)
