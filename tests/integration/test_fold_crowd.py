"""The fold while many write at once, several fold, and folders are killed: in the end the boards hold each row once."""

import random
import signal
import subprocess
import sys
import threading
import time

import psycopg
import pytest

from cli.launcher.bootstrap import DatabaseUrls
from runtime.database import Database
from tests.arch.source import ROOT
from tests.integration.conftest import Template
from tests.integration.measured import add_project, end_lease, recorded, summed, unchecked
from workers.folder import fold_all

WRITERS, ROUNDS = 6, 40
FOLDER = """
import sys
from domain.boards.folding import fold
from runtime.database import Database
relay = Database(sys.argv[1], pool_size=1)
print("ready", flush=True)
while True:
    with relay.begin(None) as session:
        fold(session, limit=7)
"""


@pytest.fixture
def admin_url(template: Template, database_urls: DatabaseUrls) -> str:
    url = template.admin_url(database_urls)
    with psycopg.connect(url, autocommit=True) as admin:
        add_project(admin)
    return url


def write_some(admin_url: str, seed: int) -> None:
    """End leases in transactions that last different times; some are rolled back."""
    rng = random.Random(seed)
    with psycopg.connect(admin_url) as connection:
        unchecked(connection)
        connection.commit()
        for _ in range(ROUNDS):
            for _ in range(rng.randint(1, 5)):
                end_lease(connection, member_id=rng.randint(1, 3), active_s=0.5, new=rng.randint(0, 3))
            time.sleep(rng.random() * 0.01)
            if rng.random() < 0.2:
                connection.rollback()
            else:
                connection.commit()


def start_writers(admin_url: str) -> list[threading.Thread]:
    threads = [threading.Thread(target=write_some, args=(admin_url, seed)) for seed in range(WRITERS)]
    for thread in threads:
        thread.start()
    return threads


def check(admin_url: str, relay: Database) -> None:
    fold_all(relay)
    with psycopg.connect(admin_url) as admin:
        written = recorded(admin)
        assert written[0] > WRITERS * ROUNDS
        assert summed(admin) == written


def test_three_folders_beside_writers_sum_every_row_once(admin_url: str, database_urls: DatabaseUrls) -> None:
    relay = Database(database_urls.relay, pool_size=3)
    stop = threading.Event()

    def keep_folding() -> None:
        while not stop.is_set():
            fold_all(relay, limit=11)

    folders = [threading.Thread(target=keep_folding) for _ in range(3)]
    for folder in folders:
        folder.start()
    for writer in start_writers(admin_url):
        writer.join()
    stop.set()
    for folder in folders:
        folder.join()
    check(admin_url, relay)
    relay.close()


def test_a_folder_that_is_killed_loses_nothing_and_counts_nothing_twice(
    admin_url: str, database_urls: DatabaseUrls
) -> None:
    relay = Database(database_urls.relay, pool_size=1)
    writers = start_writers(admin_url)
    kills = 0
    while any(writer.is_alive() for writer in writers) or kills < 3:
        folder = subprocess.Popen(
            [sys.executable, "-c", FOLDER, database_urls.relay], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert folder.stdout is not None
        assert folder.stdout.readline() == "ready\n"
        time.sleep(0.05 + 0.05 * random.random())
        folder.send_signal(signal.SIGKILL)
        folder.wait()
        folder.stdout.close()
        kills += 1
    check(admin_url, relay)
    relay.close()
