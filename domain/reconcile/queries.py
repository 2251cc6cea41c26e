"""SQL of listings. The relay role sees whose turn it is; a step runs in the scope of the source's client.

`listing_held_until` is also the fence: whoever holds a listing moves it only while it still reads as they left it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.reconcile.rules import KnownKey


@dataclass(frozen=True, slots=True)
class Listing:
    """The listing of a source that this process holds; `after` is the last key that was compared, empty for none."""

    source_id: int
    client_org: int
    bucket: str
    prefix: str
    after: str
    held_until: datetime


def take_listing(session: Session, *, pause_s: float, hold_s: float) -> Listing | None:
    """Take the listing whose turn it is: one that was begun and that nobody holds, or one whose pause is over.

    Asked-for ones come first, then the one whose last turn is longest ago.
    """
    row = session.execute(
        text(
            "WITH due AS (SELECT id FROM source WHERE verified_at IS NOT NULL AND CASE "
            "    WHEN listing_began_at IS NOT NULL THEN coalesce(listing_held_until < now(), true) "
            "    ELSE coalesce(reconciled_at < now() - make_interval(secs => :pause_s), true) END "
            "  ORDER BY greatest(reconciled_at, listing_held_until) NULLS FIRST, id LIMIT 1 "
            "  FOR NO KEY UPDATE SKIP LOCKED) "
            "UPDATE source s SET listing_began_at = coalesce(s.listing_began_at, now()), "
            "  reconciled_at = CASE WHEN s.listing_began_at IS NULL THEN coalesce(s.reconciled_at, now()) "
            "    ELSE s.reconciled_at END, "
            "  listing_held_until = now() + make_interval(secs => :hold_s) "
            "FROM due WHERE s.id = due.id "
            "RETURNING s.id AS source_id, s.client_org, s.bucket, s.prefix, coalesce(s.listing_after, '') AS after, "
            "  s.listing_held_until AS held_until"
        ),
        {"pause_s": pause_s, "hold_s": hold_s},
    )
    found = row.mappings().first()
    return Listing(**found) if found else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """So many keys of a stretch that were not announced, because the bucket does not let us read them; why."""

    keys: int
    error: str


def move_listing(
    session: Session, listing: Listing, *, after: str, hold_s: float, refusal: Refusal | None = None
) -> datetime | None:
    """Note how far a listing is and hold it on; None when it is another's by now."""
    row = session.execute(
        text(
            "UPDATE source SET listing_after = nullif(:after, ''), "
            "listing_held_until = now() + make_interval(secs => :hold_s), "
            "listing_withheld = listing_withheld + :refused, "
            "listing_failed_at = CASE WHEN :refused > 0 THEN now() ELSE listing_failed_at END, "
            "listing_error = coalesce(CAST(:error AS text), listing_error) "
            "WHERE id = :id AND listing_held_until = :held_until RETURNING listing_held_until"
        ),
        _who(listing) | _why(refusal) | {"after": after, "hold_s": hold_s},
    )
    found = row.first()
    return found.listing_held_until if found else None


def end_listing(session: Session, listing: Listing, *, refusal: Refusal | None = None) -> bool:
    """Say that a bucket was listed from end to end; False when the listing is another's by now.

    One that was asked for meanwhile (`reconciled_at` is null) stays asked for, and is listed anew. An earlier failure
    is over, unless keys were refused on the way.
    """
    row = session.execute(
        text(
            "UPDATE source SET listing_began_at = NULL, listing_after = NULL, listing_held_until = NULL, "
            "reconciled_at = CASE WHEN reconciled_at IS NOT NULL THEN now() END, listing_withheld = 0, "
            "listing_failed_at = CASE WHEN :refused > 0 THEN now() WHEN listing_withheld > 0 THEN listing_failed_at "
            "  END, "
            "listing_error = CASE WHEN :refused > 0 THEN CAST(:error AS text) "
            "  WHEN listing_withheld > 0 THEN listing_error END "
            "WHERE id = :id AND listing_held_until = :held_until RETURNING 1"
        ),
        _who(listing) | _why(refusal),
    )
    return row.first() is not None


def let_go(session: Session, listing: Listing, *, pause_s: float, error: str | None = None) -> datetime | None:
    """Leave a listing where it is; whoever comes after `pause_s` goes on with it. `error` is why it failed, if it did.

    Returns when that is; None when it is another's by now.
    """
    row = session.execute(
        text(
            "UPDATE source SET listing_held_until = now() + make_interval(secs => :pause_s), "
            "listing_failed_at = CASE WHEN CAST(:error AS text) IS NULL THEN listing_failed_at ELSE now() END, "
            "listing_error = coalesce(CAST(:error AS text), listing_error) "
            "WHERE id = :id AND listing_held_until = :held_until RETURNING listing_held_until"
        ),
        _who(listing) | {"pause_s": pause_s, "error": error},
    )
    found = row.first()
    return found.listing_held_until if found else None


def _who(listing: Listing) -> dict[str, object]:
    return {"id": listing.source_id, "held_until": listing.held_until}


def _why(refusal: Refusal | None) -> dict[str, object]:
    return {"refused": refusal.keys if refusal else 0, "error": refusal.error if refusal else None}


def list_known_keys(session: Session, *, source_id: int, after: str, until: str | None, limit: int) -> list[KnownKey]:
    """List what we know of the keys between two (the first excluded, None: to the end), in the order of their bytes."""
    rows = session.execute(
        text(
            "SELECT key, etag, deleted FROM blob_head WHERE source_id = :source AND key > :after "
            + ("" if until is None else "AND key <= :until ")
            + "ORDER BY key LIMIT :limit"
        ),
        {"source": source_id, "after": after, "limit": limit} | ({} if until is None else {"until": until}),
    )
    return [KnownKey(*row) for row in rows]


def insert_key_messages(session: Session, *, source_id: int, client_org: int, keys: Sequence[str]) -> None:
    """Have keys looked at."""
    session.execute(
        text(
            "INSERT INTO outbox (topic, key, body) SELECT 'images', :source, jsonb_build_object('type', 'key', "
            "'client_org', CAST(:client_org AS bigint), 'source_id', CAST(:source AS bigint), 'key', k) "
            "FROM unnest(CAST(:keys AS text[])) AS k"
        ),
        {"source": source_id, "client_org": client_org, "keys": list(keys)},
    )
