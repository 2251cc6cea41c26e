"""The embedded PostgreSQL: made, started, killed and bootstrapped on every installation of this machine."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from cli.launcher import postgres_binaries
from cli.launcher.bootstrap import Passwords, bootstrap
from cli.launcher.postgres import Cluster, end_leftover, init_cluster
from cli.launcher.postgres_binaries import find_postgres, list_postgres, make_runnable
from cli.launcher.service_account import find_service_account
from cli.launcher.state import LauncherError
from tests.services import postgres_server, reachable_folder, running_cluster

PASSWORDS = Passwords(owner="for-the-owner", app="for-the-app", relay="for-the-relay")
INSTALLATIONS = list_postgres()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A stopped cluster; every test leaves it stopped."""
    account = find_service_account()
    with reachable_folder(tmp_path_factory.mktemp("cluster")) as folder:
        made = Cluster(make_runnable(find_postgres(), account), folder / "pg", account, "secret", is_durable=False)
        init_cluster(made)
        yield made


@pytest.fixture(scope="module")
def admin_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres_server(tmp_path_factory.mktemp("pg")) as url:
        yield url


@pytest.mark.parametrize("installation", INSTALLATIONS, ids=lambda found: f"{found.version}-{found.from_wheel}")
def test_every_installed_version_takes_the_schema(
    installation: postgres_binaries.PostgresInstallation, tmp_path: Path
) -> None:
    with postgres_server(tmp_path, installation=installation) as url:
        urls = bootstrap(url, PASSWORDS)
        with psycopg.connect(urls.owner) as owner:
            row = owner.execute("SELECT count(*) FROM alembic_version").fetchone()
    assert row == (1,)


def test_committed_rows_outlive_kill_of_the_server(cluster: Cluster, tmp_path: Path) -> None:
    durable = replace(cluster, is_durable=True)
    with running_cluster(durable, tmp_path / "log") as (url, server):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        server.kill()
        server.wait()
    with running_cluster(durable, tmp_path / "log") as (url, _), psycopg.connect(url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_server_left_by_a_killed_launcher_is_ended_before_the_next_start(cluster: Cluster, tmp_path: Path) -> None:
    with running_cluster(cluster, tmp_path / "log") as (_, server):
        # Our test process is its parent and must reap it, or it would stay as a zombie.
        threading.Thread(target=server.wait, daemon=True).start()
        assert end_leftover(cluster)
    assert not end_leftover(cluster)


def test_a_lock_file_whose_process_number_is_a_strangers_does_not_hinder_the_start(
    cluster: Cluster, tmp_path: Path
) -> None:
    lock_file = cluster.folder / "postmaster.pid"
    lock_file.write_text(f"{os.getpid()}\n{cluster.folder}\n")
    assert not end_leftover(cluster)
    assert not lock_file.exists()


def test_an_interrupted_initdb_is_done_again(cluster: Cluster) -> None:
    elsewhere = replace(cluster, folder=cluster.folder.with_name("second"))
    making = elsewhere.folder.with_name("second.making")
    making.mkdir()
    (making / "half").write_text("written")
    init_cluster(elsewhere)
    assert (elsewhere.folder / "PG_VERSION").exists()
    assert not making.exists()


def test_a_cluster_of_another_major_version_is_refused(cluster: Cluster) -> None:
    other = replace(cluster.installation, version=cluster.installation.version + 1)
    with pytest.raises(LauncherError, match="is of PostgreSQL"):
        init_cluster(replace(cluster, installation=other))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account")
def test_programs_in_a_closed_folder_are_copied_to_where_the_account_can_run_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = find_service_account()
    assert account is not None
    closed = tmp_path / "clone"
    closed.mkdir(mode=0o700)
    wheel = find_postgres().prefix.parent
    for name in (wheel.name, f"{wheel.name}.libs"):
        (closed / name).symlink_to(wheel.parent / name)
    with reachable_folder(tmp_path) as folder:
        monkeypatch.setattr(postgres_binaries, "CACHES", (folder / "cache",))
        found = replace(find_postgres(), prefix=closed / wheel.name / find_postgres().prefix.name)
        copied = make_runnable(found, account)
        assert account.can_run([copied.program("initdb"), "--version"])


def test_a_second_bootstrap_changes_passwords_and_nothing_else(admin_url: str) -> None:
    bootstrap(admin_url, PASSWORDS)
    urls = bootstrap(admin_url, replace(PASSWORDS, app="a-new-one"))
    with psycopg.connect(urls.app) as app:
        assert app.execute("SELECT current_user").fetchone() == ("plumbline_app",)


def test_bootstraps_at_the_same_time_do_not_disturb_each_other(admin_url: str) -> None:
    failures: list[Exception] = []

    def run() -> None:
        try:
            bootstrap(admin_url, PASSWORDS, database="together")
        except Exception as error:  # noqa: BLE001  # a thread's failure has to reach the test
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_no_role_of_ours_steps_over_row_level_security(admin_url: str) -> None:
    bootstrap(admin_url, PASSWORDS)
    with psycopg.connect(admin_url) as admin:
        rows = admin.execute(
            "SELECT rolname FROM pg_roles "
            "WHERE rolname LIKE 'plumbline_%' AND (rolsuper OR rolbypassrls OR rolcreaterole)"
        ).fetchall()
    assert rows == []


def test_the_app_cannot_make_tables(admin_url: str) -> None:
    urls = bootstrap(admin_url, PASSWORDS)
    with psycopg.connect(urls.app) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("CREATE TABLE mine (id int)")


def test_an_administrator_without_superuser_suffices(tmp_path: Path) -> None:
    with postgres_server(tmp_path, installation=find_postgres()) as admin_url:
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("CREATE ROLE landlord LOGIN CREATEROLE CREATEDB PASSWORD 'rent'")
        landlord = make_url(admin_url).set(username="landlord", password="rent").render_as_string(hide_password=False)
        urls = bootstrap(landlord, PASSWORDS)
        with psycopg.connect(urls.owner) as owner:
            assert owner.execute("SELECT current_user").fetchone() == ("plumbline_owner",)


def test_postgres_ends_when_its_parent_is_killed(cluster: Cluster, tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from cli.launcher.postgres import Cluster;"
        "from cli.launcher.postgres_binaries import PostgresInstallation as P;"
        "from cli.launcher.service_account import find_service_account;"
        "from tests.services import running_cluster;"
        f"c = Cluster(P(18, Path({str(cluster.installation.prefix)!r}), True), Path({str(cluster.folder)!r}),"
        " find_service_account(), 'secret', is_durable=False);"
        f"\nwith running_cluster(c, Path({str(tmp_path / 'log')!r})) as (url, server):"
        " print(server.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    for _ in range(200):
        if not (cluster.folder / "postmaster.pid").exists():
            break
        threading.Event().wait(0.05)
    # A clean shutdown removes the lock file; a crash leaves it.
    assert not (cluster.folder / "postmaster.pid").exists(), pid
