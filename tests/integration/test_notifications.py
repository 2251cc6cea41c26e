"""The inbox: what comes into it, who reads it, and what was read."""

from typing import Any

import pytest

from domain.notifications.service import MOST_UNREAD, count_unread, notify
from domain.scope import Scope
from schema.enums import NotificationKind, OrganisationKind, Role
from tests.harness import Person, Stack
from tests.integration.test_flow import contest, review_of

PATH = "/v1/me/notifications"


@pytest.fixture(scope="module")
def stack(shared_stack: Stack) -> Stack:
    return shared_stack


@pytest.fixture
def person(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.VENDOR), Role.ANNOTATOR)


def fill(stack: Stack, person: Person, number: int) -> None:
    """Have another organisation put lines into a person's inbox."""
    with stack.database.begin(Scope(stack.add_organisation(OrganisationKind.CLIENT))) as session:
        for n in range(number):
            notify(
                session,
                organisation_id=person.organisation_id,
                member_id=person.member_id,
                kind=NotificationKind.COMMENT,
                excerpt=f"line {n}",
            )


def lines(person: Person, query: str = "") -> list[dict[str, Any]]:
    return list(person.call("GET", PATH + query)["items"])


def read(person: Person, ids: list[int] | None) -> dict[str, Any]:
    return dict(person.call("POST", f"{PATH}/read", json={"ids": ids}))


def test_newest_lines_come_first_in_pages(stack: Stack, person: Person) -> None:
    fill(stack, person, 3)
    first = person.call("GET", f"{PATH}?limit=2")
    rest = person.call("GET", f"{PATH}?limit=2&after={first['next']}")
    told = [line["body"]["excerpt"] for page in (first, rest) for line in page["items"]]
    assert told == ["line 2", "line 1", "line 0"]
    assert rest["next"] is None


def test_lines_that_were_read_leave_the_unread(stack: Stack, person: Person) -> None:
    fill(stack, person, 3)
    newest = lines(person)[0]["id"]
    assert read(person, [newest]) == {"marked": 1, "unread": 2}
    assert newest not in [line["id"] for line in lines(person, "?unread=true")]
    assert next(line["read_at"] for line in lines(person) if line["id"] == newest)


def test_everything_can_be_read_at_once_and_again(stack: Stack, person: Person) -> None:
    fill(stack, person, 3)
    assert read(person, None) == {"marked": 3, "unread": 0}
    assert read(person, None) == {"marked": 0, "unread": 0}


def test_nobody_reads_the_inbox_of_a_colleague(stack: Stack, person: Person) -> None:
    colleague = stack.add_person(person.organisation_id, Role.MANAGER)
    fill(stack, person, 1)
    [line] = lines(person)
    assert lines(colleague) == []
    assert read(colleague, [line["id"]])["marked"] == 0
    assert lines(person, "?unread=true") == [line]


def test_unread_lines_are_counted_up_to_a_limit(stack: Stack, person: Person) -> None:
    fill(stack, person, MOST_UNREAD + 5)
    actor = stack.actor(person)
    with stack.database.begin(actor.scope) as session:
        assert count_unread(session, actor) == MOST_UNREAD


def test_ids_that_are_missing_or_wrong_are_named(person: Person) -> None:
    for body, field in (({}, "ids"), ({"ids": [0]}, "ids[0]")):
        problem = person.call("POST", f"{PATH}/read", json=body, expect=422)
        assert [error["field"] for error in problem["errors"]] == [field]


def test_sent_back_work_is_told_to_its_author_with_the_feedback(stack: Stack) -> None:
    job = contest(stack)
    lease, view = review_of(job)
    path = f"/v1/leases/{lease['lease_id']}/review"
    body = {"send_back": [view["answers"][0]["lease_id"]], "feedback": "look at the second coin"}
    job.supervisor.call("POST", path, json=body)
    told = [(person, line) for person in job.annotators for line in lines(person)]
    [(_, line)] = told
    assert (line["kind"], line["project_id"], line["task_id"]) == ("sent_back", job.project_id, view["task_id"])
    assert line["body"] == {"feedback": "look at the second coin"}


def test_finished_release_is_told_to_whoever_asked_for_it(stack: Stack) -> None:
    job = contest(stack)
    release = job.client.call("POST", "/v1/releases", json={"project_id": job.project_id})
    stack.pump()
    [line] = lines(job.client)
    assert (line["kind"], line["body"]["release_id"]) == ("release_ready", release["id"])
