"""The desk through the Python client: all that fit, page after page, at one rate."""

from collections.abc import Iterator

import pytest

from plumbline_client import Client
from schema.enums import DeadLetterState, OrganisationKind, Role, Topic
from schema.messages import DecideMessage
from tests.harness import Person, Stack
from tests.integration.letters import bury, envelope, file_letters
from tests.serving import served


@pytest.fixture
def manager(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)


@pytest.fixture
def client(stack: Stack, manager: Person) -> Iterator[Client]:
    """Five letters have died of a conflict."""
    for number in range(5):
        text = envelope(DecideMessage(client_org=manager.organisation_id, task_id=7, submits=1), id=str(number))
        bury(stack, Topic.DECIDE, text, reason="conflict", error="it broke")
    file_letters(stack)
    with served(stack) as api_url, Client(api_url, manager.token) as opened:
        yield opened


def test_all_letters_of_a_reason_are_redriven_page_by_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.dead_letters.service.MOST_AT_ONCE", 2)
    waiting = [letter.id for letter in client.dead_letters.list(state=DeadLetterState.DEAD)]
    assert list(client.dead_letters.redrive_all(reason="conflict", rate_per_s=100)) == sorted(waiting)
    assert client.dead_letters.summary().letters == 0


def test_named_letters_are_redriven_or_discarded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plumbline_client.resources.dead_letters.AT_ONCE", 2)
    ids = sorted(letter.id for letter in client.dead_letters.list(queue=Topic.DECIDE))
    assert list(client.dead_letters.redrive(ids[:3])) == ids[:3]
    assert list(client.dead_letters.discard(ids, reason="a test")) == ids[3:]
    assert client.dead_letters.get(ids[4]).letter.note == "a test"
