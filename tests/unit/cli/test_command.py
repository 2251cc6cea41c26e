"""The command line as a whole: its exit codes, what it prints where, and the completion of shells."""

import json
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from cli import main
from cli.connection import told
from cli.exits import CommandFailed, Exit
from cli.launcher.state import STATE_DIR_VARIABLE
from cli.printing import print_rows, print_table, show_progress
from plumbline_client import FieldProblem, PlumblineError, Unreachable


@pytest.fixture(autouse=True)
def no_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing runs here, and nobody has a token."""
    for name in ("PLUMBLINE_DATABASE_URL", "PLUMBLINE_API_URL", "PLUMBLINE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(STATE_DIR_VARIABLE, str(tmp_path))


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """Run a command as the shell does; return how it exits."""
    monkeypatch.setattr(sys, "argv", ["plumbline", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.run()
    return ended.value.code


def test_bash_completion_is_a_script(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("bash", "/bin/bash"))  # make starts us in another one
    with pytest.raises(SystemExit) as ended:
        main.app(["--show-completion"], prog_name="plumbline")
    assert ended.value.code == Exit.DONE
    assert "complete -o default -F _plumbline_completion plumbline" in capsys.readouterr().out


def test_every_noun_has_commands_each_with_a_help_line() -> None:
    nouns = {n: c for n, c in get_command(main.app).commands.items() if hasattr(c, "commands")}  # type: ignore[attr-defined]
    assert {"org", "project", "queue", "webhook", "release"} <= set(nouns)
    silent = [f"{n} {c}" for n, noun in nouns.items() for c, command in noun.commands.items() if not command.help]
    assert silent == []
    assert [n for n, noun in nouns.items() if not noun.commands] == []


def test_exit_codes_are_in_the_help() -> None:
    shown = " ".join(CliRunner().invoke(main.app, ["--help"]).output.split())
    assert all(f"{code.value} " in shown for code in Exit)


def test_interrupt_of_nothing_ends_with_3_and_says_how_to_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "interrupt", "worker", "--json") == Exit.NOT_RUNNING
    told = capsys.readouterr()
    assert (told.out, "plumbline up" in told.err) == ("", True)


def test_status_of_nothing_ends_with_3_and_prints_json_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "status", "--json") == Exit.NOT_RUNNING
    assert json.loads(capsys.readouterr().out) == []


def test_command_that_needs_a_stack_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "queue", "list", "--json") == Exit.NOT_RUNNING
    told_where = capsys.readouterr()
    assert told_where.out == ""
    assert "plumbline up" in told_where.err


def test_wrong_usage_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "queue", "redrive", "telegrams") == Exit.USAGE


def test_missing_token_is_told_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "webhook", "list") == Exit.FAILED
    assert "PLUMBLINE_TOKEN" in capsys.readouterr().err


def test_refusal_is_told_with_its_fields_and_the_page_that_explains_it() -> None:
    refused = PlumblineError(
        "invalid_request",
        "name: too long",
        status=422,
        errors=(FieldProblem("name", "too long"),),
        explained_at="http://x/docs/errors#invalid_request",
    )
    with pytest.raises(CommandFailed) as failed, told():
        raise refused
    assert str(failed.value).splitlines() == [
        "name: too long",
        "  name: too long",
        "  what to do: http://x/docs/errors#invalid_request",
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PlumblineError("not_found", "", status=404), Exit.NOT_FOUND),
        (PlumblineError("forbidden", "", status=403), Exit.FAILED),
        (Unreachable("refused"), Exit.NOT_RUNNING),
    ],
)
def test_exit_code_tells_what_kind_of_failure_it_was(error: PlumblineError, code: Exit) -> None:
    with pytest.raises(CommandFailed) as failed, told():
        raise error
    assert failed.value.exit_code is code


def test_table_has_columns_as_wide_as_their_cells(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["id", "name"], [[1, "long name"], [100, None]])
    assert capsys.readouterr().out.splitlines() == ["id   name", "1    long name", "100"]


def test_json_has_every_field_and_the_table_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": 1, "name": "a", "more": True}]
    print_rows(rows, {"ID": "id"}, as_json=True)
    assert json.loads(capsys.readouterr().out) == rows
    print_rows(rows, {"ID": "id"}, as_json=False)
    assert capsys.readouterr().out == "ID\n1\n"


def test_progress_is_silent_without_a_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with show_progress("sending", total=2) as advance:
        advance(1)
        advance(1)
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "")
