"""Use cases of personal tokens, and of what a member set in the pages. Everyone has their own only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from domain.accounts import queries
from domain.accounts.queries import PreferenceRow, TokenRow
from domain.accounts.service import Caller, hash_token, issue_token
from domain.audit.service import record
from domain.errors import NotFound, ScopeMissing
from domain.scope import Actor
from schema.enums import TokenKind, TokenScope


@dataclass(frozen=True, slots=True)
class CreatedToken:
    """A token with its secret, which is not kept."""

    row: TokenRow
    secret: str


def create_token(
    session: Session, caller: Caller, *, name: str, scopes: Sequence[TokenScope], expires_in_days: int | None
) -> CreatedToken:
    """Make a token that may do no more than what it is made with, nor outlive a token; raises ScopeMissing."""
    actor, unique = caller.actor, sorted(set(scopes))
    if missing := set(unique) - caller.scopes:
        raise ScopeMissing(f"your token has no scope {min(missing)} to give away", needed=min(missing))
    secret = issue_token(
        session,
        organisation_id=actor.organisation_id,
        member_id=actor.member_id,
        name=name,
        scopes=unique,
        lifetime=None if expires_in_days is None else timedelta(days=expires_in_days),
    )
    if caller.how is TokenKind.PERSONAL:
        queries.cap_expiry(session, sha256=hash_token(secret), by_token=caller.token_id)
    row = queries.get_token(session, sha256=hash_token(secret))
    record(session, actor, "token_created", f"token:{row.id}", after={"name": name, "scopes": unique})
    return CreatedToken(row, secret)


def list_tokens(session: Session, actor: Actor, *, after: int, limit: int) -> list[TokenRow]:
    """List the actor's tokens that still count."""
    return queries.list_tokens(
        session, member_id=actor.member_id, kind=TokenKind.PERSONAL.value, after=after, limit=limit
    )


def revoke_token(session: Session, actor: Actor, token_id: int) -> None:
    """End a token of the actor's; raises NotFound for one that is somebody else's or has ended."""
    owned = queries.find_token(session, token_id=token_id, member_id=actor.member_id, kind=TokenKind.PERSONAL.value)
    if owned is None or not queries.end_token(session, token_id=token_id):
        raise NotFound(f"you have no token {token_id}", token_id=token_id)
    record(session, actor, "token_revoked", f"token:{token_id}", name=owned.name)


def get_preferences(session: Session, actor: Actor) -> PreferenceRow:
    """Return what the actor set, nothing in version 0 at first."""
    return queries.find_preferences(session, member_id=actor.member_id) or PreferenceRow(0, {})


def lock_preferences(session: Session, actor: Actor) -> PreferenceRow:
    """Like `get_preferences`; nobody else writes them until this transaction ends."""
    queries.ensure_preferences(session, member_id=actor.member_id, organisation_id=actor.organisation_id)
    return queries.find_preferences(session, member_id=actor.member_id, lock=True) or PreferenceRow(0, {})


def set_preferences(session: Session, actor: Actor, body: dict[str, Any]) -> PreferenceRow:
    """Replace what the actor set; every write is a version."""
    return queries.write_preferences(session, member_id=actor.member_id, body=body)
