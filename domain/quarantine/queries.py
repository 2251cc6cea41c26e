"""SQL of images as people see them, and of what they decide about those put aside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class ImageDetail:
    id: int
    client_org: int
    source_id: int
    key: str
    revision: str
    state: str
    reason: str | None
    detail: str | None
    sha256: str | None
    bytes: int | None
    width: int | None
    height: int | None
    content_type: str | None
    duplicate_of: int | None
    trace_id: UUID | None
    created_at: datetime
    state_since: datetime


@dataclass(frozen=True, slots=True)
class ImageFilter:
    """Which images; what is None does not matter. `key` is a part of the key, in any case."""

    source_id: int | None = None
    project_id: int | None = None
    state: str | None = None
    reason: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many images were put aside for a reason, with the newest sentence about it."""

    reason: str
    images: int
    detail: str | None


# A client reaches images through its sources; a vendor sees no source, but the images that became items. One page is
# taken through each way: a condition that joins both with OR would walk everybody's images.
_PAGE_OF_IMAGES = """
SELECT n.id FROM source q CROSS JOIN LATERAL (
  SELECT n.id FROM image n
  WHERE n.source_id = q.id AND n.id > :after {image} ORDER BY n.id LIMIT :limit) n WHERE {source}
UNION
SELECT n.id FROM project p CROSS JOIN LATERAL (
  SELECT n.id FROM item it JOIN image n ON n.id = it.image_id
  WHERE it.project_id = p.id AND it.image_id > :after {image} ORDER BY it.image_id LIMIT :limit) n WHERE {project}
"""
_IMAGE = (
    "SELECT i.id, i.client_org, i.source_id, i.key, i.revision, i.state, i.reason, i.detail, i.sha256, i.bytes, "
    "i.width, i.height, i.content_type, i.duplicate_of, i.trace_id, i.created_at, i.state_since FROM image i "
)
_FED = "SELECT f.source_id FROM feed f WHERE f.project_id = :project AND f.ended_at IS NULL"


def list_images(session: Session, wanted: ImageFilter, *, after: int, limit: int) -> list[ImageDetail]:
    """List images by id; absent filters are left out of the statement, so that each keeps its own plan."""
    image, source, project = [], ["true"], ["true"]
    if wanted.state is not None:
        image.append("AND n.state = :state")
    if wanted.reason is not None:
        image.append("AND n.reason = :reason")
    if wanted.key is not None:
        image.append("AND position(lower(:key) IN lower(n.key)) > 0")
    if wanted.source_id is not None:
        image.append("AND n.source_id = :source")
        source.append("q.id = :source")
    if wanted.project_id is not None:
        source.append(f"q.id IN ({_FED})")
        project.append("p.id = :project")
    page = _PAGE_OF_IMAGES.format(image=" ".join(image), source=" AND ".join(source), project=" AND ".join(project))
    values = _values(wanted) | {"after": after, "limit": limit}
    rows = session.execute(text(_IMAGE + f"WHERE i.id IN ({page}) ORDER BY i.id LIMIT :limit"), values).mappings()
    return [ImageDetail(**r) for r in rows]


def find_image(session: Session, image_id: int) -> ImageDetail | None:
    row = session.execute(text(_IMAGE + "WHERE i.id = :id"), {"id": image_id}).mappings().first()
    return ImageDetail(**row) if row else None


def count_quarantined(session: Session, wanted: ImageFilter) -> list[ReasonCount]:
    """Count the quarantined images of the caller's sources by reason, the most frequent first."""
    rows = session.execute(
        text(
            "SELECT i.reason, count(*) AS images, (array_agg(i.detail ORDER BY i.id DESC))[1] AS detail "
            f"FROM source q JOIN image i ON i.source_id = q.id AND i.state = 'quarantined' {_where(wanted)} "
            "GROUP BY i.reason ORDER BY count(*) DESC, i.reason"
        ),
        _values(wanted),
    )
    return [ReasonCount(r.reason, r.images, r.detail) for r in rows]


def list_quarantined(session: Session, wanted: ImageFilter, *, after: int, limit: int) -> list[int]:
    """List the ids of quarantined images of the caller's sources that a person may decide about at once."""
    rows = session.execute(
        text(
            f"SELECT i.id FROM source q JOIN image i ON i.source_id = q.id AND i.state = 'quarantined' {_where(wanted)}"
            " AND i.id > :after ORDER BY i.id LIMIT :limit"
        ),
        _values(wanted) | {"after": after, "limit": limit},
    )
    return [int(r.id) for r in rows]


def _where(wanted: ImageFilter) -> str:
    conditions = ["true"]
    if wanted.source_id is not None:
        conditions.append("q.id = :source")
    if wanted.project_id is not None:
        conditions.append(f"q.id IN ({_FED})")
    if wanted.reason is not None:
        conditions.append("i.reason = :reason")
    return "WHERE " + " AND ".join(conditions)


def _values(wanted: ImageFilter) -> dict[str, Any]:
    return {
        "source": wanted.source_id,
        "project": wanted.project_id,
        "state": wanted.state,
        "reason": wanted.reason,
        "key": wanted.key,
    }


def receive_again(session: Session, image_ids: list[int]) -> list[int]:
    """Send images that were put aside or discarded through ingest again; return those that were."""
    rows = session.execute(
        text(
            "UPDATE image SET state = 'received', reason = NULL, detail = NULL, state_since = now(), resent = 0 "
            "WHERE id = ANY (:images) AND state IN ('quarantined', 'discarded') RETURNING id"
        ),
        {"images": image_ids},
    )
    return sorted(int(r.id) for r in rows)


@dataclass(frozen=True, slots=True)
class StuckImage:
    """An image that the sweep gave up, and why."""

    client_org: int
    source_id: int
    key: str
    detail: str


def note_stuck_told(session: Session, image_id: int) -> StuckImage | None:
    """Say that an image which was given up was told of, and return it; None when it was not, or was told of before."""
    row = session.execute(
        text(
            "UPDATE image SET resent = 0 WHERE id = :id AND state = 'quarantined' AND reason = 'stuck' AND resent > 0 "
            "RETURNING client_org, source_id, key, detail"
        ),
        {"id": image_id},
    ).first()
    return StuckImage(*row) if row else None


def discard(session: Session, image_ids: list[int], *, why: str) -> list[int]:
    """Put images out for good; return those that were in. The reason for which one was put aside is kept."""
    rows = session.execute(
        text(
            "UPDATE image SET state = 'discarded', reason = coalesce(reason, 'discarded'), detail = :why, "
            "state_since = now() WHERE id = ANY (:images) AND state IN ('received', 'ready', 'quarantined') "
            "RETURNING id"
        ),
        {"images": image_ids, "why": why},
    )
    return sorted(int(r.id) for r in rows)
