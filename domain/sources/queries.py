"""SQL of sources and feeds."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class SourceRow:
    id: int
    client_org: int
    bucket: str
    prefix: str
    external_id: str
    nonce: str
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class BucketSource:
    source_id: int
    client_org: int
    prefix: str


_SELECT = "SELECT id, client_org, bucket, prefix, external_id, nonce, verified_at FROM source "


def insert_source(
    session: Session, *, client_org: int, bucket: str, prefix: str, external_id: str, nonce: str
) -> int | None:
    """Write a source; None when this bucket and prefix are registered already."""
    row = session.execute(
        text(
            "INSERT INTO source (client_org, bucket, prefix, external_id, nonce) "
            "VALUES (:client_org, :bucket, :prefix, :external_id, :nonce) ON CONFLICT DO NOTHING RETURNING id"
        ),
        {"client_org": client_org, "bucket": bucket, "prefix": prefix, "external_id": external_id, "nonce": nonce},
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


def lock_source(session: Session, source_id: int) -> None:
    """Wait for images that become ready, and let none do so until this transaction ends: each meets the new feed."""
    session.execute(text("SELECT 1 FROM source WHERE id = :id FOR UPDATE"), {"id": source_id})


def insert_feed(session: Session, *, source_id: int, project_id: int, client_org: int) -> int | None:
    """Connect a source to a project; return the feed's id, None when it is connected already."""
    row = session.execute(
        text(
            "INSERT INTO feed (source_id, project_id, client_org) VALUES (:source, :project, :client_org) "
            "ON CONFLICT DO NOTHING RETURNING id"
        ),
        {"source": source_id, "project": project_id, "client_org": client_org},
    ).scalar()
    return int(row) if row is not None else None


@dataclass(frozen=True, slots=True)
class FillingFeed:
    """A feed whose images from before it do not all have their items yet."""

    id: int
    source_id: int
    filled_to: int


def find_filling_feed(session: Session, feed_id: int) -> FillingFeed | None:
    row = session.execute(
        text("SELECT id, source_id, filled_to FROM feed WHERE id = :id AND filled_at IS NULL"), {"id": feed_id}
    ).first()
    return FillingFeed(row.id, row.source_id, row.filled_to) if row else None


def list_ready_images(session: Session, *, source_id: int, after: int, limit: int) -> list[int]:
    rows = session.execute(
        text(
            "SELECT id FROM image WHERE source_id = :source AND id > :after AND state = 'ready' "
            "ORDER BY id LIMIT :limit"
        ),
        {"source": source_id, "after": after, "limit": limit},
    )
    return [int(r.id) for r in rows]


def mark_filled(session: Session, *, feed_id: int, filled_to: int, done: bool) -> None:
    """Note how far a feed is filled; being at work starts its deadline anew."""
    session.execute(
        text(
            "UPDATE feed SET filled_to = :to, filled_at = CASE WHEN :done THEN now() END, state_since = now(), "
            "resent = 0 WHERE id = :id"
        ),
        {"id": feed_id, "to": filled_to, "done": done},
    )


def list_bucket_sources(session: Session, bucket: str) -> list[BucketSource]:
    """List the verified sources of a bucket, of any tenant (a SECURITY DEFINER function)."""
    rows = session.execute(text("SELECT * FROM source_of_bucket(:bucket)"), {"bucket": bucket})
    return [BucketSource(r.source_id, r.client_org, r.prefix) for r in rows]
