"""Signing in at an OpenID provider: real discovery, codes, keys and signatures, over loopback."""

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from api.auth import COOKIE
from domain.accounts import service as accounts
from domain.scope import Scope
from schema.enums import OrganisationKind, Role, TokenKind
from tests.harness import PASSWORD, Browser, Person, Stack, open_stack
from tests.integration.conftest import Template
from tests.provider import CLIENT_ID, CLIENT_SECRET, Provider, open_provider


@pytest.fixture(scope="module")
def served() -> Iterator[Provider]:
    with open_provider() as opened:
        yield opened


@pytest.fixture(scope="module")
def stack(template: Template, emulator_url: str, served: Provider) -> Iterator[Stack]:
    oidc = {"oidc_issuer": served.issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}
    with (
        template.cloned() as urls,
        open_stack(app_url=urls.app, relay_url=urls.relay, endpoint_url=emulator_url, **oidc) as opened,
    ):
        yield opened


@pytest.fixture
def person(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)


@pytest.fixture
def provider(served: Provider, person: Person) -> Provider:
    """The provider, with the person at its keyboard."""
    served.person = {"sub": f"subject-{person.member_id}", "email": person.email, "email_verified": True}
    served.claims = {}
    return served


def go_there(browser: Browser, provider: Provider, *, next: str = "/projects/7") -> str:
    """Leave for the provider, sign in there, and return where the browser is sent back to."""
    left = browser.client.get("/v1/auth/oidc/start", params={"next": next}, follow_redirects=False)
    assert left.status_code == 302
    return provider.authorize(left.headers["location"])


def come_back(browser: Browser, url: str) -> str:
    """Return where the browser ends."""
    return str(browser.client.get(url, follow_redirects=False).headers["location"])


def test_a_member_signs_in_and_goes_on_where_they_were(stack: Stack, provider: Provider, person: Person) -> None:
    browser = stack.open_browser()

    assert come_back(browser, go_there(browser, provider)) == "/projects/7"
    assert browser.call("GET", "/v1/me")["member_id"] == person.member_id


def test_the_account_stays_linked_when_its_address_changes(stack: Stack, provider: Provider, person: Person) -> None:
    browser = stack.open_browser()
    come_back(browser, go_there(browser, provider))
    provider.person = provider.person | {"email": "married@example.org", "email_verified": False}
    again = stack.open_browser()

    come_back(again, go_there(again, provider))

    assert again.call("GET", "/v1/me")["member_id"] == person.member_id


def test_an_address_that_moved_to_another_account_opens_nothing(stack: Stack, provider: Provider) -> None:
    browser = stack.open_browser()
    come_back(browser, go_there(browser, provider))
    provider.person = provider.person | {"sub": "somebody-else"}
    thief = stack.open_browser()

    assert come_back(thief, go_there(thief, provider)) == "/sign-in?error=no_member"
    thief.call("GET", "/v1/me", expect=401)


def test_an_unverified_address_opens_nothing(stack: Stack, provider: Provider) -> None:
    provider.person = provider.person | {"email_verified": False}
    browser = stack.open_browser()

    assert come_back(browser, go_there(browser, provider)) == "/sign-in?error=identity_unverified"


def test_nobody_becomes_a_member_by_signing_in(stack: Stack, provider: Provider) -> None:
    provider.person = {"sub": "stranger", "email": "stranger@example.org", "email_verified": True}
    browser = stack.open_browser()

    assert come_back(browser, go_there(browser, provider)) == "/sign-in?error=no_member"


def test_an_invited_person_joins_with_a_verified_address(stack: Stack, provider: Provider, person: Person) -> None:
    invited = person.call("POST", "/v1/members", json={"email": "invited@example.org", "role": "client"})
    provider.person = {"sub": "invited", "email": "Invited@example.org", "email_verified": True}
    browser = stack.open_browser()

    come_back(browser, go_there(browser, provider))

    assert browser.call("GET", "/v1/me")["member_id"] == invited["id"]


def test_another_state_than_the_browsers_own_is_refused(stack: Stack, provider: Provider) -> None:
    browser, other = stack.open_browser(), stack.open_browser()
    go_there(browser, provider)

    assert come_back(browser, go_there(other, provider)) == "/sign-in?error=oidc_failed"


def test_a_forged_cookie_is_refused(stack: Stack, provider: Provider) -> None:
    browser = stack.open_browser()
    back = go_there(browser, provider)
    kept = browser.client.cookies["plumbline_oidc"]
    browser.client.cookies.clear()
    browser.client.cookies.set("plumbline_oidc", kept[:-1] + ("0" if kept[-1] != "0" else "1"))

    assert come_back(browser, back) == "/sign-in?error=oidc_failed"


def test_a_code_counts_once(stack: Stack, provider: Provider) -> None:
    browser = stack.open_browser()
    back = go_there(browser, provider)
    kept = browser.client.cookies["plumbline_oidc"]
    come_back(browser, back)
    thief = stack.open_browser()
    thief.client.cookies.set("plumbline_oidc", kept)

    assert come_back(thief, back) == "/sign-in?error=oidc_failed"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another sign-in"},
        {"aud": "another application"},
        {"iss": "https://another.example.org"},
        {"exp": int(time.time()) - 3600},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
    ],
    ids=["nonce", "audience", "issuer", "expiry", "authorized party"],
)
def test_an_identity_that_is_not_for_this_sign_in_is_refused(
    stack: Stack, provider: Provider, claims: dict[str, object]
) -> None:
    provider.claims = claims
    browser = stack.open_browser()

    assert come_back(browser, go_there(browser, provider)) == "/sign-in?error=oidc_failed"


def test_new_keys_of_the_provider_are_met_at_once(stack: Stack, provider: Provider) -> None:
    first = stack.open_browser()
    come_back(first, go_there(first, provider))
    provider.rotate()
    browser = stack.open_browser()

    assert come_back(browser, go_there(browser, provider)) == "/projects/7"


def test_a_person_who_declines_comes_back_to_the_sign_in_page(stack: Stack, provider: Provider) -> None:
    browser = stack.open_browser()
    state = parse_qs(urlsplit(go_there(browser, provider)).query)["state"][0]

    back = f"/v1/auth/oidc/callback?error=access_denied&state={state}"

    assert come_back(browser, back) == "/sign-in?error=oidc_failed"


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/\n/evil.example"])
def test_nobody_is_sent_to_another_site(stack: Stack, provider: Provider, elsewhere: str) -> None:
    browser = stack.open_browser()

    assert come_back(browser, go_there(browser, provider, next=elsewhere)) == "/"


def test_who_signs_in_at_the_provider_has_no_password_here(stack: Stack, provider: Provider, person: Person) -> None:
    stack.set_password(person)
    browser = stack.open_browser()
    come_back(browser, go_there(browser, provider))

    refused = stack.open_browser().ask("POST", "/v1/auth/sign-in", json={"email": person.email, "password": PASSWORD})

    assert refused.status_code == 401


def test_the_provider_is_among_the_ways_in(stack: Stack) -> None:
    assert stack.open_browser().call("GET", "/v1/auth/options")["oidc"] == {"name": "single sign-on"}


def test_who_came_before_with_a_password_is_out_once_the_account_is_linked(
    stack: Stack, provider: Provider, person: Person
) -> None:
    stack.set_password(person)
    squatter, owner = stack.open_browser(), stack.open_browser()
    with stack.database.begin(Scope(person.organisation_id)) as session:
        secret = accounts.issue_token(
            session, organisation_id=person.organisation_id, member_id=person.member_id, kind=TokenKind.SESSION
        )
    squatter.client.cookies.set(COOKIE, secret)
    squatter.call("GET", "/v1/me")

    come_back(owner, go_there(owner, provider))

    owner.call("GET", "/v1/me")
    squatter.call("GET", "/v1/me", expect=401)
