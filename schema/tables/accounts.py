"""Organisations, people, members and their tokens."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from schema.enums import NotificationKind, OrganisationKind, Role, TokenKind
from schema.tables.base import Created, Document, Instant, Key, Reference, String, Table, of_member, one_of


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
    name: Mapped[String | None]


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
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    paused_at: Mapped[Instant | None]
    pause_reason: Mapped[String | None]
    left_at: Mapped[Instant | None]
    leave_reason: Mapped[String | None]
    # Null while an invitation waits: nobody belongs to an organisation that they have not agreed to join.
    joined_at: Mapped[Instant | None] = mapped_column(server_default=text("now()"))


class MemberSkillTable(Created, Table):
    """How well a member does something, in [0, 1], and within which bounds that is certain."""

    __tablename__ = "member_skill"
    __table_args__ = (
        of_member("organisation_id"),
        CheckConstraint("0 <= low AND low <= score AND score <= high AND high <= 1", name="bounds_sane"),
    )

    member_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    skill: Mapped[str] = mapped_column(Text, primary_key=True)
    organisation_id: Mapped[Reference]
    score: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    noted_at: Mapped[Instant] = mapped_column(server_default=func.now())


class WorkOrderTable(Created, Table):
    """In which order an organisation's people are served from its projects: low positions first, 100 by default."""

    __tablename__ = "work_order"

    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("project.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger)


class PersonIdentityTable(Created, Table):
    """A person's account at an OpenID provider."""

    __tablename__ = "person_identity"

    issuer: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)


class SignInAttemptTable(Created, Table):
    """Failed sign-ins of an address or a network; the key is a hash, so that no address can be read from it."""

    __tablename__ = "sign_in_attempt"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    since: Mapped[Instant]
    locked_until: Mapped[Instant | None]


class ApiTokenTable(Created, Table):
    """A member's secret: personal token, session of a browser, or invitation. Only its hash is kept."""

    __tablename__ = "api_token"
    __table_args__ = (
        of_member("organisation_id"),
        UniqueConstraint("id"),
        one_of("kind", TokenKind),
        Index("ix_api_token_member", "member_id", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity())
    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    organisation_id: Mapped[Reference]
    member_id: Mapped[Reference]
    kind: Mapped[str] = mapped_column(Text, server_default="personal")
    name: Mapped[String | None]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{read,work,manage}'"))
    expires_at: Mapped[Instant | None]
    used_at: Mapped[Instant | None]


class PreferenceTable(Created, Table):
    """What a member set in the pages: keys, theme, columns. Nothing of it changes what the server does."""

    __tablename__ = "preference"
    __table_args__ = (of_member("organisation_id"),)

    member_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    organisation_id: Mapped[Reference]
    version: Mapped[int] = mapped_column(Integer)
    body: Mapped[Document] = mapped_column(JSONB)


class NotificationTable(Created, Table):
    """A line in a member's inbox; whoever caused it may be of another organisation."""

    __tablename__ = "notification"
    __table_args__ = (
        of_member("organisation_id"),
        one_of("kind", NotificationKind),
        Index("ix_notification_member", "member_id", "id"),
        Index("ix_notification_unread", "member_id", "id", postgresql_where=text("read_at IS NULL")),
    )

    id: Mapped[Key]
    organisation_id: Mapped[Reference]
    member_id: Mapped[Reference]
    kind: Mapped[String]
    project_id: Mapped[Reference | None]
    task_id: Mapped[Reference | None]
    body: Mapped[Document] = mapped_column(JSONB)
    read_at: Mapped[Instant | None]
