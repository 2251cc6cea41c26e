"""People who sign in through the page."""

import re
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from domain.scope import Scope
from domain.signin.passwords import hash_password
from domain.signin.service import set_initial_password
from tests.harness import Person, Stack

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Account:
    """What a person types to sign in."""

    email: str
    password: str


def give_password(stack: Stack, person: Person) -> Account:
    """Let a member of the harness sign in with a password."""
    hashed = hash_password(PASSWORD)
    with stack.database.begin(Scope(person.organisation_id)) as session:
        set_initial_password(
            session, organisation_id=person.organisation_id, member_id=person.member_id, password_hash=hashed
        )
    return Account(person.call("GET", "/v1/me")["email"], PASSWORD)


def sign_in(page: Page, account: Account) -> None:
    """Sign in and arrive at the list of projects."""
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(account.email)
    page.get_by_label("Password", exact=True).fill(account.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/projects$"))
