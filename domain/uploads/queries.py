"""SQL of uploads."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class UploadRow:
    id: int
    organisation_id: int
    member_id: int
    purpose: str
    state: str
    name: str
    content_type: str
    bytes: int
    part_bytes: int
    bucket: str
    key: str
    storage_id: str
    source_id: int | None
    created_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUpload:
    organisation_id: int
    member_id: int
    purpose: str
    name: str
    content_type: str
    bytes: int
    part_bytes: int
    bucket: str
    key: str
    storage_id: str
    source_id: int | None


# An open upload that S3 has thrown away by now reads as aborted.
_SELECT = (
    "SELECT id, organisation_id, member_id, purpose, CASE WHEN state = 'open' AND created_at < "
    "now() - make_interval(secs => :life_s) THEN 'aborted' ELSE state END AS state, name, content_type, bytes, "
    "part_bytes, bucket, key, storage_id, source_id, created_at, completed_at FROM upload "
)


def insert_upload(session: Session, new: NewUpload) -> int:
    return int(
        session.execute(
            text(
                "INSERT INTO upload (organisation_id, member_id, purpose, name, content_type, bytes, part_bytes, "
                "  bucket, key, storage_id, source_id) VALUES (:organisation_id, :member_id, :purpose, :name, "
                "  :content_type, :bytes, :part_bytes, :bucket, :key, :storage_id, :source_id) RETURNING id"
            ),
            {name: getattr(new, name) for name in NewUpload.__slots__},
        ).scalar_one()
    )


def find_upload(session: Session, upload_id: int, *, life_s: float) -> UploadRow | None:
    row = session.execute(text(_SELECT + "WHERE id = :id"), {"id": upload_id, "life_s": life_s}).mappings().first()
    return UploadRow(**row) if row else None


def list_uploads(
    session: Session, *, organisation_id: int, state: str | None, after: int, limit: int, life_s: float
) -> list[UploadRow]:
    rows = session.execute(
        text(
            f"SELECT * FROM ({_SELECT} WHERE organisation_id = :organisation AND id > :after) u "
            "WHERE CAST(:state AS text) IS NULL OR state = :state ORDER BY id LIMIT :limit"
        ),
        {"organisation": organisation_id, "state": state, "after": after, "limit": limit, "life_s": life_s},
    ).mappings()
    return [UploadRow(**r) for r in rows]


def list_received(session: Session, upload_ids: list[int]) -> dict[int, list[int]]:
    """Return the numbers of the parts that are there, by upload."""
    rows = session.execute(
        text(
            "SELECT upload_id, array_agg(number ORDER BY number) AS numbers FROM upload_part "
            "WHERE upload_id = ANY (:uploads) GROUP BY upload_id"
        ),
        {"uploads": upload_ids},
    )
    return {r.upload_id: list(r.numbers) for r in rows}


def write_part(session: Session, *, upload_id: int, organisation_id: int, number: int, etag: str, size: int) -> None:
    """Note a part, in place of what was stored under its number before."""
    session.execute(
        text(
            "INSERT INTO upload_part (upload_id, number, organisation_id, etag, bytes) "
            "VALUES (:upload, :number, :organisation, :etag, :bytes) "
            "ON CONFLICT (upload_id, number) DO UPDATE SET etag = excluded.etag, bytes = excluded.bytes"
        ),
        {"upload": upload_id, "number": number, "organisation": organisation_id, "etag": etag, "bytes": size},
    )


def close_upload(session: Session, upload_id: int, *, state: str) -> bool:
    """Move an open upload to its end; False when it is there already."""
    row = session.execute(
        text(
            "UPDATE upload SET state = :state, completed_at = CASE WHEN :state = 'complete' THEN now() END "
            "WHERE id = :id AND state = 'open' RETURNING 1"
        ),
        {"id": upload_id, "state": state},
    )
    return row.first() is not None
