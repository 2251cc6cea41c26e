"""SQL of what messages are about, for a page of letters at once; the scope of the transaction says what is found."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PictureRow:
    """An image with a project that it can be looked at in; `sha256` is None while it has no picture of ours."""

    id: int
    client_org: int
    source_id: int
    key: str
    state: str
    sha256: str | None
    project_id: int | None


@dataclass(frozen=True, slots=True)
class BucketRow:
    """A source, as an event names it."""

    id: int
    bucket: str
    prefix: str


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Where a thing with an id of its own belongs."""

    id: int
    project_id: int | None
    image_id: int | None = None
    source_id: int | None = None
    webhook_id: int | None = None
    event_id: int | None = None


# Of what a message names by an id alone: where it belongs.
_PLACES = {
    "task": "SELECT t.id, t.project_id, i.image_id FROM task t JOIN item i ON i.id = t.item_id WHERE t.id = ANY (:ids)",
    "release": "SELECT id, project_id FROM release WHERE id = ANY (:ids)",
    "import": "SELECT id, project_id FROM label_import WHERE id = ANY (:ids)",
    "feed": "SELECT id, project_id, source_id FROM feed WHERE id = ANY (:ids)",
    "event": "SELECT id, project_id FROM event WHERE id = ANY (:ids)",
    "delivery": (
        "SELECT d.id, e.project_id, d.webhook_id, d.event_id FROM webhook_delivery d "
        "LEFT JOIN event e ON e.id = d.event_id WHERE d.id = ANY (:ids)"
    ),
}


def list_places(session: Session, what: str, ids: Sequence[int]) -> dict[int, PlaceRow]:
    """Return by id where tasks, releases, imports, feeds, events or deliveries belong; those not there are left out."""
    rows = session.execute(text(_PLACES[what]), {"ids": list(ids)}).mappings()
    return {row["id"]: PlaceRow(**row) for row in rows}


def list_bucket_sources(session: Session, buckets: Sequence[str]) -> list[BucketRow]:
    rows = session.execute(
        text("SELECT id, bucket, prefix FROM source WHERE bucket = ANY (:buckets) ORDER BY id"),
        {"buckets": list(buckets)},
    ).mappings()
    return [BucketRow(**row) for row in rows]


def find_images_of(session: Session, places: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Return the newest image of each source and key; keys without one are left out."""
    rows = session.execute(
        text(
            "SELECT w.source_id, w.key, n.id FROM unnest(CAST(:sources AS bigint[]), CAST(:keys AS text[])) "
            "AS w(source_id, key) CROSS JOIN LATERAL (SELECT i.id FROM image i WHERE i.source_id = w.source_id "
            "AND i.key = w.key ORDER BY i.id DESC LIMIT 1) n"
        ),
        {"sources": [source for source, _ in places], "keys": [key for _, key in places]},
    )
    return {(r.source_id, r.key): r.id for r in rows}


def list_pictures(session: Session, ids: Sequence[int]) -> dict[int, PictureRow]:
    """Return images by id, each with a project: one that has an item of it, else one that its source feeds."""
    rows = session.execute(
        text(
            "SELECT i.id, i.client_org, i.source_id, i.key, i.state, CASE WHEN i.width IS NOT NULL THEN i.sha256 END "
            "AS sha256, coalesce((SELECT min(x.project_id) FROM item x WHERE x.image_id = i.id), "
            "(SELECT min(f.project_id) FROM feed f WHERE f.source_id = i.source_id AND f.ended_at IS NULL)) "
            "AS project_id FROM image i WHERE i.id = ANY (:ids)"
        ),
        {"ids": list(ids)},
    ).mappings()
    return {row["id"]: PictureRow(**row) for row in rows}
