"""The launcher with shell loops as children: restarts, orderly stop, and what a killed launcher leaves behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.launcher.launch import ProcessStatus, down, end_orphans, status
from cli.launcher.processes import BACKOFF_MAX_S, backoff_s
from cli.launcher.state import ChildRecord, ProcessId, Stack, StateDir

WAIT_S = 10.0
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return StateDir(tmp_path / "state")


@pytest.fixture
def start(state: StateDir) -> Iterator[Start]:
    """Start a dummy launcher with children of these names."""
    started: list[subprocess.Popen[str]] = []

    def run(*names: str) -> subprocess.Popen[str]:
        argv = [sys.executable, "-m", "tests.integration.dummy_stack", str(state.root), *names]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=WAIT_S)


def _until(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not fact():
        assert time.monotonic() < deadline, "the awaited fact did not come about"
        time.sleep(0.02)


def _is_ready(state: StateDir, launcher: subprocess.Popen[str]) -> Callable[[], bool]:
    return lambda: (stack := state.read_stack()) is not None and stack.launcher.pid == launcher.pid and stack.ready


def _find(state: StateDir, name: str) -> ProcessStatus:
    return next(line for line in status(state) if line.name == name)


def _pids(state: StateDir) -> list[int]:
    return [line.pid for line in status(state)[1:] if line.pid]


def _dead_launcher() -> ProcessId:
    return ProcessId(pid=os.getpid(), started="another boot:1")


def test_a_crashed_child_is_started_again_and_counted(state: StateDir, start: Start) -> None:
    _until(_is_ready(state, start("first", "second")))
    before = _find(state, "first").pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    _until(lambda: _find(state, "first").restarts == 1 and _find(state, "first").state == "healthy")
    assert _find(state, "first").pid != before


def test_child_that_worked_and_ended_in_order_is_started_again_at_once(state: StateDir, start: Start) -> None:
    launcher = start("first")
    _until(_is_ready(state, launcher))
    for restarts in range(1, 5):
        pid = _find(state, "first").pid
        assert pid is not None
        os.kill(pid, signal.SIGTERM)
        _until(lambda: _find(state, "first").restarts == restarts and _find(state, "first").state == "healthy")  # noqa: B023
    launcher.terminate()
    output, _ = launcher.communicate(timeout=WAIT_S)
    assert output.count("first ended (exit 0), again in 0 s") == 4


def test_children_that_started_together_are_asked_to_end_together(state: StateDir, start: Start) -> None:
    launcher = start("first", "a+b")
    _until(_is_ready(state, launcher))
    launcher.terminate()
    assert launcher.wait(WAIT_S) == 0
    ended = (state.root / "ended").read_text().split()
    assert sorted(ended[:2]) == ["a", "b"]
    assert ended[2:] == ["first"]


def test_sigterm_stops_all_in_reverse_order(state: StateDir, start: Start) -> None:
    launcher = start("first", "second", "third")
    _until(_is_ready(state, launcher))
    launcher.terminate()
    assert launcher.wait(WAIT_S) == 0
    assert (state.root / "ended").read_text().split() == ["third", "second", "first"]


def test_a_child_that_does_not_listen_is_killed_after_its_deadline(state: StateDir, start: Start) -> None:
    launcher = start("deaf")
    _until(_is_ready(state, launcher))
    (pid,) = _pids(state)
    launcher.terminate()
    assert launcher.wait(WAIT_S) == 0
    assert ProcessId.find(pid) is None


def test_down_from_another_process_stops_the_stack(state: StateDir, start: Start) -> None:
    launcher = start("first")
    _until(_is_ready(state, launcher))
    # Our test is the launcher's parent: unreaped it would count as gone too, but not with its exit code.
    assert down(state, timeout_s=WAIT_S)
    assert launcher.wait(WAIT_S) == 0
    assert [line.state for line in status(state)] == ["stopped", "stopped"]


def test_down_without_a_stack_does_nothing(state: StateDir) -> None:
    assert not down(state)


def test_children_end_with_a_killed_launcher(state: StateDir, start: Start) -> None:
    launcher = start("first", "second")
    _until(_is_ready(state, launcher))
    pids = _pids(state)
    launcher.kill()
    launcher.wait()
    _until(lambda: not any(ProcessId.find(pid) for pid in pids))
    assert len(pids) == 2


def test_after_a_killed_launcher_the_stack_starts_again_on_its_ports(state: StateDir, start: Start) -> None:
    first = start("first")
    _until(_is_ready(state, first))
    stack = state.read_stack()
    assert stack is not None
    first.kill()
    first.wait()
    _until(_is_ready(state, start("first")))
    again = state.read_stack()
    assert again is not None
    assert again.ports == stack.ports


def test_a_second_launcher_in_the_same_folder_is_refused(state: StateDir, start: Start) -> None:
    _until(_is_ready(state, start("first")))
    assert start("first").wait(WAIT_S) == 4


def test_a_child_that_crashes_at_its_start_stops_the_launcher_with_its_last_words(
    state: StateDir, start: Start
) -> None:
    launcher = start("first", "crashing")
    output, _ = launcher.communicate(timeout=WAIT_S)
    assert launcher.returncode == 1
    assert "crashing  | cannot" in output
    assert (state.root / "ended").read_text().split() == ["first"]


def test_an_orphan_of_a_killed_launcher_is_ended_by_the_next(state: StateDir, start: Start) -> None:
    orphan = subprocess.Popen(["sleep", "60"])
    identity = ProcessId.find(orphan.pid)
    state.create()
    record = ChildRecord("left", identity, "healthy", 0, None, int(signal.SIGTERM))
    state.write_stack(Stack(launcher=_dead_launcher(), ready=True, children=(record,)))
    _until(_is_ready(state, start("first")))
    assert orphan.wait(WAIT_S) == -signal.SIGTERM


def test_a_stranger_with_the_number_of_a_dead_child_is_left_alone() -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        recorded = ProcessId(pid=stranger.pid, started="another boot:1")
        record = ChildRecord("gone", recorded, "healthy", 0, None, int(signal.SIGTERM))
        assert end_orphans(Stack(launcher=_dead_launcher(), children=(record,))) == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_torn_stack_file_counts_as_none(state: StateDir) -> None:
    state.create()
    state.stack_file.write_text('{"version": 1, "launcher": {')
    assert state.read_stack() is None


def test_secrets_are_readable_by_their_owner_only(state: StateDir, start: Start) -> None:
    _until(_is_ready(state, start("first")))
    state.secret("any")
    modes = [path.stat().st_mode & 0o777 for path in (state.stack_file, state.secrets_file)]
    assert modes == [0o600, 0o600]


def test_the_pause_before_a_restart_doubles_up_to_a_bound() -> None:
    pauses = [backoff_s(crashes) for crashes in range(1, 40)]
    assert pauses[:3] == [0.5, 1.0, 2.0]
    assert max(pauses) == BACKOFF_MAX_S
