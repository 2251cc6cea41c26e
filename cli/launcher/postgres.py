"""A PostgreSQL cluster of our own: made once, started in the foreground as a child, reached over TCP on 127.0.0.1 only.
Never runs as root, opens no Unix socket, leaves other clusters alone."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy.engine import URL

from cli.launcher.postgres_binaries import PostgresInstallation, find_postgres, make_public, make_runnable
from cli.launcher.service_account import ServiceAccount, find_service_account
from cli.launcher.state import LauncherError, ProcessId, StateDir, path_hash, write_private

ADMIN: Final = "postgres"
HOMES: Final = (Path("/var/lib/plumbline"), Path("/var/tmp/plumbline"))  # noqa: S108  # owner checked
STOP_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder with the programs and the account that run it. `is_durable` off skips fsync: for tests only."""

    installation: PostgresInstallation
    folder: Path
    account: ServiceAccount | None
    password: str
    is_durable: bool = True

    def popen_options(self) -> dict[str, Any]:
        return self.account.popen_options() if self.account else {}

    def argv(self, *, port: int) -> tuple[str, ...]:
        """Return the command that runs the server in the foreground; SIGINT ends it fast and cleanly."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            # TCP alone: a socket's path would have to stay below 107 bytes whatever the clone is called.
            "unix_socket_directories": "",
            "log_checkpoints": "off",
        }
        if not self.is_durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return (self.installation.program("postgres"), "-D", str(self.folder), *options)

    def admin_url(self, *, port: int) -> str:
        return URL.create(
            "postgresql", username=ADMIN, password=self.password, host="127.0.0.1", port=port, database="postgres"
        ).render_as_string(hide_password=False)


def child_environment() -> dict[str, str]:
    """Return the environment of PostgreSQL's programs: nothing of ours, so that no secret is visible to its account."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def open_cluster(state: StateDir) -> Cluster:
    """Return the cluster of the state folder, making it at the first call."""
    account = find_service_account()
    installation = make_runnable(find_postgres(), account)
    cluster = Cluster(
        installation=installation,
        folder=_locate(state, account) / "pg",
        account=account,
        password=state.secret("postgres"),
    )
    init_cluster(cluster)
    return cluster


def _locate(state: StateDir, account: ServiceAccount | None) -> Path:
    """Return the folder that holds the cluster: the state folder, else one outside that the pointer file names.

    The outer one carries a random part, so that a new clone at an old path never meets a cluster of a lost password.
    """
    if account is None or account.can_reach(state.root):
        return state.root
    if state.cluster_pointer.exists():
        return Path(state.cluster_pointer.read_text().strip())
    for home in HOMES:
        folder = home / f"{path_hash(state.root)}-{secrets.token_hex(3)}"
        try:
            make_public(home)
            make_public(folder)
        except OSError:
            continue
        if account.can_reach(folder):
            write_private(state.cluster_pointer, f"{folder}\n")
            return folder
    raise LauncherError(
        f"no folder for the database that {account.name} can reach (tried {', '.join(map(str, HOMES))})"
    )


def init_cluster(cluster: Cluster) -> None:
    """Make the data folder unless it is complete; an interrupted attempt is thrown away first.

    Raises LauncherError when the folder was made by another major version.
    """
    version_file = cluster.folder / "PG_VERSION"
    if version_file.exists():
        version = version_file.read_text().strip()
        if version != str(cluster.installation.version):
            raise LauncherError(f"{cluster.folder} is of PostgreSQL {version}, not {cluster.installation.version}")
        return
    making = cluster.folder.with_name(cluster.folder.name + ".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    password_file = making.with_name(making.name + ".password")
    try:
        write_private(password_file, cluster.password)
        if cluster.account:
            for path in (making, password_file):
                os.chown(path, cluster.account.uid, cluster.account.gid)
        _initdb(cluster, making, password_file)
    finally:
        password_file.unlink(missing_ok=True)
    making.rename(cluster.folder)


def _initdb(cluster: Cluster, folder: Path, password_file: Path) -> None:
    options = ["-U", ADMIN, "-A", "scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8", "--locale=C.UTF-8"]
    if not cluster.is_durable:
        options.append("--no-sync")
    done = subprocess.run(
        [cluster.installation.program("initdb"), "-D", str(folder), *options],
        cwd="/",
        env=child_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **cluster.popen_options(),
    )
    if done.returncode != 0:
        raise LauncherError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")


def end_leftover(cluster: Cluster, *, timeout_s: float = STOP_TIMEOUT_S) -> bool:
    """End a server that a killed launcher left in this data folder; returns whether there was one.

    A lock file whose process number has passed to a stranger is removed: PostgreSQL would refuse to start.
    """
    lock_file = cluster.folder / "postmaster.pid"
    try:
        pid = int(lock_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return False
    process = ProcessId.find(pid)
    if process is None or not _serves(pid, cluster.folder):
        lock_file.unlink(missing_ok=True)
        return False
    for number, wait_s in ((signal.SIGINT, timeout_s), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
        os.kill(pid, number)
        if _wait_gone(process, timeout_s=wait_s):
            return True
    raise LauncherError(f"PostgreSQL (pid {pid}) of {cluster.folder} does not end")


def _serves(pid: int, folder: Path) -> bool:
    # Not the working folder: containers without SYS_PTRACE hide that of another account, the arguments they show.
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(folder) in arguments


def _wait_gone(process: ProcessId, *, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not process.is_alive():
            return True
        time.sleep(0.02)
    return not process.is_alive()


def is_ready(admin_url: str) -> bool:
    """Whether the server takes connections."""
    try:
        with psycopg.connect(admin_url, connect_timeout=3):
            return True
    except psycopg.OperationalError:
        return False
