"""Use cases of the door. Passwords are hashed and compared between transactions, never inside one."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from domain.accounts import queries as accounts
from domain.accounts.queries import Account, Membership
from domain.accounts.service import SESSION_IDLE, Caller, hash_token, issue_token
from domain.audit.service import record
from domain.errors import Forbidden, NotFound, Unauthenticated
from domain.scope import Actor, Scope
from domain.signin import queries
from domain.signin.errors import TooManyAttempts
from domain.signin.rules import Limit, limit_of_address, limit_of_address_here, limit_of_network
from schema.enums import Role, TokenKind


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way: counted as failed until it succeeds. `account` is None for an unknown address."""

    account: Account | None
    addresses: tuple[Limit, ...]
    network: Limit
    failures: int

    @property
    def password_hash(self) -> str | None:
        return self.account.password_hash if self.account else None


def begin_attempt(session: Session, *, email: str, host: str) -> Attempt:
    """Count an attempt and look its address up; raises TooManyAttempts, for unknown addresses alike."""
    network, here, anywhere = limit_of_network(host), limit_of_address_here(email, host), limit_of_address(email)
    _count(session, network)
    _count(session, here)
    failures = _count(session, anywhere)
    return Attempt(accounts.find_account(session, email), (here, anywhere), network, failures=failures - 1)


def _count(session: Session, limit: Limit) -> int:
    failures = queries.count_attempt(session, limit)
    if failures is None:
        seconds = queries.get_locked_s(session, limit)
        raise TooManyAttempts(f"too many sign-ins failed; try again in {seconds} seconds", retry_after_s=seconds)
    return failures


def find_membership(attempt: Attempt, organisation_id: int | None) -> Membership | None:
    """Return the membership to sign in to: the one asked for, else the oldest."""
    joined = [m for m in attempt.account.memberships if m.joined] if attempt.account else []
    return next((m for m in joined if organisation_id in (None, m.organisation_id)), None)


def end_attempt(session: Session, attempt: Attempt) -> None:
    """Take back that the attempt failed."""
    queries.take_back_attempt(session, attempt.network)
    for limit in attempt.addresses:
        queries.forget_failures(session, limit)


def open_session(session: Session, membership: Membership, *, how: str, **facts: Any) -> str:
    """Return the secret of a new session, for the browser's cookie. The scope is the membership's organisation."""
    secret = issue_token(
        session,
        organisation_id=membership.organisation_id,
        member_id=membership.member_id,
        kind=TokenKind.SESSION,
        lifetime=SESSION_IDLE,
    )
    record(session, actor_of(membership), "session_created", f"member:{membership.member_id}", how=how, **facts)
    return secret


def renew_hash(session: Session, *, secret: str, password_hash: str) -> None:
    """Keep the same password under today's parameters."""
    queries.set_password(session, secret=hash_token(secret), password_hash=password_hash, end_others=False)


def set_initial_password(session: Session, *, organisation_id: int, member_id: int, password_hash: str) -> None:
    """Set a member's password as the operator, who needs no link; every session of the person ends."""
    secret = issue_token(
        session,
        organisation_id=organisation_id,
        member_id=member_id,
        kind=TokenKind.SESSION,
        lifetime=timedelta(minutes=1),
    )
    if not queries.set_password(session, secret=hash_token(secret), password_hash=password_hash, end_others=True):
        raise NotFound(f"there is no member {member_id} who has joined", member_id=member_id)
    accounts.end_tokens(session, member_id=member_id, kinds=[TokenKind.SESSION.value])


def check_may_change_password(caller: Caller) -> None:
    """Raise Forbidden for a token: who took one must not take the account over."""
    if caller.how is not TokenKind.SESSION:
        raise Forbidden("a password is changed in a browser where you signed in, not with an API token")


def change_password(session: Session, caller: Caller, *, secret: str, password_hash: str) -> None:
    """Set a new password; every session but the one of `secret` ends."""
    if not queries.set_password(session, secret=hash_token(secret), password_hash=password_hash, end_others=True):
        raise Unauthenticated("you were signed out a moment ago; sign in again")
    record(session, caller.actor, "password_changed", f"member:{caller.actor.member_id}")


def record_failure(session: Session, membership: Membership) -> None:
    """Tell the organisation that somebody used a member's address without their password."""
    record(session, actor_of(membership), "sign_in_failed", f"member:{membership.member_id}")


def actor_of(membership: Membership) -> Actor:
    return Actor(membership.member_id, membership.organisation_id, membership.kind, Role(membership.role))


def scope_of(membership: Membership) -> Scope:
    return Scope(membership.organisation_id)


def close_session(session: Session, caller: Caller) -> None:
    """End the session that the caller came with."""
    accounts.end_token(session, token_id=caller.token_id)
    record(session, caller.actor, "session_ended", f"member:{caller.actor.member_id}")
