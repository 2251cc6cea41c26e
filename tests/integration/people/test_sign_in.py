"""The door of the pages: passwords, cookies, the header of changes, sessions that end."""

import pytest

from domain.accounts import service as accounts
from domain.scope import Scope
from schema.enums import OrganisationKind, Role
from tests.harness import PASSWORD, Person, Stack


@pytest.fixture
def person(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.CLIENT, "Careful Cells"), Role.MANAGER)


def test_a_password_opens_a_session_that_says_who_it_is(stack: Stack, person: Person) -> None:
    browser = stack.sign_in(person)

    me = browser.call("GET", "/v1/me")

    assert (me["member_id"], me["organisation"], me["how"]) == (person.member_id, "Careful Cells", "session")
    assert [m["organisation_id"] for m in me["memberships"]] == [person.organisation_id]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stack: Stack, person: Person) -> None:
    stack.set_password(person)

    answer = stack.open_browser().ask(
        "POST", "/v1/auth/sign-in", json={"email": person.email.upper(), "password": PASSWORD}
    )

    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # the tests speak to the loopback address


def test_beyond_loopback_the_cookie_travels_only_over_tls(stack: Stack, person: Person) -> None:
    stack.set_password(person)

    answer = stack.open_browser().ask(
        "POST",
        "http://plumbline.example.org/v1/auth/sign-in",
        json={"email": person.email, "password": PASSWORD},
    )

    assert "Secure" in answer.headers["set-cookie"]


def test_a_wrong_password_and_an_unknown_address_are_refused_alike(stack: Stack, person: Person) -> None:
    stack.set_password(person)
    browser = stack.open_browser()

    known, unknown = (
        browser.call("POST", "/v1/auth/sign-in", json={"email": email, "password": "not this one"}, expect=401)
        for email in (person.email, "nobody@example.org")
    )

    assert known | {"request_id": ""} == unknown | {"request_id": ""}
    assert known["code"] == "sign_in_failed"


def test_a_person_without_password_cannot_sign_in(stack: Stack, person: Person) -> None:
    stack.open_browser().call(
        "POST", "/v1/auth/sign-in", json={"email": person.email, "password": PASSWORD}, expect=401
    )


def test_a_change_with_a_cookie_needs_the_header(stack: Stack, person: Person) -> None:
    browser = stack.sign_in(person)

    answer = browser.client.post("/v1/auth/sign-out")

    assert (answer.status_code, answer.json()["code"]) == (403, "header_required")


def test_reading_with_a_cookie_needs_no_header(stack: Stack, person: Person) -> None:
    browser = stack.sign_in(person)

    assert browser.client.get("/v1/me").status_code == 200


def test_a_token_wins_over_a_session(stack: Stack, person: Person) -> None:
    other = stack.add_person(person.organisation_id, Role.CLIENT)
    browser = stack.sign_in(person)

    answer = browser.client.get("/v1/me", headers={"Authorization": f"Bearer {other.token}"})

    assert (answer.json()["member_id"], answer.json()["how"]) == (other.member_id, "token")


def test_a_session_is_no_token_and_a_token_no_session(stack: Stack, person: Person) -> None:
    browser = stack.sign_in(person)
    session = browser.client.cookies["plumbline_session"]
    fresh = stack.open_browser()
    fresh.client.cookies.set("plumbline_session", person.token)

    assert fresh.client.get("/v1/me").status_code == 401
    assert stack.client.get("/v1/me", headers={"Authorization": f"Bearer {session}"}).status_code == 401


def test_signing_out_ends_the_session_itself(stack: Stack, person: Person) -> None:
    browser = stack.sign_in(person)
    secret = browser.client.cookies["plumbline_session"]

    browser.call("POST", "/v1/auth/sign-out", expect=204)

    assert "plumbline_session" not in browser.client.cookies
    browser.client.cookies.set("plumbline_session", secret)
    browser.call("GET", "/v1/me", expect=401)


def test_signing_out_without_a_session_is_no_error(stack: Stack) -> None:
    stack.open_browser().call("POST", "/v1/auth/sign-out", expect=204)


def test_a_person_of_two_organisations_switches_between_them(stack: Stack, person: Person) -> None:
    vendor = stack.add_organisation(OrganisationKind.VENDOR, "Many Hands")
    with stack.database.begin(Scope(vendor)) as session:
        accounts.add_member(session, organisation_id=vendor, email=person.email, role=Role.ANNOTATOR)
    browser = stack.sign_in(person)

    there = browser.call("POST", "/v1/auth/switch", json={"organisation_id": vendor})

    assert (there["organisation"], there["role"]) == ("Many Hands", "annotator")
    assert browser.call("GET", "/v1/me")["organisation_id"] == vendor
    assert [m["kind"] for m in there["memberships"]] == ["client", "vendor"]


def test_nobody_switches_to_an_organisation_of_others(stack: Stack, person: Person) -> None:
    other = stack.add_organisation(OrganisationKind.CLIENT)
    browser = stack.sign_in(person)

    browser.call("POST", "/v1/auth/switch", json={"organisation_id": other}, expect=404)

    assert browser.call("GET", "/v1/me")["organisation_id"] == person.organisation_id


def test_a_sign_in_can_name_the_organisation(stack: Stack, person: Person) -> None:
    vendor = stack.add_organisation(OrganisationKind.VENDOR)
    with stack.database.begin(Scope(vendor)) as session:
        accounts.add_member(session, organisation_id=vendor, email=person.email, role=Role.ANNOTATOR)
    stack.set_password(person)
    body = {"email": person.email, "password": PASSWORD, "organisation_id": vendor}

    assert stack.open_browser().call("POST", "/v1/auth/sign-in", json=body)["organisation_id"] == vendor


def test_the_ways_in_are_told(stack: Stack) -> None:
    assert stack.open_browser().call("GET", "/v1/auth/options") == {"password": True, "oidc": None}
