"""What PostgreSQL tells while people work: who waits for a lock on which table, how many blocks a statement touches."""

import asyncio
from collections import Counter
from typing import LiteralString

import psycopg

from bench.load.caught import Statement
from domain.scope import Scope

PAUSE_S = 0.02
# A wait for a row is a wait for the transaction that wrote it, while the waiting one holds the row's tuple lock.
_WAITING: LiteralString = """
SELECT DISTINCT a.pid, coalesce(l.relation::regclass::text, a.wait_event) FROM pg_stat_activity a
LEFT JOIN pg_locks l
  ON l.pid = a.pid AND l.locktype IN ('tuple', 'relation', 'page') AND (NOT l.granted OR l.locktype = 'tuple')
WHERE a.datname = current_database() AND a.wait_event_type = 'Lock'
"""
_BLOCKS: LiteralString = """
SELECT sum(pg_stat_get_xact_blocks_fetched(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""


class LockWatch:
    """Samples who waits; `waits` counts sightings by the table, `samples` how often it looked."""

    def __init__(self, admin_url: str) -> None:
        self._url = admin_url
        self.waits: Counter[str] = Counter()
        self.samples = 0

    async def run(self, stop: asyncio.Event) -> None:
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            while not stop.is_set():
                rows = await (await connection.execute(_WAITING)).fetchall()
                self.waits.update(str(table) for _, table in rows)
                self.samples += 1
                await asyncio.sleep(PAUSE_S)


def count_blocks(app_url: str, statement: Statement, *, scope: Scope, member_id: int) -> int:
    """Return how many blocks of our tables and indexes a statement fetches as this member; nothing stays of it."""
    with psycopg.connect(app_url) as connection:
        connection.execute(
            "SELECT set_config('plumbline.org', %s, true), set_config('plumbline.projects', %s, true)",
            (str(scope.organisation_id), "{" + ",".join(map(str, scope.projects)) + "}"),
        )
        connection.execute("SET LOCAL jit = off")
        before = _blocks(connection)
        connection.execute(statement.sql, statement.values | {"member": member_id})
        touched = _blocks(connection) - before
        connection.rollback()
    return touched


def _blocks(connection: psycopg.Connection) -> int:
    row = connection.execute(_BLOCKS).fetchone()
    assert row is not None
    return int(row[0] or 0)
