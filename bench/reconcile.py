"""Ten million keys of a bucket against as many rows: seconds, keys a second, memory, and whether exactly what differs
is found. BENCH_KEYS sets another size.

The bucket is a generator behind the listing port, the rows are written by SQL. The limit is the same comparison bare:
one cursor over the rows and one loop over the generator, which holds no place, resumes nothing and writes nothing.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from bench.reconciling import BACK, CHANGED, EVERY, GONE, NEW, Generated
from bench.record import Check, report, say
from cli.launcher.bootstrap import DatabaseUrls, Passwords, bootstrap
from domain.ports import BucketAccess
from tests.services import postgres_server

KEYS = int(os.environ.get("BENCH_KEYS", "10000000"))
FILLED_AT_ONCE = 1_000_000
MOST_MB = 300.0
FILL = f"""
INSERT INTO blob_head (source_id, key, client_org, sequencer, revision, etag, deleted)
SELECT 1, lpad(i::text, 10, '0') || '.jpg', 1, '', 'r',
       CASE WHEN mod(i, {EVERY}) = {CHANGED} THEN 'other bytes' ELSE lpad(to_hex(i), 32, '0') END,
       mod(i, {EVERY}) = {BACK}
FROM generate_series(%(first)s::bigint, %(last)s::bigint) i WHERE mod(i, {EVERY}) <> {NEW}
"""
# What the outbox must hold: each key that differs once, and nothing else.
WRONG = f"""
WITH expected AS (SELECT lpad(i::text, 10, '0') || '.jpg' AS key FROM generate_series(0, %(last)s::bigint) i
                  WHERE mod(i, {EVERY}) IN ({NEW}, {CHANGED}, {GONE}, {BACK})),
     found AS (SELECT body->>'key' AS key FROM outbox)
SELECT (SELECT count(*) FROM expected), (SELECT count(*) FROM found),
       (SELECT count(*) FROM (SELECT key FROM expected EXCEPT SELECT key FROM found) missed),
       (SELECT count(*) FROM (SELECT key FROM found EXCEPT SELECT key FROM expected) invented)
"""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as folder, postgres_server(Path(folder)) as server_url:
        urls = bootstrap(server_url, Passwords(owner="owner", app="app", relay="relay"))
        with psycopg.connect(server_url, dbname="plumbline", autocommit=True) as admin:
            fill(admin)
            say("the bare comparison")
            bare_s = compare_barely(admin)
            say("reconciling")
            told = reconcile(urls)
            expected, found, missed, invented = admin.execute(WRONG, {"last": KEYS - 1}).fetchone() or (0, 0, 0, 0)
    figures = {
        "keys": KEYS,
        "seconds": told["seconds"],
        "keys_per_s": KEYS / told["seconds"],
        "bare_keys_per_s": KEYS / bare_s,
        "ratio_to_bare": told["seconds"] / bare_s,
        "turns": int(told["turns"]),
        "rss_peak_mb": told["rss_peak_mb"],
        "rss_grown_mb": told["rss_grown_mb"],
        "differing": expected,
        "announced": found,
    }
    checks = [
        Check("rss_peak_mb", told["rss_peak_mb"], MOST_MB, at_least=False),
        Check("missed", missed, 0, at_least=False),
        Check("invented", invented + found - expected, 0, at_least=False),
    ]
    return report("reconcile", figures=figures, checks=checks)


def fill(admin: psycopg.Connection) -> None:
    """Write a verified source and what we know of its keys."""
    admin.execute("INSERT INTO organisation (id, kind, name) VALUES (1, 'client', 'bench')")
    admin.execute(
        "INSERT INTO source (id, client_org, bucket, external_id, nonce, verified_at) "
        "VALUES (1, 1, 'bench', 'x', 'n', now())"
    )
    for first in range(0, KEYS, FILLED_AT_ONCE):
        say(f"writing rows from {first:,}")
        with admin.transaction():
            admin.execute("SET LOCAL session_replication_role = replica")
            admin.execute(FILL, {"first": first, "last": min(first + FILLED_AT_ONCE, KEYS) - 1})
    admin.execute("VACUUM ANALYZE blob_head")


def compare_barely(admin: psycopg.Connection) -> float:
    """Walk rows and generator once, side by side; return the seconds."""
    started, differing = time.perf_counter(), 0
    listing = Generated(KEYS).list_keys(BucketAccess("bench"), "")
    with admin.transaction(), admin.cursor("rows") as rows:
        rows.itersize = 2_000
        rows.execute("SELECT key, etag, deleted FROM blob_head WHERE source_id = 1 ORDER BY key")
        listed = next(listing, None)
        for key, etag, deleted in rows:
            while listed is not None and listed.key < key:
                differing, listed = differing + 1, next(listing, None)
            if listed is not None and listed.key == key:
                differing += deleted or listed.etag != etag
                listed = next(listing, None)
            else:
                differing += not deleted
    say(f"{differing} keys differ")
    return time.perf_counter() - started


def reconcile(urls: DatabaseUrls) -> dict[str, float]:
    """Reconcile in a process of its own, whose memory is nobody else's."""
    program = [sys.executable, "-m", "bench.reconciling", "--app", urls.app, "--relay", urls.relay, "--keys", str(KEYS)]
    done = subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    raise SystemExit(main())
