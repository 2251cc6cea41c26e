"""Use cases of accounts. An organisation's first rows are written in a scope that is its own new id."""

import hashlib
import secrets

from sqlalchemy.orm import Session

from domain.accounts import queries
from domain.errors import Unauthenticated
from domain.scope import Actor
from schema.enums import OrganisationKind, Role

TOKEN_PREFIX = "plb_"  # noqa: S105 - how a token begins, not one


def reserve_organisation(session: Session) -> int:
    """Return the id of an organisation to be; any scope may ask."""
    return queries.next_id(session, "organisation")


def create_organisation(session: Session, *, organisation_id: int, kind: OrganisationKind, name: str) -> None:
    queries.insert_organisation(session, organisation_id=organisation_id, kind=kind.value, name=name)


def add_member(session: Session, *, organisation_id: int, email: str, role: Role) -> int:
    """Make the person, known by this address or new, a member; return the member's id."""
    person_id = queries.find_person(session, email)
    if person_id is None:
        person_id = queries.next_id(session, "person")
        queries.insert_person(session, person_id=person_id, email=email)
    return queries.insert_member(session, organisation_id=organisation_id, person_id=person_id, role=role.value)


def issue_token(session: Session, *, organisation_id: int, member_id: int) -> str:
    """Return a new token; only its SHA-256 is kept, so it is shown this once."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    queries.insert_token(session, sha256=hash_token(token), organisation_id=organisation_id, member_id=member_id)
    return token


def get_actor(session: Session, token: str) -> Actor:
    """Return the member whose token this is; raises Unauthenticated."""
    owner = queries.find_token_owner(session, hash_token(token))
    if owner is None:
        raise Unauthenticated("this token is unknown, expired or withdrawn; create a new one")
    return Actor(owner.member_id, owner.organisation_id, owner.kind, Role(owner.role), owner.projects)


def hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
