"""Organisations, people, members and their tokens."""

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from schema.enums import OrganisationKind, Role
from schema.tables.base import Created, Instant, Key, Reference, String, Table, of_member, one_of


class OrganisationTable(Created, Table):
    __tablename__ = "organisation"
    __table_args__ = (one_of("kind", OrganisationKind),)

    id: Mapped[Key]
    kind: Mapped[String]
    name: Mapped[String]


class PersonTable(Created, Table):
    __tablename__ = "person"

    id: Mapped[Key]
    email: Mapped[String]
    password_hash: Mapped[String | None]


Index("uq_person_email", func.lower(PersonTable.email), unique=True)


class MemberTable(Created, Table):
    __tablename__ = "member"
    __table_args__ = (
        UniqueConstraint("organisation_id", "person_id"),
        UniqueConstraint("id", "organisation_id"),
        one_of("role", Role),
    )

    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    role: Mapped[String]
    site: Mapped[String | None]
    team: Mapped[String | None]
    paused_at: Mapped[Instant | None]
    left_at: Mapped[Instant | None]


class ApiTokenTable(Created, Table):
    """Only the hash of a token is kept."""

    __tablename__ = "api_token"
    __table_args__ = (of_member("organisation_id"),)

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    organisation_id: Mapped[Reference]
    member_id: Mapped[int] = mapped_column(BigInteger, index=True)
    expires_at: Mapped[Instant | None]
