"""Use cases of stored answers. The answer commits with the change that it tells of."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.idempotency import queries
from domain.scope import Actor

TTL_S = 86_400


class IdempotencyKeyReused(DomainError):
    """The key came with another request before."""

    code: ClassVar[str] = "idempotency_key_reused"


def find_answer(session: Session, actor: Actor, *, key: str, route: str, sha256: bytes) -> dict[str, Any] | None:
    """Return the first answer to this very request; None when there is none, and then the key is this transaction's.

    A second request at the same moment waits here for the first one. Raises IdempotencyKeyReused.
    """
    queries.delete_expired(session, member_id=actor.member_id)
    if queries.reserve(
        session,
        member_id=actor.member_id,
        organisation_id=actor.organisation_id,
        key=key,
        route=route,
        sha256=sha256,
        ttl_s=TTL_S,
    ):
        return None
    stored = queries.get_answer(session, member_id=actor.member_id, key=key)
    if (stored.route, stored.request_sha256) != (route, sha256):
        raise IdempotencyKeyReused(
            "this Idempotency-Key was sent with another request; use a new key for a new request"
        )
    return stored.body


def keep_answer(session: Session, actor: Actor, *, key: str, status: int, body: Mapping[str, Any]) -> None:
    queries.keep_answer(session, member_id=actor.member_id, key=key, status=status, body=body)
