"""Human work: leases, drafts, submitted annotations, time spent. Rows carry both parties."""

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Integer, SmallInteger, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from schema.enums import EndReason, SkipKind, Stage
from schema.tables.base import Created, Documents, Instant, Reference, String, Table, in_project, of_task, one_of


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
    writer: Mapped[str] = mapped_column(Text, server_default="")
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


class SkipTable(Table):
    """Work that a member would not do, and why. `due_at`: when what was left for later goes to everybody."""

    __tablename__ = "skip"
    __table_args__ = (
        ForeignKeyConstraint(["lease_id"], ["lease.id"], name="skip_lease"),
        of_task(),
        one_of("kind", SkipKind),
        Index("ix_skip_task_member", "task_id", "member_id"),
        Index("ix_skip_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_skip_project", "project_id", "at", "lease_id"),
    )

    lease_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    vendor_org: Mapped[Reference]
    task_id: Mapped[Reference]
    member_id: Mapped[Reference]
    kind: Mapped[String]
    reason: Mapped[String]
    at: Mapped[Instant] = mapped_column(server_default=func.now())
    due_at: Mapped[Instant | None]


class LeaseActivityTable(Table):
    """A lease that has not ended: when its holder was last seen at work, and how long so far. Deleted at its end."""

    __tablename__ = "lease_activity"
    __table_args__ = (
        ForeignKeyConstraint(["lease_id"], ["lease.id"], name="activity_lease"),
        of_task(),
        Index("ix_lease_activity_project", "project_id", "lease_id"),
        Index("ix_lease_activity_expired", "expired_at", postgresql_where=text("expired_at IS NOT NULL")),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    lease_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    vendor_org: Mapped[Reference]
    task_id: Mapped[Reference]
    member_id: Mapped[Reference]
    stage: Mapped[String]
    claimed_at: Mapped[Instant] = mapped_column(server_default=func.now())
    beat_at: Mapped[Instant | None]
    active_s: Mapped[float] = mapped_column(server_default="0")
    expired_at: Mapped[Instant | None]


class BoardHourTable(Table):
    """What a member did in an hour, summed from `work_time` by the relay."""

    __tablename__ = "board_hour"
    __table_args__ = (in_project(), one_of("stage", Stage), Index("ix_board_hour_member", "member_id", "hour"))

    project_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hour: Mapped[Instant] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    stage: Mapped[str] = mapped_column(Text, primary_key=True)
    client_org: Mapped[Reference]
    vendor_org: Mapped[Reference]
    submits: Mapped[int] = mapped_column(Integer, server_default="0")
    skips: Mapped[int] = mapped_column(Integer, server_default="0")
    expiries: Mapped[int] = mapped_column(Integer, server_default="0")
    releases: Mapped[int] = mapped_column(Integer, server_default="0")
    active_s: Mapped[float] = mapped_column(server_default="0")
    new: Mapped[int] = mapped_column(Integer, server_default="0")
    edited: Mapped[int] = mapped_column(Integer, server_default="0")
    accepted: Mapped[int] = mapped_column(Integer, server_default="0")
    deleted: Mapped[int] = mapped_column(Integer, server_default="0")


class FoldMarkTable(Table):
    """Up to which transaction rows are summed: all of those before it have ended, and of its own those up to a lease.

    `folded_to`: what was recorded before this time is summed.
    """

    __tablename__ = "fold_mark"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    upto: Mapped[Reference]
    lease_id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    folded_to: Mapped[Instant | None]


class WorkTimeTable(Table):
    """How long a lease was worked on, and what was done to the objects. One row a lease, written at its end."""

    __tablename__ = "work_time"
    __table_args__ = (
        ForeignKeyConstraint(["lease_id"], ["lease.id"], name="work_time_lease"),
        in_project(),
        one_of("end_reason", EndReason),
        one_of("stage", Stage),
        Index("ix_work_time_written_in", "written_in", "lease_id"),
        Index("ix_work_time_member", "member_id", "ended_at"),
        Index("ix_work_time_project", "project_id", "member_id", "ended_at"),
        {"postgresql_partition_by": "RANGE (lease_id)"},
    )

    lease_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    vendor_org: Mapped[Reference]
    member_id: Mapped[Reference]
    stage: Mapped[String]
    claimed_at: Mapped[Instant]
    # The transaction that wrote it: sums take what no transaction still running can have written.
    written_in: Mapped[Reference] = mapped_column(server_default=text("((pg_current_xact_id())::text)::bigint"))
    ended_at: Mapped[Instant] = mapped_column(server_default=func.now())
    active_s: Mapped[float]
    end_reason: Mapped[str] = mapped_column(Text)
    new: Mapped[int] = mapped_column(Integer)
    edited: Mapped[int] = mapped_column(Integer)
    accepted: Mapped[int] = mapped_column(Integer)
    deleted: Mapped[int] = mapped_column(Integer)
