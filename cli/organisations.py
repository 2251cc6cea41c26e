"""Organisations, as the operator of an installation makes them: straight through the use cases."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from cli.exits import CommandFailed, Exit
from domain.accounts import service as accounts
from domain.errors import DomainError
from domain.members.service import INVITATION_LIFETIME
from domain.scope import Scope
from domain.signin import passwords
from domain.signin import service as signin
from runtime.database import Database
from schema.enums import OrganisationKind, Role, TokenKind


@dataclass(frozen=True, slots=True)
class NewMember:
    """A member with a token, and a path where they set a password unless they have one; both are shown this once."""

    organisation_id: int
    member_id: int
    token: str
    link: str | None


@contextmanager
def open_database(environment: Mapping[str, str]) -> Iterator[Database]:
    database = Database(environment["PLUMBLINE_DATABASE_URL"], pool_size=1)
    try:
        yield database
    finally:
        database.close()


def create_organisation(database: Database, *, kind: OrganisationKind, name: str) -> int:
    with database.begin(None) as session:
        organisation_id = accounts.reserve_organisation(session)
    with database.begin(Scope(organisation_id)) as session:
        accounts.create_organisation(session, organisation_id=organisation_id, kind=kind, name=name)
    return organisation_id


def add_member(
    database: Database,
    *,
    organisation_id: int,
    email: str,
    role: Role,
    name: str | None = None,
    password: str | None = None,
) -> NewMember:
    """Add a person who has joined already; without a password they set their own by the link. Raises CommandFailed."""
    hashed = None if password is None else _hash(password, email)
    with _told(), database.begin(Scope(organisation_id)) as session:
        member_id = accounts.add_member(session, organisation_id=organisation_id, email=email, role=role, name=name)
        token = accounts.issue_token(session, organisation_id=organisation_id, member_id=member_id)
        if hashed is not None:
            signin.set_initial_password(
                session, organisation_id=organisation_id, member_id=member_id, password_hash=hashed
            )
            return NewMember(organisation_id, member_id, token, link=None)
        secret = accounts.issue_token(
            session,
            organisation_id=organisation_id,
            member_id=member_id,
            kind=TokenKind.INVITATION,
            scopes=(),
            lifetime=INVITATION_LIFETIME,
        )
    return NewMember(organisation_id, member_id, token, link=f"/invitation/{secret}")


def reset_password(database: Database, *, email: str, password: str) -> None:
    """Set a person's password, of however many organisations; their sessions end. Raises CommandFailed."""
    hashed = _hash(password, email)
    with database.begin(None) as session:
        memberships = accounts.list_memberships(session, email)
    if not memberships:
        raise CommandFailed(f"nobody with the address {email} has joined an organisation", exit_code=Exit.NOT_FOUND)
    one = memberships[0]
    with _told(), database.begin(Scope(one.organisation_id)) as session:
        signin.set_initial_password(
            session, organisation_id=one.organisation_id, member_id=one.member_id, password_hash=hashed
        )


def check_password(password: str, email: str) -> None:
    """Raise CommandFailed for what cannot be a password."""
    with _told():
        passwords.check_new_password(password, email=email)


def _hash(password: str, email: str) -> str:
    check_password(password, email)
    return passwords.hash_password(password)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except DomainError as error:
        raise CommandFailed(error.message) from error
