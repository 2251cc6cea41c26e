"""SQL of stored answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    route: str
    request_sha256: bytes
    status: int
    body: dict[str, Any]


def delete_expired(session: Session, *, member_id: int) -> None:
    session.execute(
        text("DELETE FROM idempotency WHERE member_id = :member AND expires_at < now()"), {"member": member_id}
    )


def reserve(
    session: Session, *, member_id: int, organisation_id: int, key: str, route: str, sha256: bytes, ttl_s: int
) -> bool:
    """Take the key for this transaction; waits for another that holds it, False when that one has answered."""
    row = session.execute(
        text(
            "INSERT INTO idempotency (member_id, key, organisation_id, route, request_sha256, status, body, "
            "expires_at) "
            "VALUES (:member, :key, :organisation, :route, :sha256, 0, '{}', now() + make_interval(secs => :ttl)) "
            "ON CONFLICT DO NOTHING RETURNING 1"
        ),
        {
            "member": member_id,
            "key": key,
            "organisation": organisation_id,
            "route": route,
            "sha256": sha256,
            "ttl": ttl_s,
        },
    )
    return row.first() is not None


def get_answer(session: Session, *, member_id: int, key: str) -> StoredAnswer:
    row = session.execute(
        text("SELECT route, request_sha256, status, body FROM idempotency WHERE member_id = :member AND key = :key"),
        {"member": member_id, "key": key},
    ).one()
    return StoredAnswer(row.route, bytes(row.request_sha256), row.status, row.body)


def keep_answer(session: Session, *, member_id: int, key: str, status: int, body: Mapping[str, Any]) -> None:
    statement = text(
        "UPDATE idempotency SET status = :status, body = :body WHERE member_id = :member AND key = :key"
    ).bindparams(bindparam("body", type_=JSONB))
    session.execute(statement, {"member": member_id, "key": key, "status": status, "body": body})
