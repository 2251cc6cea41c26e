"""Children that handle strangers' models: started with nothing of ours, shut in before they read anything.

The parent calls `start_child`, watches `resident_bytes` and ends it by `end_child`; the child calls `enter` first.
"""

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.models.landlock import keep_only
from workers.models.seccomp import take_calls_away

_ROOT = Path(__file__).resolve().parents[2]
_ARGUMENT = "argument.json"
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
# Which of a host's devices are ours to use is the operator's word and no secret.
_PASSED_ON = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "CUDA_DEVICE_ORDER")


class SandboxUnavailable(Exception):
    """Nothing on this machine can shut the network for a child: no stranger's model is run on it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may take: private memory, processor time of all its threads (None: any), the size of a file."""

    memory_bytes: int
    cpu_s: int | None
    file_bytes: int


@dataclass(frozen=True, slots=True)
class Files:
    """What a child may open beside the libraries: files or folders to read, and some to write in."""

    readable: tuple[Path, ...]
    writable: tuple[Path, ...]


def enter(limits: Limits, *, files: Files | None = None, dies_with_parent: bool = True) -> tuple[str, ...]:
    """Shut this process in for good and return what holds, for the log; the first thing that a child does.

    With `files` nothing else can be opened, where the kernel has Landlock: it hides our settings and other models.
    Memory is limited by RLIMIT_DATA, since address space says nothing where torch and CUDA map what they never use.
    Call it before a library starts threads, or a namespace cannot be had in the filter's place.
    The parent is the *thread* that started the child: without `dies_with_parent` that thread may end before the child.
    Raises SandboxUnavailable when the network can be shut neither by a filter on system calls nor by a namespace.
    """
    held = []
    if dies_with_parent and ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0:
        held.append("ends with its parent")
    for name, number, most in (
        ("core", resource.RLIMIT_CORE, 0),
        ("file", resource.RLIMIT_FSIZE, limits.file_bytes),
        ("memory", resource.RLIMIT_DATA, limits.memory_bytes),
        ("cpu", resource.RLIMIT_CPU, limits.cpu_s),
    ):
        if most is not None:
            # At the soft limit of processor time comes a signal that tells what it was, at the hard one SIGKILL.
            resource.setrlimit(number, (most, most + 1 if number == resource.RLIMIT_CPU else most))
            held.append(f"{name}: at most {most}")
    if files is not None and keep_only(readable=files.readable, writable=files.writable):
        held.append("files: landlock")
    held.append(_shut_network())
    return tuple(held)


def _shut_network() -> str:
    """Return what shuts it; what was tried is believed only when a socket cannot be opened any more."""
    if take_calls_away() and not _reaches_network():
        return "network: seccomp"
    # A namespace of its own has no way out and a loopback of its own, which is down.
    if ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        return "network: namespace"
    raise SandboxUnavailable(
        "Neither seccomp nor a network namespace can be had here, so no model of a stranger is run. "
        "Allow seccomp filters (Docker's default profile does) on a Linux of x86-64 or aarch64."
    )


def _reaches_network() -> bool:
    with suppress(PermissionError), socket.socket(socket.AF_INET, socket.SOCK_STREAM):
        return True
    return False


def start_child(
    module: str,
    argument: Mapping[str, Any],
    *,
    folder: Path,
    threads: int | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `python -m module` with pipes for its input and output; it finds its argument by `read_argument`.

    `folder` is its own: its working directory and where libraries put what they cache. Of our environment it gets
    nothing but which devices it may use. Call `end_child` when done with it.
    """
    private = str(folder.resolve())
    # A command line holds 128 KiB at most, and a card of many classes is longer.
    (folder / _ARGUMENT).write_text(json.dumps(argument), encoding="ascii")
    environment = {
        "PYTHONPATH": str(_ROOT),
        "PATH": os.defpath,
        "HOME": private,
        "TMPDIR": private,
        "HF_HOME": private,
        "XDG_CACHE_HOME": private,
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",
    }
    environment |= {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    if threads is not None:
        environment |= {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd=private,
        env=environment,
        pass_fds=tuple(pass_fds),
        start_new_session=True,  # Ctrl-C is the parent's to handle
    )


def read_argument() -> dict[str, Any]:
    """Return, in a child, what it was started with."""
    argument: dict[str, Any] = json.loads(Path(_ARGUMENT).read_text(encoding="ascii"))
    return argument


def end_child(process: subprocess.Popen[bytes]) -> None:
    """Kill a child and take it in; its pipes are closed. May be called twice."""
    with suppress(ProcessLookupError):
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


def resident_bytes(pid: int) -> int:
    """Return what a process holds of memory that the kernel cannot drop: its own and shared, no pages of files.

    0 when it has ended.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    kinds = dict(line.split(":", 1) for line in lines if ":" in line)
    return sum(int(kinds.get(kind, "0 kB").split()[0]) * 1024 for kind in ("RssAnon", "RssShmem"))
