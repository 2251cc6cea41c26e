"""Supervises children: starts them until they work, restarts what ends, stops them in reverse order. Knows nothing of
what they do."""

import asyncio
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cli.launcher.child import ChildSpec, spawn
from cli.launcher.log_lines import LogLines
from cli.launcher.state import ChildRecord, LauncherError, ProcessId

CHECK_PAUSE_S: Final = 0.05
WATCH_PAUSE_S: Final = 5.0
BACKOFF_FIRST_S: Final = 0.5
BACKOFF_MAX_S: Final = 30.0
# A child that lived this long starts its back-off anew.
STEADY_S: Final = 60.0
FIRST_START_ATTEMPTS: Final = 3
EXIT_NOT_STARTED: Final = 127


class ChildState(StrEnum):
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    RESTARTING = "restarting"
    STOPPED = "stopped"


class ChildFailed(LauncherError):
    """A child did not come up."""


def backoff_s(crashes: int) -> float:
    """Return the pause before a restart after so many crashes in a row (1, 2, …): doubling, at most 30 s."""
    return float(min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2 ** min(crashes - 1, 10)))


@dataclass(slots=True, eq=False)
class Child:
    """A supervised child and its present process; a group was started together."""

    spec: ChildSpec
    group: int
    state: ChildState = ChildState.STARTING
    process: asyncio.subprocess.Process | None = None
    identity: ProcessId | None = None
    restarts: int = 0
    worked: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def record(self) -> ChildRecord:
        return ChildRecord(
            name=self.spec.name,
            process=self.identity,
            state=self.state.value,
            restarts=self.restarts,
            url=self.spec.url,
            stop_signal=int(self.spec.stop_signal),
        )


class Supervisor:
    """Keeps children running. `on_change` is called after every change that a reader of the stack file should see."""

    def __init__(self, lines: LogLines, *, on_change: Callable[[tuple[ChildRecord, ...]], None]) -> None:
        self._lines = lines
        self._on_change = on_change
        self._children: list[Child] = []
        self._groups = itertools.count()

    def records(self) -> tuple[ChildRecord, ...]:
        return tuple(child.record() for child in self._children)

    async def start(self, spec: ChildSpec) -> None:
        """Start a child and return when it works; raises ChildFailed when it crashes thrice or is too slow."""
        await self._start(spec, group=next(self._groups))

    async def _start(self, spec: ChildSpec, *, group: int) -> None:
        child = Child(spec, group)
        self._children.append(child)
        child.task = asyncio.create_task(self._supervise(child))
        working = asyncio.create_task(child.worked.wait())
        await asyncio.wait({child.task, working}, timeout=spec.start_timeout_s, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        if not child.worked.is_set():
            how = "crashes at its start" if child.task.done() else f"does not work after {spec.start_timeout_s:g} s"
            raise ChildFailed(f"{spec.name} {how}; see its lines above")

    async def start_together(self, specs: list[ChildSpec]) -> None:
        """Start several at the same time; they are stopped at the same time too."""
        group = next(self._groups)
        results = await asyncio.gather(*(self._start(spec, group=group) for spec in specs), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def stop(self) -> None:
        """End all children, the last started first; those that were started together have their deadlines together."""
        for _, children in itertools.groupby(reversed(self._children), key=lambda child: child.group):
            await asyncio.gather(*(self._stop(child) for child in children))

    async def _stop(self, child: Child) -> None:
        if child.task is not None:
            child.task.cancel()
            with suppress(asyncio.CancelledError):
                await child.task
        await self._end(child)
        self._set(child, ChildState.STOPPED)

    def _set(self, child: Child, state: ChildState) -> None:
        if child.state != state:
            child.state = state
            self._lines.write("launcher", f"{child.spec.name} {state}")
        self._on_change(self.records())

    async def _supervise(self, child: Child) -> None:
        crashes = 0
        while True:
            started = time.monotonic()
            code = await self._run_once(child)
            if code == 0 and child.state in (ChildState.HEALTHY, ChildState.UNHEALTHY):
                crashes, pause_s = 0, 0.0  # it did its work and ended in order: its machine was taken away, say
            else:
                crashes = 1 if time.monotonic() - started > STEADY_S else crashes + 1
                pause_s = backoff_s(crashes)
            if not child.worked.is_set() and crashes >= FIRST_START_ATTEMPTS:
                return
            child.restarts += 1
            self._lines.write("launcher", f"{child.spec.name} ended ({describe_exit(code)}), again in {pause_s:g} s")
            self._set(child, ChildState.RESTARTING)
            await asyncio.sleep(pause_s)

    async def _run_once(self, child: Child) -> int:
        """Run the child's program until it ends; returns its exit code as subprocess counts it."""
        try:
            process = child.process = await spawn(child.spec)
        except (OSError, subprocess.SubprocessError) as error:
            self._lines.write("launcher", f"{child.spec.name} cannot be started: {error}")
            return EXIT_NOT_STARTED
        child.identity = ProcessId.find(process.pid)
        self._set(child, ChildState.STARTING)
        assert process.stdout is not None  # spawn asks for a pipe
        copying = asyncio.create_task(self._lines.copy(child.spec.name, process.stdout))
        watching = asyncio.create_task(self._watch(child))
        try:
            code = await process.wait()
            # A grandchild that kept the pipe must not hold up the restart.
            await asyncio.wait({copying}, timeout=1.0)
            return code
        finally:
            watching.cancel()
            if process.returncode is not None:
                copying.cancel()
                child.identity = None

    async def _watch(self, child: Child) -> None:
        check = child.spec.check
        if check is None:
            await asyncio.sleep(child.spec.settle_s)
            self._working(child)
            return
        while not await check.passes():
            await asyncio.sleep(CHECK_PAUSE_S)
        self._working(child)
        while True:
            await asyncio.sleep(WATCH_PAUSE_S)
            state = ChildState.HEALTHY if await check.passes() else ChildState.UNHEALTHY
            if state != child.state:
                self._set(child, state)

    def _working(self, child: Child) -> None:
        self._set(child, ChildState.HEALTHY)
        child.worked.set()

    async def _end(self, child: Child) -> None:
        process = child.process
        if process is None or process.returncode is not None:
            return
        for number, wait_s in ((child.spec.stop_signal, child.spec.stop_timeout_s), (signal.SIGKILL, 5.0)):
            with suppress(ProcessLookupError):
                if number == signal.SIGKILL:
                    self._lines.write("launcher", f"{child.spec.name} does not end; killed")
                    os.killpg(process.pid, number)
                else:
                    process.send_signal(number)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), wait_s)
                break
        child.identity = None


def describe_exit(code: int) -> str:
    """Return an exit code in words: `exit 3`, `SIGKILL`."""
    return signal.Signals(-code).name if code < 0 else f"exit {code}"
