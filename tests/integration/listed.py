"""A bucket that is a generator behind the listing port, and what reconciling it writes. Also run as a program:
`python -m tests.integration.listed <app URL> <relay URL> <keys> <die after>` reconciles and is killed on its way."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import psycopg
from botocore.exceptions import ClientError

from domain.ports import BucketAccess, ListedKey
from runtime.database import Database
from runtime.logs import configure_logging
from workers.reconciler import Turn, reconcile_next

PAGE = 4
REFUSED = "the bucket does not let us read"


@dataclass
class Bucket:
    """Keys and their ETags. `asked` are the keys after which it was listed, `sampled` those whose state was asked for.

    Keys of it that begin with one of `closed` are refused; of a key that is gone it says so.
    """

    keys: Mapping[str, str]
    closed: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)
    sampled: list[str] = field(default_factory=list)

    def list_keys(self, access: BucketAccess, prefix: str, *, after: str = "") -> Iterator[ListedKey]:
        self.asked.append(after)
        wanted = [key for key in self.keys if key.startswith(prefix) and key.encode() > after.encode()]
        for key in sorted(wanted, key=str.encode):
            yield ListedKey(key, self.keys[key], 1)

    def find_refusal(self, access: BucketAccess, key: str) -> str | None:
        self.sampled.append(key)
        return REFUSED if key in self.keys and key.startswith(self.closed) else None


class Breaking(Bucket):
    """Raises when it has listed `after_keys` keys, each time it is asked."""

    after_keys = 0
    fault: Exception = RuntimeError("killed")

    def list_keys(self, access: BucketAccess, prefix: str, *, after: str = "") -> Iterator[ListedKey]:
        for number, entry in enumerate(super().list_keys(access, prefix, after=after)):
            if number == self.after_keys:
                raise self.fault
            yield entry


class Killing(Breaking):
    """Kills its own process there."""

    def list_keys(self, access: BucketAccess, prefix: str, *, after: str = "") -> Iterator[ListedKey]:
        try:
            yield from super().list_keys(access, prefix, after=after)
        except RuntimeError:
            os.kill(os.getpid(), signal.SIGKILL)


def denying() -> Breaking:
    """Return a bucket that does not let us list it."""
    bucket = Breaking(numbered(1))
    bucket.fault = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListObjectsV2")
    return bucket


def numbered(count: int) -> dict[str, str]:
    return {f"{number:08d}.png": "etag" for number in range(count)}


@dataclass(frozen=True, slots=True)
class World:
    """A database with clients and their sources, and the two roles that reconcile them."""

    admin: psycopg.Connection
    app: Database
    relay: Database

    def add_source(self, source_id: int, *, prefix: str = "") -> None:
        """Add a verified source with a client of its own, whose id is the same."""
        self.admin.execute("INSERT INTO organisation (id, kind, name) VALUES (%s, 'client', 'c')", [source_id])
        self.admin.execute(
            "INSERT INTO source (id, client_org, bucket, prefix, external_id, nonce, verified_at) "
            "VALUES (%s, %s, %s, %s, 'x', 'n', now())",
            [source_id, source_id, f"b{source_id}", prefix],
        )

    def know(self, source_id: int, keys: Mapping[str, str], *, deleted: bool = False) -> None:
        self.admin.cursor().executemany(
            "INSERT INTO blob_head (source_id, key, client_org, sequencer, revision, etag, deleted) "
            "VALUES (%s, %s, %s, '', 'r', %s, %s)",
            [(source_id, key, source_id, etag, deleted) for key, etag in keys.items()],
        )

    def turn(self, bucket: Bucket, **options: object) -> Turn | None:
        defaults: dict[str, object] = {"pause_s": 3600.0, "page": PAGE}
        return reconcile_next(self.relay, self.app, bucket, **(defaults | options))  # type: ignore[arg-type]

    def announced(self, source_id: int = 1) -> list[str]:
        """Return the keys that are to be looked at, in order and as often as they were announced."""
        rows = self.admin.execute(
            "SELECT body->>'key' FROM outbox WHERE key = %s ORDER BY body->>'key' COLLATE \"C\"", [source_id]
        )
        return [key for (key,) in rows]

    def show(self, source_id: int = 1) -> tuple[bool, bool, str | None]:
        """Return whether a source is not asked for, whether a listing of it is under way, and after what key."""
        row = self.admin.execute(
            "SELECT reconciled_at IS NOT NULL, listing_began_at IS NOT NULL, listing_after FROM source WHERE id = %s",
            [source_id],
        ).fetchone()
        assert row is not None
        return row

    def failure(self, source_id: int = 1) -> str | None:
        """Return why the source could not be listed or read, None when that is not so."""
        row = self.admin.execute(
            "SELECT listing_error, listing_failed_at IS NOT NULL FROM source WHERE id = %s", [source_id]
        ).fetchone()
        assert row is not None
        assert row[1] == (row[0] is not None)
        return None if row[0] is None else str(row[0])

    def let_holds_end(self) -> None:
        """Let the time pass for which a process that died still holds its listing."""
        self.admin.execute("UPDATE source SET listing_held_until = now() - interval '1 second'")


def main() -> None:
    app_url, relay_url, keys, after = sys.argv[1:5]
    configure_logging(format="json", level="WARNING", process="test")
    bucket = Killing(numbered(int(keys)))
    bucket.after_keys = int(after)
    reconcile_next(Database(relay_url, pool_size=1), Database(app_url, pool_size=1), bucket, pause_s=0.0, page=PAGE)


if __name__ == "__main__":
    main()
