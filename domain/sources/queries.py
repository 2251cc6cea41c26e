"""SQL of sources."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from domain.ports import BucketAccess


@dataclass(frozen=True, slots=True)
class SourceRow:
    id: int
    client_org: int
    name: str | None
    kind: str
    bucket: str
    prefix: str
    region: str | None
    account: str | None
    role_arn: str | None
    external_id: str
    nonce: str
    events: str
    verified_at: datetime | None
    reconciled_at: datetime | None
    listing_began_at: datetime | None
    listing_after: str | None
    listing_failed_at: datetime | None
    listing_error: str | None
    checks: dict[str, Any] | None
    checked_at: datetime | None
    created_at: datetime

    @property
    def access(self) -> BucketAccess:
        """How the bucket lets us in."""
        return BucketAccess(self.bucket, self.region, self.role_arn, self.external_id if self.role_arn else None)

    @property
    def listed_at(self) -> datetime | None:
        """When the bucket was last listed from end to end; None before the first time, and while one was asked for.

        A listing that begins without an earlier one to tell of notes its own beginning as `reconciled_at`.
        """
        is_first = self.reconciled_at is not None and self.reconciled_at == self.listing_began_at
        return None if is_first else self.reconciled_at


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source to be written; `is_hosted` means a prefix of a bucket of ours, which needs no proof."""

    client_org: int
    bucket: str
    prefix: str
    external_id: str
    nonce: str
    name: str | None = None
    region: str | None = None
    account: str | None = None
    role_arn: str | None = None
    events: str = "s3"
    is_hosted: bool = False


@dataclass(frozen=True, slots=True)
class BucketSource:
    source_id: int
    client_org: int
    prefix: str


# What `change_source` may set.
CHANGEABLE = ("name", "region", "account", "role_arn", "events")

_SELECT = (
    "SELECT id, client_org, name, kind, bucket, prefix, region, account, role_arn, external_id, nonce, events, "
    "verified_at, reconciled_at, listing_began_at, listing_after, listing_failed_at, listing_error, checks, "
    "checked_at, created_at FROM source "
)


def insert_source(session: Session, new: NewSource) -> int | None:
    """Write a source; None when this bucket and prefix are registered already."""
    row = session.execute(
        text(
            "INSERT INTO source (client_org, bucket, prefix, external_id, nonce, name, region, account, role_arn, "
            "  events, kind, verified_at) "
            "VALUES (:client_org, :bucket, :prefix, :external_id, :nonce, :name, :region, :account, :role_arn, "
            "  :events, CASE WHEN :is_hosted THEN 'hosted' ELSE 'client' END, CASE WHEN :is_hosted THEN now() END) "
            "ON CONFLICT DO NOTHING RETURNING id"
        ),
        {name: getattr(new, name) for name in NewSource.__slots__},
    ).scalar()
    return int(row) if row is not None else None


def find_source(session: Session, source_id: int) -> SourceRow | None:
    row = session.execute(text(_SELECT + "WHERE id = :id"), {"id": source_id}).mappings().first()
    return SourceRow(**row) if row else None


def find_source_at(session: Session, *, bucket: str, prefix: str) -> SourceRow | None:
    values = {"bucket": bucket, "prefix": prefix}
    row = session.execute(text(_SELECT + "WHERE bucket = :bucket AND prefix = :prefix"), values).mappings().first()
    return SourceRow(**row) if row else None


def list_sources(
    session: Session, *, bucket: str | None, prefix: str | None, after: int, limit: int
) -> list[SourceRow]:
    """List sources by id, of one bucket or exactly one prefix where given."""
    rows = session.execute(
        text(
            _SELECT + "WHERE id > :after AND (CAST(:bucket AS text) IS NULL OR bucket = :bucket) "
            "AND (CAST(:prefix AS text) IS NULL OR prefix = :prefix) ORDER BY id LIMIT :limit"
        ),
        {"after": after, "limit": limit, "bucket": bucket, "prefix": prefix},
    )
    return [SourceRow(**r) for r in rows.mappings()]


def mark_verified(session: Session, source_id: int) -> None:
    session.execute(
        text("UPDATE source SET verified_at = coalesce(verified_at, now()) WHERE id = :id"), {"id": source_id}
    )


def change_source(session: Session, source_id: int, values: dict[str, Any]) -> None:
    """Set the columns that `values` names, which are among CHANGEABLE."""
    assert values.keys() <= set(CHANGEABLE)
    if values:
        listed = ", ".join(f"{column} = :{column}" for column in sorted(values))
        session.execute(text(f"UPDATE source SET {listed} WHERE id = :id"), {"id": source_id, **values})


def keep_checks(session: Session, source_id: int, checks: dict[str, Any]) -> None:
    statement = text("UPDATE source SET checks = :checks, checked_at = now() WHERE id = :id").bindparams(
        bindparam("checks", type_=JSONB)
    )
    session.execute(statement, {"id": source_id, "checks": checks})


def ask_for_listing(session: Session, source_id: int) -> None:
    """Have the bucket listed at the next turn, before all others; a listing that is under way ends first.

    One that waits because the bucket could not be listed waits no more than a minute longer. No process holds one for
    more than that, so what is longer is nobody's fence: a step that runs meanwhile finds its own as it left it.
    """
    session.execute(
        text(
            "UPDATE source SET reconciled_at = NULL, listing_held_until = CASE "
            "WHEN listing_held_until > clock_timestamp() + interval '61 seconds' "
            "THEN clock_timestamp() + interval '60 seconds' ELSE listing_held_until END WHERE id = :id"
        ),
        {"id": source_id},
    )


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """Keys that are in the bucket as far as we know, and the source's images by state."""

    keys: int
    images: dict[str, int]


def count_source(session: Session, source_id: int) -> SourceCounts:
    values = {"source": source_id}
    keys = session.execute(text("SELECT count(*) FROM blob_head WHERE source_id = :source AND NOT deleted"), values)
    images = session.execute(
        text("SELECT state, count(*) AS images FROM image WHERE source_id = :source GROUP BY state"), values
    )
    return SourceCounts(int(keys.scalar_one()), {r.state: r.images for r in images})


def lock_source(session: Session, source_id: int) -> None:
    """Wait for images that become ready, and let none do so until this transaction ends: each meets the new feed."""
    session.execute(text("SELECT 1 FROM source WHERE id = :id FOR UPDATE"), {"id": source_id})


def list_bucket_sources(session: Session, bucket: str) -> list[BucketSource]:
    """List the verified sources of a bucket, of any tenant (a SECURITY DEFINER function)."""
    rows = session.execute(text("SELECT * FROM source_of_bucket(:bucket)"), {"bucket": bucket})
    return [BucketSource(r.source_id, r.client_org, r.prefix) for r in rows]
