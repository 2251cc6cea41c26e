"""The life of a launcher: one per state folder, leftovers of a killed one ended first, everything stopped on SIGINT or
SIGTERM. What is started is the caller's plan; `down` and `status` speak to it from another terminal."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from cli.launcher.log_lines import LogLines
from cli.launcher.ports import PortBook
from cli.launcher.processes import Supervisor
from cli.launcher.state import ChildRecord, LauncherError, ProcessId, Stack, StateDir

# Longer than a worker's `drain_s` by default: left alone by its launcher, it is draining already.
ORPHAN_TIMEOUT_S: Final = 45.0
DOWN_TIMEOUT_S: Final = 180.0
STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True, eq=False)
class Launch:
    """What a plan works with: the folder, the supervisor, the ports, and what the stack file will say."""

    state: StateDir
    lines: LogLines
    ports: PortBook
    me: ProcessId
    urls: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    is_ready: bool = False
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.lines, on_change=self.publish)

    def publish(self, children: tuple[ChildRecord, ...]) -> None:
        """Write the stack file."""
        self.state.write_stack(
            Stack(
                launcher=self.me,
                ready=self.is_ready,
                children=children,
                ports=self.ports.known(),
                urls=self.urls,
                environment=self.environment,
            )
        )


Plan = Callable[[Launch], Awaitable[None]]


def launch(state: StateDir, plan: Plan) -> int:
    """Carry out the plan, then keep its children running until a signal; returns the exit code of the process.

    Raises AlreadyRunning when the folder has a living launcher.
    """
    state.create()
    with state.lock():
        previous = state.read_stack()
        lines = LogLines(sys.stdout)
        for name in end_orphans(previous):
            lines.write("launcher", f"ended {name}, which a killed launcher had left")
        me = ProcessId.find(os.getpid())
        assert me is not None  # we are alive
        ports = PortBook(previous.ports if previous else {})
        return asyncio.run(_run(Launch(state=state, lines=lines, ports=ports, me=me), plan))


async def _run(launch: Launch, plan: Plan) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    launch.publish(())
    try:
        return await _follow(launch, plan, stop)
    finally:
        launch.is_ready = False
        await launch.supervisor.stop()
        launch.publish(launch.supervisor.records())
        launch.lines.write("launcher", "stopped")


async def _follow(launch: Launch, plan: Plan, stop: asyncio.Event) -> int:
    stopping = asyncio.create_task(stop.wait())
    planning = asyncio.ensure_future(plan(launch))
    await asyncio.wait({stopping, planning}, return_when=asyncio.FIRST_COMPLETED)
    if not planning.done():
        planning.cancel()
        with suppress(asyncio.CancelledError):
            await planning
        return 0
    try:
        planning.result()
    except LauncherError as error:
        launch.lines.write("launcher", f"cannot start: {error}")
        stopping.cancel()
        return 1
    launch.is_ready = True
    launch.publish(launch.supervisor.records())
    launch.lines.write("launcher", f"ready; {launch.urls['api']}" if "api" in launch.urls else "ready")
    await stopping
    return 0


def end_orphans(stack: Stack | None) -> list[str]:
    """End recorded children that still run although their launcher is gone; returns their names, last started first.

    A process that merely got the same number is left alone.
    """
    if stack is None or stack.launcher.is_alive():
        return []
    ended = []
    for child in reversed(stack.children):
        if child.process is not None and child.process.is_alive():
            _end(child.process, child.stop_signal)
            ended.append(child.name)
    return ended


def _end(process: ProcessId, number: int, *, timeout_s: float = ORPHAN_TIMEOUT_S) -> None:
    for attempt, wait_s in ((number, timeout_s), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.kill(process.pid, attempt)
        if wait_gone(process, timeout_s=wait_s):
            return
    raise LauncherError(f"process {process.pid} does not end")


def wait_gone(process: ProcessId, *, timeout_s: float) -> bool:
    """Wait until the process has ended; returns whether it did."""
    deadline = time.monotonic() + timeout_s
    while process.is_alive():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def down(state: StateDir, *, timeout_s: float = DOWN_TIMEOUT_S) -> bool:
    """Stop the stack of the folder, or what a killed launcher left of it; returns whether anything ran."""
    stack = state.read_stack()
    if stack is None:
        return False
    if not stack.launcher.is_alive():
        return bool(end_orphans(stack))
    with suppress(ProcessLookupError):
        os.kill(stack.launcher.pid, signal.SIGTERM)
    if not wait_gone(stack.launcher, timeout_s=timeout_s):
        _end(stack.launcher, signal.SIGKILL)
        end_orphans(state.read_stack())
    return True


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One line of `plumbline status`."""

    name: str
    pid: int | None
    state: str
    restarts: int
    url: str | None
    is_protected: bool | None = None


def status(state: StateDir) -> list[ProcessStatus]:
    """Return the launcher and its children as they are now, in the order of their start; empty without a stack file."""
    stack = state.read_stack()
    if stack is None:
        return []
    running = stack.launcher.is_alive()
    word = ("ready" if stack.ready else "starting") if running else "stopped"
    first = ProcessStatus(
        name="launcher", pid=stack.launcher.pid if running else None, state=word, restarts=0, url=None
    )
    return [first, *(_child_status(child, launcher_runs=running) for child in stack.children)]


def _child_status(child: ChildRecord, *, launcher_runs: bool) -> ProcessStatus:
    alive = child.process is not None and child.process.is_alive()
    word = child.state if launcher_runs else ("orphaned" if alive else "stopped")
    pid = child.process.pid if alive and child.process else None
    return ProcessStatus(name=child.name, pid=pid, state=word, restarts=child.restarts, url=child.url)
