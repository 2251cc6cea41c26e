"""Use cases of accounts. An organisation's first rows are written in a scope that is its own new id."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from domain.accounts import queries
from domain.accounts.queries import Membership
from domain.errors import Conflict, Unauthenticated
from domain.scope import Actor
from schema.enums import OrganisationKind, Role, TokenKind, TokenScope

# How a secret begins, so that people and scanners know what they found.
PREFIXES = {TokenKind.PERSONAL: "plb_", TokenKind.SESSION: "pls_", TokenKind.INVITATION: "pli_"}
TOKEN_PREFIX = PREFIXES[TokenKind.PERSONAL]
SESSION_IDLE = timedelta(hours=12)
SESSION_LONGEST = timedelta(days=7)
MOST_UNREAD = 100


@dataclass(frozen=True, slots=True)
class Caller:
    """The member behind a secret, and what the secret itself allows. `pause` is the reason, None for who may work."""

    actor: Actor
    token_id: int
    how: TokenKind
    scopes: frozenset[TokenScope]
    person_id: int
    email: str
    name: str | None
    organisation: str
    pause: str | None
    touch_due: bool
    may_set_password: bool


def reserve_organisation(session: Session) -> int:
    """Return the id of an organisation to be; any scope may ask."""
    return queries.next_id(session, "organisation")


def create_organisation(session: Session, *, organisation_id: int, kind: OrganisationKind, name: str) -> None:
    queries.insert_organisation(session, organisation_id=organisation_id, kind=kind.value, name=name)


def add_member(
    session: Session,
    *,
    organisation_id: int,
    email: str,
    role: Role,
    name: str | None = None,
    site: str | None = None,
    team: str | None = None,
    joined: bool = True,
) -> int:
    """Make the person, known by this address or new, a member; return the member's id.

    `joined` is for the operator alone: who is invited joins by accepting. Raises Conflict for who is or was a member.
    """
    account = queries.find_account(session, email)
    if account is None:
        queries.insert_person(session, person_id=queries.next_id(session, "person"), email=email, name=name)
        account = queries.find_account(session, email)
    assert account is not None, "it was found, or just written"
    member_id = queries.insert_member(
        session,
        organisation_id=organisation_id,
        person_id=account.person_id,
        role=role.value,
        site=site,
        team=team,
        joined=joined,
    )
    if member_id is None:
        raise Conflict(f"{email} is or was a member of this organisation; look in the list of members", email=email)
    return member_id


def issue_token(
    session: Session,
    *,
    organisation_id: int,
    member_id: int,
    kind: TokenKind = TokenKind.PERSONAL,
    name: str | None = None,
    scopes: Sequence[TokenScope] = tuple(TokenScope),
    lifetime: timedelta | None = None,
) -> str:
    """Return a new secret; only its SHA-256 is kept, so it is shown this once."""
    token = PREFIXES[kind] + secrets.token_urlsafe(32)
    queries.insert_token(
        session,
        sha256=hash_token(token),
        organisation_id=organisation_id,
        member_id=member_id,
        kind=kind.value,
        name=name,
        scopes=[scope.value for scope in scopes],
        lifetime_s=None if lifetime is None else lifetime.total_seconds(),
    )
    return token


def get_caller(session: Session, token: str) -> Caller:
    """Return who sends this secret; raises Unauthenticated. An invitation opens nothing here."""
    caller = find_caller(session, token)
    if caller is None or caller.how is TokenKind.INVITATION:
        raise Unauthenticated("this token or session is unknown, expired or withdrawn; sign in or create a new one")
    return caller


def find_caller(session: Session, token: str) -> Caller | None:
    """Return the member behind any secret that still counts."""
    owner = queries.find_token_owner(session, hash_token(token))
    if owner is None:
        return None
    return Caller(
        actor=Actor(owner.member_id, owner.organisation_id, owner.kind, Role(owner.role), owner.projects),
        token_id=owner.token_id,
        how=TokenKind(owner.token_kind),
        scopes=frozenset(TokenScope(scope) for scope in owner.scopes),
        person_id=owner.person_id,
        email=owner.email,
        name=owner.name,
        organisation=owner.organisation,
        pause=None if owner.paused_at is None else owner.pause_reason or "no reason was given",
        touch_due=owner.touch_due,
        may_set_password=owner.may_set_password,
    )


def note_use(session: Session, caller: Caller) -> None:
    """Keep a session alive and a token's last use, at most once a minute."""
    queries.touch_token(
        session,
        caller.token_id,
        idle_s=SESSION_IDLE.total_seconds(),
        longest_s=SESSION_LONGEST.total_seconds(),
    )


def list_memberships(session: Session, email: str) -> tuple[Membership, ...]:
    """List where a person belongs, in any organisation; invitations that still wait are left out."""
    account = queries.find_account(session, email)
    return () if account is None else tuple(m for m in account.memberships if m.joined)


def count_unread(session: Session, actor: Actor) -> int:
    """Count unread lines of the actor's inbox, up to MOST_UNREAD."""
    return queries.count_unread(session, member_id=actor.member_id, at_most=MOST_UNREAD)


def hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
