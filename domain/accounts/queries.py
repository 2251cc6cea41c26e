"""SQL of accounts."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class TokenOwner:
    member_id: int
    organisation_id: int
    kind: str
    role: str
    projects: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MemberRow:
    id: int
    email: str
    role: str


def next_id(session: Session, table: str) -> int:
    """Draw an id before its row is visible to anyone (the row's own scope is that id)."""
    statement = text("SELECT nextval(pg_get_serial_sequence(:table, 'id'))")
    return int(session.execute(statement, {"table": table}).scalar_one())


def insert_organisation(session: Session, *, organisation_id: int, kind: str, name: str) -> None:
    session.execute(
        text("INSERT INTO organisation (id, kind, name) VALUES (:id, :kind, :name)"),
        {"id": organisation_id, "kind": kind, "name": name},
    )


def find_person(session: Session, email: str) -> int | None:
    row = session.execute(text("SELECT person_id FROM sign_in(:email) LIMIT 1"), {"email": email}).first()
    return int(row.person_id) if row else None


def insert_person(session: Session, *, person_id: int, email: str) -> None:
    session.execute(text("INSERT INTO person (id, email) VALUES (:id, :email)"), {"id": person_id, "email": email})


def insert_member(session: Session, *, organisation_id: int, person_id: int, role: str) -> int:
    statement = text(
        "INSERT INTO member (organisation_id, person_id, role) VALUES (:organisation, :person, :role) RETURNING id"
    )
    values = {"organisation": organisation_id, "person": person_id, "role": role}
    return int(session.execute(statement, values).scalar_one())


def insert_token(session: Session, *, sha256: bytes, organisation_id: int, member_id: int) -> None:
    session.execute(
        text("INSERT INTO api_token (sha256, organisation_id, member_id) VALUES (:sha256, :organisation, :member)"),
        {"sha256": sha256, "organisation": organisation_id, "member": member_id},
    )


def find_token_owner(session: Session, sha256: bytes) -> TokenOwner | None:
    row = session.execute(text("SELECT * FROM token_owner(:sha256)"), {"sha256": sha256}).first()
    if row is None:
        return None
    return TokenOwner(row.member_id, row.organisation_id, row.kind, row.role, tuple(row.projects))


def list_members(session: Session, *, roles: tuple[str, ...]) -> list[MemberRow]:
    """List the present members of the scope's own organisation with one of the roles."""
    statement = text(
        "SELECT m.id, p.email, m.role FROM member m JOIN person p ON p.id = m.person_id "
        "WHERE m.left_at IS NULL AND m.role = ANY (:roles) ORDER BY m.id LIMIT 10000"
    )
    return [MemberRow(r.id, r.email, r.role) for r in session.execute(statement, {"roles": list(roles)})]
