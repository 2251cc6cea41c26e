"""A child that handles a stranger's model reaches no network, starts no program, knows no secret, takes no more."""

import json
import os
import signal
import socket

import pytest

from workers.models.sandbox import end_child, resident_bytes, start_child

CHILD = "tests.unit.models.sandboxed"
MB = 1_000_000


@pytest.fixture
def child(tmp_path):
    """Start a child that does one thing and return what it printed and by what it was held."""
    started = []

    def run(do, what=None, **options):
        process = start_child(CHILD, {"do": do, "with": what, **options}, folder=tmp_path)
        started.append(process)
        said, _ = process.communicate(timeout=60)
        return json.loads(said)

    yield run
    for process in started:
        end_child(process)


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.mark.parametrize("without_seccomp", [False, True])
def test_nobody_on_loopback_hears_of_a_child(child, listener, without_seccomp):
    said, held = child("call_loopback", listener.getsockname()[1], without_seccomp=without_seccomp)
    assert said != "connected"
    assert held[-1] == ("network: namespace" if without_seccomp else "network: seccomp")
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_child_sends_no_datagram(child):
    assert child("send_datagram", 9)[0] == "PermissionError"


def test_a_child_cannot_call_a_server_of_this_machine(child, tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "server"))
        server.listen()
        server.setblocking(False)
        assert child("call_local_server", str(tmp_path / "server"))[0] == "PermissionError"
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("do", ["run_program", "fork"])
def test_a_child_starts_no_process(child, tmp_path, do):
    assert child(do, str(tmp_path / "mark"))[0] == "PermissionError"
    assert not (tmp_path / "mark").exists()


def test_a_child_cannot_signal_others(child):
    assert child("signal_process", os.getpid())[0] == "PermissionError"


def test_a_child_starts_threads(child):
    assert child("start_thread", "done")[0] == "done"


def test_memory_ends_at_the_limit(child):
    assert child("take_memory", 100 * MB, memory_bytes=400 * MB)[0] == str(100 * MB)
    assert child("take_memory", 500 * MB, memory_bytes=400 * MB)[0] == "MemoryError"


def test_a_file_ends_at_the_limit(child):
    assert child("write_file", 9 * MB)[0] == "written"
    assert child("write_file", 11 * MB)[0] == "OSError"


def test_a_child_that_is_told_which_files_are_its_own_opens_no_others(child, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "weights").write_text("mine")
    (tmp_path / "secret").write_text("ours")
    own = str(tmp_path / "own")
    said, held = child("read_file", str(tmp_path / "secret"), folder=own)
    if "files: landlock" not in held:
        pytest.skip("this kernel has no Landlock")
    assert said == "PermissionError"
    assert child("read_file", "/etc/passwd", folder=own)[0] == "PermissionError"
    assert child("read_file", str(tmp_path / "own" / "weights"), folder=own)[0] == "mine"
    assert child("write_file", 1, folder=own)[0] == "PermissionError"


def test_the_environment_holds_nothing_of_ours(child, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "key")
    monkeypatch.setenv("PLUMBLINE_TOKEN_SECRET", "secret")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    environment = json.loads(child("list_environment")[0])
    assert [name for name in environment if name.startswith(("AWS_", "PLUMBLINE_"))] == []
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert environment["TMPDIR"] == str(tmp_path)
    assert environment["CUDA_VISIBLE_DEVICES"] == ""


def test_what_a_child_holds_is_known_until_it_ends(tmp_path):
    process = start_child(CHILD, {"do": "wait", "with": None}, folder=tmp_path)
    assert process.stdout.readline() == b'"waiting"\n'
    assert 5 * MB < resident_bytes(process.pid) < 500 * MB
    end_child(process)
    assert process.returncode == -signal.SIGKILL
    assert resident_bytes(process.pid) == 0
    end_child(process)
