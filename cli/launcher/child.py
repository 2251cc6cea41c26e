"""What a child of the launcher is: its command, how one sees that it works, how it is started so that it cannot outlive
the launcher. Supervises nothing."""

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: after one, nothing may be imported or allocated that another thread could hold a lock on.
_LIBC = ctypes.CDLL(None, use_errno=True)


class Check(Protocol):
    """Whether a child does its work; answers within its own time limit and never raises."""

    async def passes(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class HttpCheck:
    """GET of a path on 127.0.0.1 answers 200."""

    port: int
    path: str = "/healthz"
    timeout_s: float = 3.0

    async def passes(self) -> bool:
        try:
            async with asyncio.timeout(self.timeout_s):
                return await self._get()
        except (OSError, TimeoutError):
            return False

    async def _get(self) -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(
                f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n\r\n".encode()
            )
            await writer.drain()
            status = (await reader.readline()).split()
            return len(status) > 1 and status[1] == b"200"
        finally:
            writer.close()


@dataclass(frozen=True, slots=True)
class CallCheck:
    """A blocking function says yes (run in a thread)."""

    call: Callable[[], bool]

    async def passes(self) -> bool:
        return await asyncio.to_thread(self.call)


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One child. Without `check` it counts as working once it has lived for `settle_s`.

    `stop_signal` asks it to end, also when the launcher dies; past `stop_timeout_s` it gets SIGKILL.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    check: Check | None = None
    url: str | None = None
    cwd: Path = Path("/")
    settle_s: float = 0.5
    start_timeout_s: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 15.0
    popen_options: Mapping[str, Any] = field(default_factory=dict)


def die_with_launcher(number: signal.Signals) -> Callable[[], None]:
    """Return what the child runs before its program: the kernel sends it the signal when the launcher dies (prctl(2)).

    The signal follows the thread that forks, so children are started from the launcher's main thread only.
    """
    launcher = os.getpid()

    def ask_kernel() -> None:
        if _LIBC.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0 or os.getppid() != launcher:
            os._exit(127)

    return ask_kernel


async def spawn(spec: ChildSpec) -> asyncio.subprocess.Process:
    """Start the child in a session of its own (Ctrl-C reaches the launcher alone), its output in one pipe."""
    return await asyncio.create_subprocess_exec(
        *spec.argv,
        env=dict(spec.env),
        cwd=spec.cwd,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_launcher(spec.stop_signal),
        **spec.popen_options,
    )
