"""Commands of operators and integrators against a real API."""

import json
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from cli.launcher.stack import aws_environment
from cli.launcher.state import STATE_DIR_VARIABLE
from cli.main import app
from schema.enums import OrganisationKind, Role
from tests.harness import Stack
from tests.receiver import open_receiver
from tests.serving import served

Command = Callable[..., Result]


@pytest.fixture
def command(stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Run a command on the test's own stack, as an operator whose environment leads there."""
    environment = {
        STATE_DIR_VARIABLE: str(tmp_path_factory.mktemp("state")),
        "PLUMBLINE_DATABASE_URL": stack.settings.database_url.get_secret_value(),
        "PLUMBLINE_QUEUE_PREFIX": stack.settings.queue_prefix,
        **aws_environment(stack.endpoint),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, expect: int = 0) -> Result:
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == expect, (done.output, done.exception)
        return done

    return run


def test_webhook_lives_its_whole_life_by_commands(
    stack: Stack, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    with capture_logs(), served(stack) as api_url, open_receiver() as receiver:
        monkeypatch.setenv("PLUMBLINE_API_URL", api_url)
        monkeypatch.setenv("PLUMBLINE_TOKEN", manager.token)
        made = json.loads(command("webhook", "add", receiver.url, "--kind", "task.accepted", "--json").stdout)
        number = str(made["id"])
        assert receiver.url in command("webhook", "list").stdout
        assert "204" in command("webhook", "test", number).stdout
        receiver.will_answer(500)
        command("webhook", "test", number, expect=1)
        assert json.loads(command("webhook", "rotate", number, "--json").stdout)["secret"] != made["secret"]
        assert json.loads(command("webhook", "deliveries", number, "--json").stdout) == []
        command("webhook", "remove", number)
        assert json.loads(command("webhook", "list", "--json").stdout) == []
