"""Organisations, as the operator of an installation makes them: straight through the use cases."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from domain.accounts import service as accounts
from domain.scope import Scope
from runtime.database import Database
from schema.enums import OrganisationKind, Role


@dataclass(frozen=True, slots=True)
class NewMember:
    """A member with a token that is shown this once."""

    organisation_id: int
    member_id: int
    token: str


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


def add_member(database: Database, *, organisation_id: int, email: str, role: Role) -> NewMember:
    with database.begin(Scope(organisation_id)) as session:
        member_id = accounts.add_member(session, organisation_id=organisation_id, email=email, role=role)
        token = accounts.issue_token(session, organisation_id=organisation_id, member_id=member_id)
    return NewMember(organisation_id, member_id, token)
