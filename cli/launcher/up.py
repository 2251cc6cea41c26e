"""`plumbline up`, `down` and `status`: the whole embedded stack by one command, in this terminal or detached. Loopback
only."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import psycopg
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from cli.launcher import launch as launching
from cli.launcher.bootstrap import DatabaseUrls, Passwords, bootstrap
from cli.launcher.launch import Launch, ProcessStatus
from cli.launcher.machine_client import find_protected, give_notice
from cli.launcher.postgres import end_leftover, open_cluster
from cli.launcher.stack import (
    METERED,
    Consumer,
    emulator_endpoint,
    emulator_spec,
    machine_spec,
    postgres_spec,
    service_specs,
    stack_environment,
)
from cli.launcher.state import STATE_DIR_VARIABLE, AlreadyRunning, LauncherError, StateDir, find_state_dir, source_root
from runtime.aws import AWS_ERRORS, AwsEndpoint
from runtime.provision import provision
from runtime.settings import Settings

READY_TIMEOUT_S: Final = 300.0
LOG_TAIL_LINES: Final = 30
LOG_MAX_BYTES: Final = 20_000_000
# What a server that is down, full or unwilling makes the drivers raise.
FAILURES: Final[tuple[type[Exception], ...]] = (psycopg.Error, SQLAlchemyError, OSError, *AWS_ERRORS)
# Starts what stands between the emulator and our own processes; returns variables that these get besides.
Between = Callable[[Launch, AwsEndpoint], Awaitable[Mapping[str, str]]]


def up(*, detach: bool) -> int:
    """Run the stack until a signal, or start it in the background and return when it is ready; returns an exit code.

    Raises AlreadyRunning when it runs, LauncherError when it does not come up.
    """
    state = find_state_dir()
    running = state.read_stack()
    if running is not None and running.launcher.is_alive():
        raise AlreadyRunning(f"a stack is already running in {state.root} (pid {running.launcher.pid})")
    return _detach(state) if detach else launching.launch(state, start_stack)


def down() -> bool:
    """Stop the running stack or what a killed launcher left of it; returns whether anything ran."""
    return launching.down(find_state_dir())


def status() -> list[ProcessStatus]:
    """Return the launcher and its children as they are now."""
    state = find_state_dir()
    rows = launching.status(state)
    protected = find_protected(state) if rows else {}
    return [replace(row, is_protected=protected.get(row.name)) for row in rows]


def interrupt(name: Consumer, *, after_s: int) -> dict[str, Any]:
    """Give a consumer the notice that its machine is taken away; see `machine_client.give_notice`."""
    return give_notice(find_state_dir(), name, after_s=after_s)


async def start_stack(launch: Launch, *, between: Between | None = None) -> None:
    """Start everything in the order of need: database, schema, emulator, bucket and queues, our own processes."""
    try:
        urls = await start_database(launch)
        await _start_services(launch, urls, between)
    except FAILURES as error:
        raise LauncherError(f"{type(error).__name__}: {error}") from error


async def start_database(launch: Launch) -> DatabaseUrls:
    """Use the operator's PostgreSQL (PLUMBLINE_DATABASE_URL is then an administrator's) or start our own."""
    admin_url = os.environ.get("PLUMBLINE_DATABASE_URL")
    if not admin_url:
        cluster = await asyncio.to_thread(open_cluster, launch.state)
        await asyncio.to_thread(end_leftover, cluster)
        port = launch.ports.choose("postgres")
        await launch.supervisor.start(postgres_spec(cluster, port=port))
        admin_url = cluster.admin_url(port=port)
    passwords = Passwords(
        owner=launch.state.secret("plumbline_owner"),
        app=launch.state.secret("plumbline_app"),
        relay=launch.state.secret("plumbline_relay"),
    )
    urls = await asyncio.to_thread(bootstrap, admin_url, passwords)
    launch.urls |= {"admin": admin_url, "owner": urls.owner, "app": urls.app, "relay": urls.relay}
    launch.lines.write("launcher", "the schema is up to date")
    return urls


async def _start_services(launch: Launch, urls: DatabaseUrls, between: Between | None) -> None:
    settings = Settings(database_url=SecretStr(urls.app))
    ports = launch.ports
    emulator_port = ports.choose("emulator")
    api_port = ports.choose("api", preferred=settings.api_port, insist="PLUMBLINE_API_PORT" in os.environ)
    segment_port = ports.choose(
        "segment", preferred=settings.segment_port, insist="PLUMBLINE_SEGMENT_PORT" in os.environ
    )
    machine_port = ports.choose("machine")
    for name in METERED:
        ports.choose(f"{name}-metrics")
    # Not twelve digits: the emulator takes those for an account number.
    endpoint = emulator_endpoint(
        port=emulator_port, key_id=f"PL{launch.state.secret('aws_key_id')}", secret=launch.state.secret("aws_secret")
    )
    await launch.supervisor.start_together(
        [
            emulator_spec(launch.state.emulator, port=emulator_port, key_id=endpoint.access_key_id),
            machine_spec(launch.state, port=machine_port),
        ]
    )
    await asyncio.to_thread(
        provision,
        bucket=settings.bucket,
        upload_bucket=settings.upload_bucket,
        queue_prefix=settings.queue_prefix,
        visibility_timeout_s=settings.visibility_timeout_s,
        max_receives=settings.max_receives,
        endpoint=endpoint,
    )
    launch.environment = stack_environment(
        urls,
        endpoint=endpoint,
        bucket=settings.bucket,
        queue_prefix=settings.queue_prefix,
        api_port=api_port,
        segment_port=segment_port,
        log_format="console" if sys.stdout.isatty() else "json",
        secret=launch.state.secret("links"),
    )
    if between is not None:
        launch.environment |= await between(launch, endpoint)
    launch.urls |= {name: f"http://127.0.0.1:{port}" for name, port in ports.chosen.items() if name != "postgres"}
    await launch.supervisor.start_together(
        service_specs(launch.environment, relay_url=urls.relay, ports=ports.chosen, drain_s=settings.drain_s)
    )


def _detach(state: StateDir) -> int:
    """Start the launcher in a session of its own and wait until it is ready; LauncherError holds its last lines."""
    state.create()
    log = state.logs / "launcher.log"
    if log.exists() and log.stat().st_size > LOG_MAX_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        log.chmod(0o600)
        launcher = subprocess.Popen(
            [sys.executable, "-u", "-m", "cli.launcher.up"],
            env={**os.environ, STATE_DIR_VARIABLE: str(state.root)},
            cwd=source_root(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not _is_ready(state, launcher.pid):
        if launcher.poll() is not None:
            raise LauncherError(f"the stack did not start:\n{_tail(log)}")
        if time.monotonic() > deadline:
            launcher.terminate()
            raise LauncherError(f"the stack was not ready after {READY_TIMEOUT_S:g} s:\n{_tail(log)}")
        time.sleep(0.1)
    return 0


def _is_ready(state: StateDir, pid: int) -> bool:
    stack = state.read_stack()
    return stack is not None and stack.launcher.pid == pid and stack.launcher.is_alive() and stack.ready


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])


def main() -> int:
    """Run the launcher of a detached stack."""
    try:
        return up(detach=False)
    except LauncherError as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
