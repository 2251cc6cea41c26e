"""SQL of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """A secret and everything about the member behind it that a request needs."""

    token_id: int
    token_kind: str
    scopes: tuple[str, ...]
    touch_due: bool
    member_id: int
    person_id: int
    email: str
    name: str | None
    organisation_id: int
    organisation: str
    kind: str
    role: str
    paused_at: datetime | None
    pause_reason: str | None
    projects: tuple[int, ...]
    may_set_password: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """A person in an organisation; without `joined` an invitation still waits."""

    member_id: int
    organisation_id: int
    organisation: str
    kind: str
    role: str
    joined: bool


@dataclass(frozen=True, slots=True)
class Account:
    """A person as sign-in sees them, across organisations; `linked` to an account at an OpenID provider."""

    person_id: int
    password_hash: str | None
    linked: bool
    memberships: tuple[Membership, ...]


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


def find_account(session: Session, email: str) -> Account | None:
    """Return the person of an address with all present memberships, in any organisation."""
    rows = session.execute(text("SELECT * FROM sign_in(:email)"), {"email": email}).all()
    if not rows:
        return None
    memberships = (
        Membership(r.member_id, r.organisation_id, r.organisation, r.kind, r.role, r.joined)
        for r in rows
        if r.member_id is not None
    )
    return Account(rows[0].person_id, rows[0].password_hash, rows[0].linked, tuple(memberships))


def insert_person(session: Session, *, person_id: int, email: str, name: str | None = None) -> None:
    """Write a person, unless somebody else did so at this moment."""
    session.execute(
        text("INSERT INTO person (id, email, name) VALUES (:id, :email, :name) ON CONFLICT DO NOTHING"),
        {"id": person_id, "email": email, "name": name},
    )


def insert_member(
    session: Session,
    *,
    organisation_id: int,
    person_id: int,
    role: str,
    site: str | None = None,
    team: str | None = None,
    joined: bool = True,
) -> int | None:
    """Write a member and return its id; None when the person is or was a member."""
    statement = text(
        "INSERT INTO member (organisation_id, person_id, role, site, team, joined_at) "
        "VALUES (:organisation, :person, :role, :site, :team, CASE WHEN :joined THEN now() END) "
        "ON CONFLICT DO NOTHING RETURNING id"
    )
    values = {
        "organisation": organisation_id,
        "person": person_id,
        "role": role,
        "site": site,
        "team": team,
        "joined": joined,
    }
    found = session.execute(statement, values).scalar()
    return None if found is None else int(found)


def join(session: Session, *, member_id: int) -> None:
    """Write down that an invited person agreed."""
    session.execute(
        text("UPDATE member SET joined_at = now() WHERE id = :member AND joined_at IS NULL"), {"member": member_id}
    )


def insert_token(
    session: Session,
    *,
    sha256: bytes,
    organisation_id: int,
    member_id: int,
    kind: str,
    name: str | None,
    scopes: Sequence[str],
    lifetime_s: float | None,
) -> int:
    statement = text(
        "INSERT INTO api_token (sha256, organisation_id, member_id, kind, name, scopes, expires_at) "
        "VALUES (:sha256, :organisation, :member, :kind, :name, :scopes, "
        "now() + make_interval(secs => CAST(:lifetime AS double precision))) RETURNING id"
    )
    values = {
        "sha256": sha256,
        "organisation": organisation_id,
        "member": member_id,
        "kind": kind,
        "name": name,
        "scopes": list(scopes),
        "lifetime": lifetime_s,
    }
    return int(session.execute(statement, values).scalar_one())


def find_token_owner(session: Session, sha256: bytes) -> TokenOwner | None:
    row = session.execute(text("SELECT * FROM token_owner(:sha256)"), {"sha256": sha256}).mappings().first()
    if row is None:
        return None
    return TokenOwner(**{**row, "scopes": tuple(row["scopes"]), "projects": tuple(row["projects"])})


def touch_token(session: Session, token_id: int, *, idle_s: float, longest_s: float) -> None:
    """Note that a secret is in use; a session lasts from now on for the idle time, within its longest life."""
    session.execute(
        text(
            "UPDATE api_token SET used_at = now(), expires_at = CASE WHEN kind = 'session' "
            "  THEN least(now() + make_interval(secs => :idle), created_at + make_interval(secs => :longest)) "
            "  ELSE expires_at END "
            "WHERE id = :token AND (used_at IS NULL OR used_at < now() - interval '1 minute') "
            "AND (expires_at IS NULL OR expires_at > now())"
        ),
        {"token": token_id, "idle": idle_s, "longest": longest_s},
    )


def end_token(session: Session, *, token_id: int) -> bool:
    """Have a secret end now; False when it had ended or is not of the scope's organisation."""
    row = session.execute(
        text(
            "UPDATE api_token SET expires_at = now() "
            "WHERE id = :token AND (expires_at IS NULL OR expires_at > now()) RETURNING 1"
        ),
        {"token": token_id},
    )
    return row.first() is not None


def end_tokens(session: Session, *, member_id: int, kinds: Sequence[str]) -> int:
    """Have all of a member's secrets of these kinds end now; return how many."""
    rows = session.execute(
        text(
            "UPDATE api_token SET expires_at = now() WHERE member_id = :member AND kind = ANY (:kinds) "
            "AND (expires_at IS NULL OR expires_at > now()) RETURNING 1"
        ),
        {"member": member_id, "kinds": list(kinds)},
    )
    return len(rows.all())


def count_unread(session: Session, *, member_id: int, at_most: int) -> int:
    statement = text(
        "SELECT count(*) FROM (SELECT FROM notification WHERE member_id = :member AND read_at IS NULL LIMIT :most) n"
    )
    return int(session.execute(statement, {"member": member_id, "most": at_most}).scalar_one())


def list_members(session: Session, *, roles: tuple[str, ...]) -> list[MemberRow]:
    """List the present members of the scope's own organisation with one of the roles."""
    statement = text(
        "SELECT m.id, p.email, m.role FROM member m JOIN person p ON p.id = m.person_id "
        "WHERE m.left_at IS NULL AND m.role = ANY (:roles) ORDER BY m.id LIMIT 10000"
    )
    return [MemberRow(r.id, r.email, r.role) for r in session.execute(statement, {"roles": list(roles)})]


@dataclass(frozen=True, slots=True)
class TokenRow:
    id: int
    name: str | None
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


_TOKEN = "SELECT id, name, scopes, created_at, expires_at, used_at FROM api_token "  # noqa: S105 - SQL
_COUNTS = "(expires_at IS NULL OR expires_at > now())"


def get_token(session: Session, *, sha256: bytes) -> TokenRow:
    row = session.execute(text(_TOKEN + "WHERE sha256 = :sha256"), {"sha256": sha256}).mappings().one()
    return TokenRow(**row)


def find_token(session: Session, *, token_id: int, member_id: int, kind: str) -> TokenRow | None:
    statement = text(_TOKEN + "WHERE id = :token AND member_id = :member AND kind = :kind")
    row = session.execute(statement, {"token": token_id, "member": member_id, "kind": kind}).mappings().first()
    return TokenRow(**row) if row else None


def cap_expiry(session: Session, *, sha256: bytes, by_token: int) -> None:
    """Have a token end no later than the one it was made with."""
    session.execute(
        text(
            "UPDATE api_token n SET expires_at = least(n.expires_at, m.expires_at) FROM api_token m "
            "WHERE n.sha256 = :sha256 AND m.id = :by"
        ),
        {"sha256": sha256, "by": by_token},
    )


def list_tokens(session: Session, *, member_id: int, kind: str, after: int, limit: int) -> list[TokenRow]:
    """List a member's secrets that still count."""
    statement = text(
        _TOKEN + f"WHERE member_id = :member AND kind = :kind AND id > :after AND {_COUNTS} ORDER BY id LIMIT :limit"
    )
    values = {"member": member_id, "kind": kind, "after": after, "limit": limit}
    return [TokenRow(**row) for row in session.execute(statement, values).mappings()]


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    version: int
    body: dict[str, Any]


def find_preferences(session: Session, *, member_id: int, lock: bool = False) -> PreferenceRow | None:
    statement = "SELECT version, body FROM preference WHERE member_id = :member" + (" FOR UPDATE" if lock else "")
    row = session.execute(text(statement), {"member": member_id}).first()
    return PreferenceRow(row.version, row.body) if row else None


def ensure_preferences(session: Session, *, member_id: int, organisation_id: int) -> None:
    session.execute(
        text(
            "INSERT INTO preference (member_id, organisation_id, version, body) "
            "VALUES (:member, :organisation, 0, '{}') ON CONFLICT DO NOTHING"
        ),
        {"member": member_id, "organisation": organisation_id},
    )


def write_preferences(session: Session, *, member_id: int, body: dict[str, Any]) -> PreferenceRow:
    statement = text(
        "UPDATE preference SET version = version + 1, body = :body WHERE member_id = :member RETURNING version, body"
    ).bindparams(bindparam("body", type_=JSONB))
    row = session.execute(statement, {"member": member_id, "body": body}).one()
    return PreferenceRow(row.version, row.body)


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    id: int
    kind: str
    name: str
    created_at: datetime


def find_organisation(session: Session, organisation_id: int) -> OrganisationRow | None:
    """Return an organisation that the scope sees: its own, and those it works with."""
    statement = text("SELECT id, kind, name, created_at FROM organisation WHERE id = :id")
    row = session.execute(statement, {"id": organisation_id}).mappings().first()
    return OrganisationRow(**row) if row else None


def rename_organisation(session: Session, organisation_id: int, name: str) -> None:
    session.execute(text("UPDATE organisation SET name = :name WHERE id = :id"), {"id": organisation_id, "name": name})
