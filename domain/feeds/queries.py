"""SQL of feeds. An ended feed keeps its row and brings nothing new."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class FeedDetail:
    """A feed with the names of its two ends."""

    id: int
    source_id: int
    source_name: str | None
    bucket: str
    prefix: str
    project_id: int
    project: str
    created_at: datetime
    filled_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class FillingFeed:
    """A feed whose images from before it do not all have their items yet."""

    id: int
    source_id: int
    filled_to: int


def insert_feed(session: Session, *, source_id: int, project_id: int, client_org: int) -> int | None:
    """Connect a source to a project, or take an ended connection up again; the feed's id, None when it is on already.

    Taken up again it is filled from the beginning: what came meanwhile gets its items.
    """
    row = session.execute(
        text(
            "INSERT INTO feed (source_id, project_id, client_org) VALUES (:source, :project, :client_org) "
            "ON CONFLICT (source_id, project_id) DO UPDATE SET ended_at = NULL, filled_at = NULL, filled_to = 0, "
            "state_since = now(), resent = 0 WHERE feed.ended_at IS NOT NULL RETURNING id"
        ),
        {"source": source_id, "project": project_id, "client_org": client_org},
    ).scalar()
    return int(row) if row is not None else None


def end_feed(session: Session, *, source_id: int, project_id: int) -> bool:
    """End a feed, also one that is still being filled; False when there is none, or none any more."""
    row = session.execute(
        text(
            "UPDATE feed SET ended_at = now(), filled_at = coalesce(filled_at, now()) "
            "WHERE source_id = :source AND project_id = :project AND ended_at IS NULL RETURNING 1"
        ),
        {"source": source_id, "project": project_id},
    )
    return row.first() is not None


def list_feeds(session: Session, *, source_id: int | None, project_id: int | None) -> list[FeedDetail]:
    """List the feeds of a source or of a project, ended ones too, by id."""
    of = "f.source_id = :source" if source_id is not None else "f.project_id = :project"
    rows = session.execute(
        text(
            "SELECT f.id, f.source_id, s.name AS source_name, s.bucket, s.prefix, f.project_id, p.name AS project, "
            "  f.created_at, f.filled_at, f.ended_at FROM feed f JOIN source s ON s.id = f.source_id "
            f"JOIN project p ON p.id = f.project_id WHERE {of} ORDER BY f.id LIMIT 1000"
        ),
        {"source": source_id, "project": project_id},
    ).mappings()
    return [FeedDetail(**r) for r in rows]


def find_filling_feed(session: Session, feed_id: int) -> FillingFeed | None:
    row = session.execute(
        text("SELECT id, source_id, filled_to FROM feed WHERE id = :id AND filled_at IS NULL AND ended_at IS NULL"),
        {"id": feed_id},
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


def mark_filled(session: Session, *, feed_id: int, seen: int, filled_to: int, done: bool) -> bool:
    """Note how far a feed is filled; being at work starts its deadline anew.

    False when it is not where the caller saw it any more: it ended, began anew, or another worker fills it too and was
    faster. Whoever moved it goes on from there.
    """
    row = session.execute(
        text(
            "UPDATE feed SET filled_to = :to, filled_at = CASE WHEN :done THEN now() END, state_since = now(), "
            "resent = 0 WHERE id = :id AND filled_at IS NULL AND ended_at IS NULL AND filled_to = :seen RETURNING 1"
        ),
        {"id": feed_id, "seen": seen, "to": filled_to, "done": done},
    )
    return row.first() is not None
