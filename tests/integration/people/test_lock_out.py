"""Guessing passwords: after a few failures there is a pause, the same for addresses that nobody has."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from domain.signin.rules import FAILURES_ANYWHERE
from schema.enums import OrganisationKind, Role
from tests.harness import PASSWORD, Person, Stack


@pytest.fixture
def person(stack: Stack) -> Person:
    made = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    stack.set_password(made)
    return made


@pytest.fixture(autouse=True)
def _forgotten(stack: Stack) -> None:
    """Let no test meet the failures of another."""
    with stack.database.begin(None) as session:
        session.connection().exec_driver_sql(
            "UPDATE sign_in_attempt SET failures = 0, locked_until = NULL, since = now()"
        )


def sign_in(stack: Stack, email: str, password: str, *, host: str = "testclient") -> int:
    client = TestClient(stack.client.app, base_url="http://127.0.0.1", client=(host, 50_000))
    return client.post("/v1/auth/sign-in", json={"email": email, "password": password}).status_code


def fail(stack: Stack, email: str, times: int) -> list[int]:
    return [sign_in(stack, email, "wrong") for _ in range(times)]


def let_time_pass(stack: Stack, minutes: int) -> None:
    with stack.database.begin(None) as session:
        session.connection().exec_driver_sql(
            "UPDATE sign_in_attempt SET since = since - make_interval(mins => %(m)s), "
            "locked_until = locked_until - make_interval(mins => %(m)s)",
            {"m": minutes},
        )


def test_the_sixth_attempt_meets_a_lock_even_with_the_right_password(stack: Stack, person: Person) -> None:
    assert fail(stack, person.email, 5) == [401] * 5

    assert sign_in(stack, person.email.upper(), PASSWORD) == 429


def test_the_lock_is_the_same_for_an_address_that_nobody_has(stack: Stack) -> None:
    assert fail(stack, "nobody@example.org", 6) == [401] * 5 + [429]


def test_a_lock_says_how_long_to_wait_and_doubles(stack: Stack, person: Person) -> None:
    fail(stack, person.email, 5)
    body = {"email": person.email, "password": "wrong"}
    first = stack.open_browser().ask("POST", "/v1/auth/sign-in", json=body)
    let_time_pass(stack, 1)
    fail(stack, person.email, 1)
    second = stack.open_browser().ask("POST", "/v1/auth/sign-in", json=body)

    assert 55 <= int(first.headers["retry-after"]) <= 60
    assert 115 <= int(second.headers["retry-after"]) <= 120


def test_a_right_password_after_the_lock_starts_the_count_anew(stack: Stack, person: Person) -> None:
    fail(stack, person.email, 5)
    let_time_pass(stack, 1)

    assert sign_in(stack, person.email, PASSWORD) == 200
    assert fail(stack, person.email, 5) == [401] * 5


def test_failures_are_forgotten_after_a_quarter_of_an_hour(stack: Stack, person: Person) -> None:
    fail(stack, person.email, 4)
    let_time_pass(stack, 16)

    assert fail(stack, person.email, 5) == [401] * 5


def test_guesses_at_the_same_time_are_counted_one_by_one(stack: Stack, person: Person) -> None:
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: sign_in(stack, person.email, "wrong"), range(12)))

    assert sorted(answers) == [401] * 5 + [429] * 7


def test_a_network_that_guesses_at_many_addresses_is_locked(stack: Stack, person: Person) -> None:
    with stack.database.begin(None) as session:
        session.connection().exec_driver_sql("UPDATE sign_in_attempt SET failures = 49 WHERE failures = 0")
    fail(stack, "somebody@example.org", 1)

    assert sign_in(stack, person.email, PASSWORD) == 429


def test_an_organisation_sees_failures_and_sessions_of_its_people(stack: Stack, person: Person) -> None:
    fail(stack, person.email, 2)
    sign_in(stack, person.email, PASSWORD)

    events = person.call("GET", f"/v1/audit?subject=member:{person.member_id}")["items"]

    assert [e["action"] for e in events] == ["session_created", "sign_in_failed", "sign_in_failed"]
    assert events[0]["detail"] == {"how": "password", "failures_before": 2}


def test_strangers_who_guess_lock_nobody_out_elsewhere(stack: Stack, person: Person) -> None:
    assert fail(stack, person.email, 6) == [401] * 5 + [429]

    assert sign_in(stack, person.email, PASSWORD, host="198.51.100.7") == 200


def test_guesses_from_many_networks_lock_the_address_everywhere(stack: Stack, person: Person) -> None:
    for number in range(FAILURES_ANYWHERE // 5):
        assert [sign_in(stack, person.email, "wrong", host=f"198.51.100.{number}") for _ in "12345"] == [401] * 5

    assert sign_in(stack, person.email, PASSWORD, host="203.0.113.9") == 429
