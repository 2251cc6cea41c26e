"""The embedded stack with a faulty wire before its SQS, run by the real launcher from a folder of its own.

`python -m bench.chaos.stack` is that launcher; `--database-only` brings back its PostgreSQL alone, for whoever asks.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine import make_url

from bench.chaos.proxy import HEALTH
from cli.launcher import launch as launching
from cli.launcher.child import ChildSpec, HttpCheck, die_with_launcher
from cli.launcher.launch import Launch
from cli.launcher.stack import python_argv
from cli.launcher.state import STATE_DIR_VARIABLE, LauncherError, Stack, StateDir, find_state_dir, source_root
from cli.launcher.up import READY_TIMEOUT_S, start_database, start_stack
from runtime.aws import AwsEndpoint

PROXY: Final = "proxy"
DATABASE: Final = "plumbline"
SCRATCH: Final = "scratch"
LAUNCHER_STOP_S: Final = 120.0
# What makes every loss heal within seconds instead of minutes.
SETTINGS: Final[Mapping[str, str]] = {
    # What a killed worker held is received again after this; a handler here takes far less.
    "PLUMBLINE_VISIBILITY_TIMEOUT_S": "10",
    # A dropped internal message is noticed after this; longer than a message waits while a whole process is away.
    "PLUMBLINE_STATE_DEADLINE_S": "15",
    "PLUMBLINE_STATE_SWEEP_INTERVAL_S": "2",
    # A dropped event of S3 is noticed by the next listing.
    "PLUMBLINE_RECONCILE_INTERVAL_S": "10",
    # While the workers are behind, a listing would only announce once more what they have not come to yet.
    "PLUMBLINE_RECONCILE_BACKLOG": "100",
    # Each announcement of a stuck row is lost with 1.25 %, and with every kill: six in a row do not happen.
    "PLUMBLINE_MAX_RESENDS": "6",
    # A stopping worker may finish what it has begun, but the launcher kills after 15 s.
    "PLUMBLINE_DRAIN_S": "8",
    "PLUMBLINE_DECODE_TIMEOUT_S": "20",
    "PLUMBLINE_LOG_LEVEL": "WARNING",
}


async def _start_proxy(launch: Launch, endpoint: AwsEndpoint, *, seed: int, share: float) -> Mapping[str, str]:
    port = launch.ports.choose(PROXY)
    arguments = ("--port", str(port), "--upstream", endpoint.url, "--seed", str(seed), "--share", str(share))
    url = f"http://127.0.0.1:{port}"
    await launch.supervisor.start(
        ChildSpec(
            name=PROXY,
            argv=python_argv("bench.chaos.proxy", *arguments),
            env=clean_environment(),
            cwd=source_root(),
            check=HttpCheck(port, HEALTH),
            url=url,
        )
    )
    # S3 stays where it is: only the queues get the faulty wire.
    return {"AWS_ENDPOINT_URL_SQS": url}


def clean_environment() -> dict[str, str]:
    """Return this process' environment without what would lead it to another stack or another account."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PLUMBLINE_", "PG"))}


class ChaosStack:
    """A running stack as its breaker sees it: who runs, under which number, how often started."""

    def __init__(self, state: StateDir, launcher: subprocess.Popen[bytes]) -> None:
        self.state = state
        self.launcher = launcher

    def read(self) -> Stack:
        """Return the stack file; raises LauncherError when the launcher itself has ended."""
        stack = self.state.read_stack()
        if stack is None or self.launcher.poll() is not None:
            raise LauncherError(f"the launcher is gone; its last lines:\n{self.log_tail()}")
        return stack

    @property
    def environment(self) -> Mapping[str, str]:
        return self.read().environment

    @property
    def api_url(self) -> str:
        return self.read().urls["api"]

    @property
    def proxy_url(self) -> str:
        return self.read().urls[PROXY]

    @property
    def database_url(self) -> str:
        """The administrator's URL of Plumbline's database: row-level security hides nothing from it."""
        return database_url(self.read())

    def log_tail(self, lines: int = 60) -> str:
        log = self.state.logs / "chaos.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""

    def stop(self) -> None:
        """End the stack in order, as `plumbline down` does."""
        if self.launcher.poll() is None:
            self.launcher.terminate()
        try:
            self.launcher.wait(LAUNCHER_STOP_S)
        except subprocess.TimeoutExpired:
            self.launcher.kill()
            self.launcher.wait()
        launching.down(self.state)


def database_url(stack: Stack) -> str:
    url = make_url(stack.urls["admin"]).set(drivername="postgresql", database=DATABASE)
    return url.render_as_string(hide_password=False)


@contextmanager
def running_stack(state: StateDir, *, seed: int, share: float) -> Iterator[ChaosStack]:
    """Yield the running stack; it ends with this process, however that ends. Raises LauncherError."""
    state.create()
    stack = ChaosStack(state, _spawn(state, "--seed", str(seed), "--share", str(share), settings=SETTINGS))
    try:
        _wait_ready(stack)
        yield stack
    finally:
        stack.stop()


def bring_database_back(state: StateDir) -> str:
    """Start the stack's PostgreSQL alone, to outlive this process; returns the administrator's URL."""
    launcher = _spawn(state, "--database-only", is_detached=True)
    stack = ChaosStack(state, launcher)
    _wait_ready(stack)
    return stack.database_url


def _spawn(
    state: StateDir, *arguments: str, settings: Mapping[str, str] | None = None, is_detached: bool = False
) -> subprocess.Popen[bytes]:
    die_with_us: Any = None if is_detached else die_with_launcher(signal.SIGTERM)
    with (state.logs / "chaos.log").open("ab") as output:
        return subprocess.Popen(
            python_argv("bench.chaos.stack", *arguments),
            env={
                **clean_environment(),
                **(settings or {}),
                STATE_DIR_VARIABLE: str(state.root),
                # A worker that is killed leaves the picture that it was reading.
                "TMPDIR": str(state.root.parent / SCRATCH),
            },
            cwd=source_root(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_us,
        )


def _wait_ready(stack: ChaosStack) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while True:
        found = stack.state.read_stack()
        if found is not None and found.launcher.pid == stack.launcher.pid and found.ready:
            return
        if stack.launcher.poll() is not None or time.monotonic() > deadline:
            raise LauncherError(f"the stack did not start:\n{stack.log_tail()}")
        time.sleep(0.1)


@contextmanager
def folder_of_our_own(*, keep: bool) -> Iterator[StateDir]:
    """Yield a new state folder that PostgreSQL's account can reach; it is removed afterwards unless it is kept."""
    root = Path(tempfile.mkdtemp(prefix="plumbline-chaos-"))
    root.chmod(0o755)
    (root / SCRATCH).mkdir(mode=0o700)
    state = StateDir(root / "state")
    try:
        yield state
    finally:
        if not keep:
            remove(state)


def remove(state: StateDir) -> None:
    """Remove the folder, and the cluster where it had to lie elsewhere."""
    if state.cluster_pointer.exists():
        shutil.rmtree(state.cluster_pointer.read_text().strip(), ignore_errors=True)
    shutil.rmtree(state.root.parent, ignore_errors=True)


async def _database_only(launch: Launch) -> None:
    await start_database(launch)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=0.0)
    parser.add_argument("--database-only", action="store_true")
    given = parser.parse_args()
    if given.database_only:
        return launching.launch(find_state_dir(), _database_only)
    between = partial(_start_proxy, seed=given.seed, share=given.share)
    return launching.launch(find_state_dir(), partial(start_stack, between=between))


if __name__ == "__main__":
    sys.exit(main())
