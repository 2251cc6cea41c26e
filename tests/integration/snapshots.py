"""What a database and a bucket hold, as values that can be compared: exactly, or with ids and times left out.

Read as the administrator, whom row-level security does not bind. Changes nothing but where `move_back` says so.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

import psycopg
from psycopg import sql

from tests.harness import Stack

Rows = Counter[tuple[str, str]]

# What names a row or a moment: two runs of the same story differ in these and in nothing else.
_NAMES = re.compile(
    r"(^|_)((?<!class_)ids?|at|since|before|until|org|by|key|sha256|prefix|bucket|url|nonce|secret|revision|etag)$"
    r"|^(sequencer|started_lane|duplicate_of|filled_to|took_ms|took_s|measured|drawn|derived_from|import|leases|tasks"
    r"|decision|delivery|email|file_name|sent_back|overturned|written_in)$"
)
# Ids under names that are counts elsewhere.
_IDS_IN = {"model_run": {"cursor"}, "model_run_chunk": {"items"}}
_DIGITS = re.compile(r"\d+")


def list_tables(admin_url: str) -> list[str]:
    """List the tables of the product; partitions are parts of theirs."""
    with psycopg.connect(admin_url) as admin:
        rows = admin.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
            "AND NOT relispartition AND relname <> 'alembic_version' ORDER BY relname"
        )
        return [str(name) for (name,) in rows]


def read_rows(admin_url: str, tables: Iterable[str]) -> Rows:
    """Return every row of the tables as JSON, whole."""
    parts = [
        sql.SQL("SELECT {}, to_jsonb(x)::text FROM {} x").format(sql.Literal(name), sql.Identifier(name))
        for name in tables
    ]
    with psycopg.connect(admin_url) as admin:
        return Counter((str(table), str(row)) for table, row in admin.execute(sql.SQL(" UNION ALL ").join(parts)))


def read_objects(stack: Stack) -> Counter[tuple[str, str]]:
    """Return key and ETag of everything in Plumbline's own bucket."""
    pages = stack.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.settings.bucket)
    return Counter((entry["Key"], entry["ETag"]) for page in pages for entry in page.get("Contents", ()))


def changes(before: Rows, after: Rows) -> list[str]:
    """Say which rows went and which came; empty when nothing changed."""
    gone, come = before - after, after - before
    return [f"- {table} {row}" for table, row in gone] + [f"+ {table} {row}" for table, row in come]


def without_names(before: Rows, after: Rows, *, leave_out: Collection[str] = ()) -> Counter[str]:
    """Return the rows that came between two readings, each without what names it; what is null stays told.

    `leave_out` are columns that may differ for a reason that the caller knows.
    """
    told: Counter[str] = Counter()
    for (table, row), count in (after - before).items():
        left_out = {*leave_out, *_IDS_IN.get(table, ())}
        kept = {name: _plain(value, name) for name, value in json.loads(row).items() if name not in left_out}
        told[f"{table} {json.dumps(kept, sort_keys=True)}"] += count
    return told


def _plain(value: Any, name: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if name == "queue_key":
        return value > 0  # 0: nobody draws it
    if _NAMES.search(name):
        return "…"
    if isinstance(value, dict):
        return {key: _plain(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, name) for inner in value]
    return _DIGITS.sub("#", value) if isinstance(value, str) else value


def move_back(admin_url: str, tables: Iterable[str], *, days: int) -> None:
    """Let so many days pass: every moment in every table lies that much further back, and what expires by then went."""
    with psycopg.connect(admin_url) as admin:
        for table in tables:
            found = admin.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
                "AND data_type = 'timestamp with time zone'",
                [table],
            ).fetchall()
            moved = [
                sql.SQL("{0} = {0} - make_interval(days => {1})").format(sql.Identifier(name), sql.Literal(days))
                for (name,) in found
            ]
            if moved:
                admin.execute(sql.SQL("UPDATE {} SET {}").format(sql.Identifier(table), sql.SQL(", ").join(moved)))
        admin.execute("DELETE FROM idempotency WHERE expires_at < now()")
