"""A client's labelling jobs, their immutable versions, and the vendors engaged for them."""

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from schema.tables.base import Created, Document, Instant, Key, Reference, String, Table, in_project


class ProjectTable(Created, Table):
    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("id", "client_org"), Index("ix_project_client_org", "client_org", "id"))

    id: Mapped[Key]
    client_org: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    name: Mapped[String]
    ontology_version: Mapped[int] = mapped_column(Integer)
    guideline_version: Mapped[int] = mapped_column(Integer)
    policy_version: Mapped[int] = mapped_column(Integer)
    archived_at: Mapped[Instant | None]


class _Version(Created):
    project_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    client_org: Mapped[Reference]
    body: Mapped[Document]
    published_by: Mapped[Reference | None]


class OntologyVersionTable(_Version, Table):
    __tablename__ = "ontology_version"
    __table_args__ = (in_project(),)


class GuidelineVersionTable(_Version, Table):
    __tablename__ = "guideline_version"
    __table_args__ = (in_project(),)


class PolicyVersionTable(_Version, Table):
    __tablename__ = "policy_version"
    __table_args__ = (in_project(),)


class ClassTable(Created, Table):
    """The ids a project has ever given to classes; names live in the ontology's body."""

    __tablename__ = "class"
    __table_args__ = (in_project(),)

    project_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    class_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    client_org: Mapped[Reference]
    retired_at: Mapped[Instant | None]


class EngagementTable(Created, Table):
    """A vendor's access to a client's project."""

    __tablename__ = "engagement"
    __table_args__ = (in_project(),)

    project_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    vendor_org: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), primary_key=True, index=True)
    client_org: Mapped[Reference]
    ended_at: Mapped[Instant | None]


class GuidelineAcknowledgementTable(Table):
    """A member has read a version of the guidelines."""

    __tablename__ = "guideline_acknowledgement"
    __table_args__ = (
        in_project(),
        ForeignKeyConstraint(
            ["project_id", "version"],
            ["guideline_version.project_id", "guideline_version.version"],
            name="acknowledged_version",
        ),
    )

    project_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    member_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    client_org: Mapped[Reference]
    vendor_org: Mapped[Reference]
    at: Mapped[Instant] = mapped_column(server_default=func.now())
