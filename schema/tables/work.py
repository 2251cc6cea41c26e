"""Human work: leases, drafts, submitted annotations, time spent. Rows carry both parties."""

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Integer, SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from schema.tables.base import Created, Documents, Instant, Reference, String, Table, in_project, of_task


class LeaseTable(Table):
    """One member's hold on one seat. The id is the fencing token; it also records what was shown."""

    __tablename__ = "lease"
    __table_args__ = (
        ForeignKeyConstraint(["task_id", "seat_no"], ["seat.task_id", "seat.seat_no"], name="lease_seat"),
        of_task(),
        Index("ix_lease_task", "task_id"),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    task_id: Mapped[Reference]
    seat_no: Mapped[int] = mapped_column(SmallInteger)
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    vendor_org: Mapped[Reference]
    member_id: Mapped[Reference]
    ontology_version: Mapped[int | None] = mapped_column(Integer)
    guideline_version: Mapped[int | None] = mapped_column(Integer)
    policy_version: Mapped[int | None] = mapped_column(Integer)
    shown_prediction_id: Mapped[Reference | None]
    claimed_at: Mapped[Instant] = mapped_column(server_default=func.now())


class DraftTable(Created, Table):
    """Unsent work of a member on a task; survives a lost lease."""

    __tablename__ = "draft"
    __table_args__ = (
        ForeignKeyConstraint(["task_id", "seat_no"], ["seat.task_id", "seat.seat_no"], name="draft_seat"),
        of_task(),
    )

    task_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    member_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    seat_no: Mapped[int] = mapped_column(SmallInteger)
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    vendor_org: Mapped[Reference]
    sequence: Mapped[int] = mapped_column(Integer)
    objects: Mapped[Documents] = mapped_column(JSONB)
    saved_at: Mapped[Instant] = mapped_column(server_default=func.now())


class AnnotationTable(Table):
    """One whole submitted answer, immutable, keyed by its lease: a repeated submit meets its first receipt."""

    __tablename__ = "annotation"
    __table_args__ = (
        ForeignKeyConstraint(["lease_id"], ["lease.id"], name="annotation_lease"),
        of_task(),
        Index("ix_annotation_task", "task_id"),
        {"postgresql_partition_by": "RANGE (lease_id)"},
    )

    lease_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    vendor_org: Mapped[Reference]
    task_id: Mapped[Reference]
    seat_no: Mapped[int] = mapped_column(SmallInteger)
    version: Mapped[int] = mapped_column(SmallInteger)
    member_id: Mapped[Reference]
    submitted_at: Mapped[Instant] = mapped_column(server_default=func.now())
    objects: Mapped[Documents] = mapped_column(JSONB)
    blob: Mapped[String | None]


class WorkTimeTable(Table):
    """How long a lease was worked on, and what was done to the objects."""

    __tablename__ = "work_time"
    __table_args__ = (
        ForeignKeyConstraint(["lease_id"], ["lease.id"], name="work_time_lease"),
        in_project(),
        {"postgresql_partition_by": "RANGE (lease_id)"},
    )

    lease_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    vendor_org: Mapped[Reference]
    ended_at: Mapped[Instant] = mapped_column(server_default=func.now())
    active_s: Mapped[float]
    end_reason: Mapped[str] = mapped_column(Text)
    new: Mapped[int] = mapped_column(Integer)
    edited: Mapped[int] = mapped_column(Integer)
    accepted: Mapped[int] = mapped_column(Integer)
    deleted: Mapped[int] = mapped_column(Integer)
