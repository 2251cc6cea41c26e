"""What the operator of an installation does without a token: first organisations, first passwords."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli import main
from cli.launcher.state import STATE_DIR_VARIABLE
from schema.enums import OrganisationKind, Role
from tests.harness import PASSWORD, Stack


@pytest.fixture
def operator(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A shell on a machine that reaches the database and runs no stack of its own."""
    monkeypatch.setenv("PLUMBLINE_DATABASE_URL", stack.settings.database_url.get_secret_value())
    monkeypatch.setenv("PLUMBLINE_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv(STATE_DIR_VARIABLE, str(tmp_path))
    return CliRunner()


def run(operator: CliRunner, *arguments: str, stdin: str = "") -> Result:
    return operator.invoke(main.app, list(arguments), input=stdin)


def sign_in(stack: Stack, email: str, password: str) -> int:
    return stack.open_browser().ask("POST", "/v1/auth/sign-in", json={"email": email, "password": password}).status_code


def test_the_first_manager_signs_in_with_the_password_of_the_operator(stack: Stack, operator: CliRunner) -> None:
    arguments = ("org", "create", "First", "--kind", "client", "--email", "first@example.org", "--password-stdin")

    done = run(operator, *arguments, stdin=f"{PASSWORD}\n")

    assert done.exit_code == 0
    assert sign_in(stack, "first@example.org", PASSWORD) == 200


def test_the_first_manager_sets_a_password_by_the_printed_link(stack: Stack, operator: CliRunner) -> None:
    done = run(operator, "org", "create", "Second", "--kind", "vendor", "--email", "second@example.org")
    secret = done.output.strip().rpartition("/invitation/")[2]

    accepted = stack.open_browser().ask(
        "POST", "/v1/auth/invitations/accept", json={"token": secret, "password": PASSWORD}
    )

    assert (accepted.status_code, accepted.json()["role"]) == (200, "manager")


def test_a_refused_password_leaves_no_organisation_behind(stack: Stack, operator: CliRunner) -> None:
    arguments = ("org", "create", "Third", "--kind", "client", "--email", "third@example.org", "--password-stdin")

    refused = run(operator, *arguments, stdin="short\n")
    again = run(operator, *arguments, stdin=f"{PASSWORD}\n")

    assert "at least 12 characters" in str(refused.exception)
    assert again.exit_code == 0


def test_the_operator_resets_the_password_of_anybody(stack: Stack, operator: CliRunner) -> None:
    person = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    browser = stack.sign_in(person)

    done = run(operator, "member", "reset-password", person.email, "--password-stdin", stdin="set by the operator\n")

    assert done.exit_code == 0
    browser.call("GET", "/v1/me", expect=401)
    assert sign_in(stack, person.email, "set by the operator") == 200
