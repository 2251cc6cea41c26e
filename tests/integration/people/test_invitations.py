"""Joining by a link: once, within its time, and never as a way into another organisation."""

import pytest

from domain.accounts import service as accounts
from domain.scope import Scope
from schema.enums import OrganisationKind, Role
from tests.harness import PASSWORD, Browser, Person, Stack


@pytest.fixture
def manager(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.VENDOR, "Many Hands"), Role.MANAGER)


def other_manager(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.VENDOR, "Other Hands"), Role.MANAGER)


def invite(manager: Person, email: str, role: str = "annotator") -> str:
    invited = manager.call("POST", "/v1/members", json={"email": email, "role": role})
    return str(invited["invitation"]["token"])


def accept(browser: Browser, token: str, password: str | None = PASSWORD, *, expect: int = 200) -> dict[str, object]:
    body = {"token": token, "password": password}
    return dict(browser.call("POST", "/v1/auth/invitations/accept", json=body, expect=expect))


def show(browser: Browser, token: str, *, expect: int = 200) -> dict[str, object]:
    return dict(browser.call("POST", "/v1/auth/invitations/show", json={"token": token}, expect=expect))


def test_a_link_says_what_it_is_to(stack: Stack, manager: Person) -> None:
    assert show(stack.open_browser(), invite(manager, "ada@example.org")) == {
        "email": "ada@example.org",
        "organisation": "Many Hands",
        "role": "annotator",
        "needs_password": True,
    }


def test_accepting_joins_signs_in_and_sets_the_password(stack: Stack, manager: Person) -> None:
    token = invite(manager, "bea@example.org")

    me = accept(stack.open_browser(), token)

    assert (me["organisation"], me["role"], me["how"]) == ("Many Hands", "annotator", "session")
    stack.open_browser().call("POST", "/v1/auth/sign-in", json={"email": "bea@example.org", "password": PASSWORD})
    assert manager.call("GET", f"/v1/members/{me['member_id']}")["state"] == "active"


def test_a_link_works_once(stack: Stack, manager: Person) -> None:
    token = invite(manager, "cleo@example.org")
    accept(stack.open_browser(), token)

    assert accept(stack.open_browser(), token, expect=410)["code"] == "link_expired"


def test_a_new_link_ends_the_old_one(stack: Stack, manager: Person) -> None:
    invited = manager.call("POST", "/v1/members", json={"email": "dora@example.org", "role": "annotator"})
    renewed = manager.call("POST", f"/v1/members/{invited['id']}/invitation")

    show(stack.open_browser(), invited["invitation"]["token"], expect=410)
    show(stack.open_browser(), renewed["token"])


def test_a_link_opens_nothing_but_joining(stack: Stack, manager: Person) -> None:
    token = invite(manager, "eve@example.org")

    answer = stack.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401


@pytest.mark.parametrize("password", [None, "too short", "x" * 201, "long.enough@example.org"])
def test_a_password_that_is_none_is_refused_and_the_link_stays(
    stack: Stack, manager: Person, password: str | None
) -> None:
    email = "long.enough@example.org"
    found = [m for m in manager.call("GET", "/v1/members")["items"] if m["email"] == email]
    assert found == []
    token = invite(manager, email)

    assert accept(stack.open_browser(), token, password, expect=422)["code"] == "password_refused"
    show(stack.open_browser(), token)


def test_a_member_who_has_not_joined_has_no_rights_and_is_shown_as_invited(stack: Stack, manager: Person) -> None:
    invite(manager, "finn@example.org")

    (listed,) = manager.call("GET", "/v1/members?state=invited")["items"]

    assert (listed["email"], listed["joined_at"]) == ("finn@example.org", None)


def test_another_organisations_link_sets_no_password_of_a_person_who_has_joined(stack: Stack, manager: Person) -> None:
    person = stack.add_person(manager.organisation_id, Role.ANNOTATOR)
    stack.set_password(person)
    token = invite(other_manager(stack), person.email)
    browser = stack.open_browser()

    assert show(browser, token)["needs_password"] is False
    assert accept(browser, token, "another password altogether", expect=403)["code"] == "forbidden"
    browser.call("POST", "/v1/auth/sign-in", json={"email": person.email, "password": PASSWORD})


def test_a_person_signed_in_joins_a_second_organisation(stack: Stack, manager: Person) -> None:
    person = stack.add_person(manager.organisation_id, Role.ANNOTATOR)
    token = invite(other_manager(stack), person.email)
    browser = stack.sign_in(person)

    joined = accept(browser, token, None)

    assert joined["organisation"] == "Other Hands"
    assert browser.call("GET", "/v1/me")["organisation"] == "Other Hands"
    assert len(browser.call("GET", "/v1/me")["memberships"]) == 2


def test_somebody_else_signed_in_cannot_use_a_persons_link(stack: Stack, manager: Person) -> None:
    person = stack.add_person(manager.organisation_id, Role.ANNOTATOR)
    token = invite(other_manager(stack), person.email)

    browser = stack.sign_in(stack.add_person(manager.organisation_id, Role.ANNOTATOR))

    accept(browser, token, None, expect=403)


def test_the_first_to_be_joined_sets_the_password_and_the_second_link_cannot(stack: Stack, manager: Person) -> None:
    mine, theirs = (invite(m, "gil@example.org") for m in (manager, other_manager(stack)))
    browser = stack.open_browser()
    accept(browser, mine)

    accept(stack.open_browser(), theirs, "the password of a thief", expect=403)
    assert accept(browser, theirs, None)["organisation"] == "Other Hands"


def test_a_link_for_a_member_who_joined_sets_a_new_password_and_ends_sessions(stack: Stack, manager: Person) -> None:
    person = stack.add_person(manager.organisation_id, Role.ANNOTATOR)
    old = stack.sign_in(person)
    link = manager.call("POST", f"/v1/members/{person.member_id}/invitation")

    accept(stack.open_browser(), link["token"], "a new password for tests")

    old.call("GET", "/v1/me", expect=401)
    body = {"email": person.email, "password": "a new password for tests"}
    stack.open_browser().call("POST", "/v1/auth/sign-in", json=body)


def test_no_manager_resets_the_password_of_a_person_of_two_organisations(stack: Stack, manager: Person) -> None:
    person = stack.add_person(manager.organisation_id, Role.ANNOTATOR)
    other = other_manager(stack)
    with stack.database.begin(Scope(other.organisation_id)) as session:
        accounts.add_member(session, organisation_id=other.organisation_id, email=person.email, role=Role.ANNOTATOR)

    refused = manager.call("POST", f"/v1/members/{person.member_id}/invitation", expect=403)

    assert "plumbline member reset-password" in refused["detail"]
