"""Real servers for tests: a PostgreSQL without fsync and the S3 + SQS emulator, each as a context manager. Both end
with the test process, however it ends."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.launcher.child import die_with_launcher
from cli.launcher.ports import find_free_port
from cli.launcher.postgres import Cluster, child_environment, init_cluster, is_ready
from cli.launcher.postgres_binaries import PostgresInstallation, find_postgres, make_runnable
from cli.launcher.service_account import find_service_account
from cli.launcher.stack import EMULATOR_HEALTH, emulator_environment, python_argv
from cli.launcher.state import source_root

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0


@contextmanager
def postgres_server(tmp: Path, *, installation: PostgresInstallation | None = None) -> Iterator[str]:
    """Yield an administrator's URL: PLUMBLINE_TEST_DATABASE_URL if given, else that of a new server."""
    given = os.environ.get("PLUMBLINE_TEST_DATABASE_URL")
    if given and installation is None:
        yield given
        return
    with reachable_folder(tmp) as folder:
        account = find_service_account()
        programs = make_runnable(installation or find_postgres(), account)
        cluster = Cluster(programs, folder / "pg", account, "administrator", is_durable=False)
        init_cluster(cluster)
        with running_cluster(cluster, folder / "postgres.log") as (admin_url, _):
            yield admin_url


@contextmanager
def reachable_folder(tmp: Path) -> Iterator[Path]:
    """Yield a folder that PostgreSQL's account can reach: pytest's own folders are closed to others."""
    if os.geteuid() != 0:
        yield tmp
        return
    folder = Path(tempfile.mkdtemp(prefix="plumbline-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_cluster(
    cluster: Cluster, log: Path, *, port: int | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Yield the administrator's URL and the process of a server on this data folder."""
    port = port or find_free_port()
    with log.open("ab") as output:
        server = subprocess.Popen(
            cluster.argv(port=port),
            cwd="/",
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_launcher(signal.SIGINT),  # it only calls the kernel
            **cluster.popen_options(),
        )
    try:
        admin_url = cluster.admin_url(port=port)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not is_ready(admin_url):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.03)
        yield admin_url, server
    finally:
        end(server, signal.SIGINT)


@contextmanager
def emulator(tmp: Path, *, key_id: str | None = None, is_durable: bool = False) -> Iterator[str]:
    """Yield the endpoint URL of a new emulator whose state lies in `tmp`; any access key is served."""
    port = find_free_port()
    server = start_emulator(tmp, port=port, key_id=key_id, is_durable=is_durable)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        end(server, signal.SIGTERM)


def start_emulator(tmp: Path, *, port: int, key_id: str | None, is_durable: bool) -> subprocess.Popen[bytes]:
    """Start an emulator and return when it answers."""
    tmp.mkdir(parents=True, exist_ok=True)
    with (tmp / "emulator.log").open("ab") as output:
        server = subprocess.Popen(
            python_argv("cli.launcher.emulator"),
            cwd=source_root(),
            env=emulator_environment(tmp, port=port, key_id=key_id, is_durable=is_durable),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_launcher(signal.SIGTERM),  # it only calls the kernel
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(f"http://127.0.0.1:{port}{EMULATOR_HEALTH}"):
        if server.poll() is not None or time.monotonic() > deadline:
            end(server, signal.SIGTERM)
            raise RuntimeError(f"the emulator did not start: {(tmp / 'emulator.log').read_text()[-2000:]}")
        time.sleep(0.05)
    return server


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=3) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Ask the process to end, kill it if it does not."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
