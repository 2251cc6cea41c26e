"""`plumbline queue …`: the dead-letter desk of the whole installation, as its operator works it."""

import json
from collections.abc import Callable

import psycopg
import pytest
from typer.testing import CliRunner, Result

from cli.exits import CommandFailed, Exit
from cli.launcher.bootstrap import DatabaseUrls
from cli.launcher.stack import aws_environment
from cli.launcher.state import STATE_DIR_VARIABLE
from cli.main import app
from schema.enums import OrganisationKind, Role, Topic
from schema.messages import DecideMessage
from tests.harness import Person, Stack
from tests.integration.letters import bury, bury_text, envelope, file_letters, rows_of

Command = Callable[..., Result]


@pytest.fixture
def command(
    stack: Stack,
    database_urls: DatabaseUrls,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Command:
    """Run a command on the test's own stack, as an operator whose environment leads there."""
    environment = {
        STATE_DIR_VARIABLE: str(tmp_path_factory.mktemp("state")),
        "PLUMBLINE_DATABASE_URL": database_urls.app,
        "PLUMBLINE_RELAY_DATABASE_URL": database_urls.relay,
        "PLUMBLINE_QUEUE_PREFIX": stack.settings.queue_prefix,
        **aws_environment(stack.endpoint),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, expect: int = 0) -> Result:
        done = CliRunner().invoke(app, ["queue", *arguments])
        code = done.exception.exit_code if isinstance(done.exception, CommandFailed) else done.exit_code
        assert code == expect, (done.output, done.exception)
        return done

    return run


@pytest.fixture
def manager(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)


def died(stack: Stack, manager: Person, count: int) -> list[int]:
    """File letters about the manager's organisation, and one that nobody knows; return the former's ids."""
    for number in range(count):
        text = envelope(DecideMessage(client_org=manager.organisation_id, task_id=7, submits=1), id=str(number))
        bury(stack, Topic.DECIDE, text, reason="conflict", error="it broke")
    bury_text(stack, Topic.RELEASE, "whose is this?")
    file_letters(stack)
    return sorted(x["id"] for x in manager.call("GET", "/v1/dead-letters")["items"])


def states(command: Command) -> dict[str, tuple[int, int, int]]:
    rows = json.loads(command("list", "--json").stdout)
    return {r["queue"]: (r["dead"], r["redriven"], r["discarded"]) for r in rows}


def test_list_shows_the_queues_and_the_desk(stack: Stack, command: Command, manager: Person) -> None:
    died(stack, manager, 2)
    bury_text(stack, Topic.DECIDE, "not filed yet")
    assert states(command)["decide"] == (2, 0, 0)
    [decide] = [r for r in json.loads(command("list", "--json").stdout) if r["queue"] == "decide"]
    assert decide["unfiled"] == 1
    assert "decide" in command("list").stdout


def test_list_shows_the_queues_without_a_database(
    command: Command, database_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_RELAY_DATABASE_URL", database_urls.relay.replace("plumbline_relay", "nobody"))
    shown = command("list", "--json")
    assert {row["dead"] for row in json.loads(shown.stdout)} == {None}
    assert "the desk is not shown" in shown.stderr


def test_operator_sees_everybodys_letters_with_their_reason(stack: Stack, command: Command, manager: Person) -> None:
    died(stack, manager, 1)
    letters = json.loads(command("dead", "--json").stdout)
    assert [(x["queue"], x["reason"], x["organisation_id"]) for x in letters] == [
        ("release", "worker_died", None),
        ("decide", "conflict", manager.organisation_id),
    ]
    assert "whose is this?" in command("dead", "release").stdout
    assert json.loads(command("dead", "--reason", "conflict", "--state", "redriven", "--json").stdout) == []


def test_letter_is_shown_whole(stack: Stack, command: Command, manager: Person) -> None:
    [letter] = died(stack, manager, 1)
    shown = json.loads(command("show", str(letter), "--json").stdout)
    assert shown["message"]["body"] == {
        "type": "decide",
        "client_org": manager.organisation_id,
        "task_id": 7,
        "submits": 1,
    }
    assert shown["about"] == {"task_id": 7}
    assert "it broke" in command("show", str(letter)).stdout
    command("show", "987654", expect=Exit.NOT_FOUND)


def test_named_letters_go_back_and_are_recorded_for_their_organisation(
    stack: Stack, command: Command, manager: Person
) -> None:
    first, second = died(stack, manager, 2)
    assert json.loads(command("redrive", str(first), "--json").stdout)["letter_ids"] == [first]
    done = command("redrive", str(first), str(second))
    assert "1 letter on the way back" in done.stdout
    assert f"not among the waiting letters: {first}" in done.stderr
    command("redrive", str(first), expect=Exit.NOT_FOUND)
    stack.relay()
    assert len(stack.receive_all(Topic.DECIDE)) == 2
    trail = manager.call("GET", f"/v1/audit?subject=dead_letter:{first}")["items"]
    assert [(e["action"], e["member_id"]) for e in trail] == [("dead_letter_redriven", None)]


def test_letters_of_a_queue_go_back_at_a_rate(
    stack: Stack, command: Command, manager: Person, admin_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.dead_letters.service.MOST_AT_ONCE", 2)
    monkeypatch.setattr("cli.letters.MOST_AT_ONCE", 2)
    died(stack, manager, 5)
    done = json.loads(command("redrive", "--queue", "decide", "--reason", "conflict", "--rate", "2", "--json").stdout)
    assert (len(done["letter_ids"]), done["seconds"]) == (5, 2.5)
    with psycopg.connect(admin_url) as admin:
        delays = admin.execute("SELECT extract(epoch FROM not_before - created_at)::float FROM outbox ORDER BY id")
        assert [round(s, 2) for (s,) in delays] == [0, 0.5, 1, 1.5, 2]
    assert states(command)["release"] == (1, 0, 0)


def test_all_means_everybodys(stack: Stack, command: Command, manager: Person) -> None:
    died(stack, manager, 2)
    command("redrive", "--all")
    assert {s for s in states(command).values() if any(s)} == {(0, 2, 0), (0, 1, 0)}


def test_letters_are_discarded_with_a_reason(stack: Stack, command: Command, manager: Person, admin_url: str) -> None:
    [letter] = died(stack, manager, 1)
    done = command("discard", "--queue", "release", "--reason-text", "nobody's", "--json")
    assert len(json.loads(done.stdout)["letter_ids"]) == 1
    command("discard", str(letter), "--reason-text", "a test")
    assert rows_of(admin_url, "state, note") == [("discarded", "a test"), ("discarded", "nobody's")]


@pytest.mark.parametrize("chosen", [[], ["7", "--all"], ["7", "--queue", "decide"], ["--all", "--reason", "conflict"]])
def test_letters_are_chosen_in_one_way(command: Command, chosen: list[str]) -> None:
    command("redrive", *chosen, expect=Exit.USAGE)


def test_nothing_is_discarded_without_a_reason(command: Command) -> None:
    command("discard", "7", expect=Exit.USAGE)
    command("discard", "7", "--reason-text", " ", expect=Exit.USAGE)


def test_database_that_is_away_is_told_with_the_way_without_it(
    command: Command, database_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_RELAY_DATABASE_URL", database_urls.relay.replace("plumbline_relay", "nobody"))
    failed = command("dead", expect=Exit.NOT_RUNNING)
    assert "plumbline queue move" in str(failed.exception)


def test_unfiled_letters_move_straight_back_where_sqs_cannot_do_it_itself(stack: Stack, command: Command) -> None:
    bodies = [f"letter {number}" for number in range(12)]
    for body in bodies:
        bury(stack, Topic.RELEASE, body, reason="conflict", error="x")
    assert json.loads(command("move", "release", "--rate", "500", "--json").stdout) == {"queue": "release", "moved": 12}
    url = stack.queue_url(Topic.RELEASE)
    got = stack.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
    assert {name for message in got for name in message.get("MessageAttributes", {})} == set()
    assert sorted([m["Body"] for m in got] + stack.receive_all(Topic.RELEASE)) == sorted(bodies)
    assert "0 messages are back" in command("move", "release").stdout
