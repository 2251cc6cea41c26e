"""What became of the work: decisions, the merged objects, verdicts, releases."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from schema.enums import Choice, Outcome, ReleaseContent, ReleaseState
from schema.tables.base import (
    Created,
    Document,
    Instant,
    Key,
    Reference,
    Small,
    String,
    Table,
    in_project,
    of_client,
    of_task,
    one_of,
)


class DecisionTable(Created, Table):
    """One round's outcome with rule, inputs and parameters; immutable."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("task_id", "submits"),
        of_task(),
        one_of("outcome", Outcome),
        # What supervisors decided in a time.
        Index("ix_decision_review", "project_id", "created_at", "id", postgresql_where=text("rule = 'review-1'")),
    )

    id: Mapped[Key]
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    task_id: Mapped[Reference]
    submits: Mapped[Small]
    rule: Mapped[String]
    inputs: Mapped[Document]
    parameters_version: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[String]
    reason: Mapped[String]
    agreement: Mapped[Document | None]


class ConsensusObjectTable(Created, Table):
    """A merged (or settled) object of one decision. The only rows per object."""

    __tablename__ = "consensus_object"
    __table_args__ = (
        Index("ix_consensus_object_class", "project_id", "class_id", "score"),
        Index("ix_consensus_object_task", "task_id"),
        of_task(),
    )

    decision_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("decision.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    task_id: Mapped[Reference]
    position: Mapped[int] = mapped_column(SmallInteger)
    class_id: Mapped[int] = mapped_column(SmallInteger)
    bbox: Mapped[list[float] | None] = mapped_column(ARRAY(Float))
    score: Mapped[float | None]
    vote_share: Mapped[float]
    class_share: Mapped[float]
    agreement_iou: Mapped[float | None]
    posterior: Mapped[float | None]
    cause: Mapped[list[str]] = mapped_column(ARRAY(Text))
    versions: Mapped[Document]
    object: Mapped[Document] = mapped_column(JSONB)


class VerdictTable(Created, Table):
    """A supervisor's answer about one contested object, or about the whole task; append-only."""

    __tablename__ = "verdict"
    __table_args__ = (Index("ix_verdict_task", "task_id"), of_task(), one_of("choice", Choice))

    id: Mapped[Key]
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    vendor_org: Mapped[Reference]
    task_id: Mapped[Reference]
    lease_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("lease.id"))
    member_id: Mapped[Reference]
    consensus_object_id: Mapped[UUID | None] = mapped_column(Uuid)
    choice: Mapped[String]
    reason: Mapped[String | None]
    detail: Mapped[Document | None]


class ReleaseTable(Created, Table):
    """An immutable, content-addressed snapshot of accepted work."""

    __tablename__ = "release"
    __table_args__ = (
        UniqueConstraint("id", "client_org"),
        in_project(),
        one_of("state", ReleaseState),
        one_of("content", ReleaseContent),
        Index("ix_release_running", "state_since", postgresql_where=text("state = 'running'")),
        Index("ix_release_project", "project_id", "id"),
    )

    id: Mapped[Key]
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    format: Mapped[String]
    content: Mapped[str] = mapped_column(Text, server_default="accepted")
    state: Mapped[String]
    up_to_decision_id: Mapped[Reference]
    manifest_sha256: Mapped[String | None]
    prefix: Mapped[String | None]
    images: Mapped[int | None] = mapped_column(Integer)
    objects: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[String | None]
    requested_by: Mapped[Reference]
    state_since: Mapped[Instant] = mapped_column(server_default=func.now())
    resent: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class ReleaseShardTable(Created, Table):
    """One file of a release."""

    __tablename__ = "release_shard"
    __table_args__ = (of_client("release_id", "release"),)

    release_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    client_org: Mapped[Reference]
    name: Mapped[String]
    sha256: Mapped[String]
    bytes: Mapped[int] = mapped_column(BigInteger)
