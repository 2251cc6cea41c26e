"""Tasks, the lanes their free seats lie in, who may draw from a lane, and the seats themselves."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Sequence,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from schema.enums import LaneKind, Purpose, SeatState, Stage, TaskState
from schema.tables.base import (
    Created,
    Instant,
    Key,
    Reference,
    Small,
    String,
    Table,
    in_project,
    metadata,
    of_lane,
    of_member,
    one_of,
)

lease_seq = Sequence("lease_seq", metadata=metadata)
queue_key_seq = Sequence("queue_key", metadata=metadata)


class TaskTable(Created, Table):
    """One stage of work on one item. `submits` counts every change of its answers; a decision is about one count."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("item_id", "stage", "round"),
        UniqueConstraint("project_id", "id", "client_org"),  # for foreign keys, and to page through a project
        ForeignKeyConstraint(
            ["item_id", "project_id", "client_org"], ["item.id", "item.project_id", "item.client_org"]
        ),
        of_lane("started_lane"),
        Index("ix_task_project_state", "project_id", "state", "id"),
        Index("ix_task_waiting", "state", "state_since", postgresql_where=text("state IN (0, 2)")),
        Index("ix_task_agreement", "project_id", "state", "agreement", "id"),
        Index("ix_task_age", "project_id", "state", "state_since", "id"),
        Index("ix_task_item", "project_id", "state", "item_id"),
        Index("ix_task_opened_again", "project_id", "item_id", postgresql_where=text("round > 1")),
        Index("ix_task_gold", "project_id", "id", postgresql_where=text("purpose = 'gold'")),
        Index("ix_task_frozen", "project_id", "id", postgresql_where=text("frozen")),
        one_of("state", TaskState),
        one_of("stage", Stage),
        one_of("purpose", Purpose),
        CheckConstraint("votes >= 0 AND seats >= 0 AND target >= 1", name="counts_sane"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: Mapped[Key]
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    item_id: Mapped[Reference]
    stage: Mapped[String]
    round: Mapped[Small]
    purpose: Mapped[str] = mapped_column(Text, server_default="work")
    state: Mapped[Small]
    frozen: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    votes: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    submits: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    seats: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    target: Mapped[Small]
    started_lane: Mapped[Reference]
    decision_id: Mapped[int | None] = mapped_column(BigInteger)
    shown_prediction_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("prediction.id"))
    hidden_arm: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    reason: Mapped[String | None]
    frozen_reason: Mapped[String | None]
    agreement: Mapped[float | None]
    trace_id: Mapped[UUID | None]
    state_since: Mapped[Instant] = mapped_column(server_default=func.now())
    resent: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class LaneTable(Created, Table):
    """Where free seats of one kind lie. Lower `rank` is served first."""

    __tablename__ = "lane"
    __table_args__ = (
        UniqueConstraint("project_id", "stage", "requirement_key", "urgency", "kind"),
        UniqueConstraint("id", "project_id", "client_org"),
        in_project(),
        one_of("kind", LaneKind),
        one_of("stage", Stage),
    )

    id: Mapped[Key]
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    stage: Mapped[String]
    requirement_key: Mapped[str] = mapped_column(Text, server_default="")
    urgency: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    kind: Mapped[String]
    rank: Mapped[Small]


class LaneMemberTable(Created, Table):
    """Who may draw from a lane, and how far this member has looked into it.

    `active` is what counts: enrolled, and not barred by a condition of the project's policy, which `barred` names.
    """

    __tablename__ = "lane_member"
    __table_args__ = (
        of_member("vendor_org"),
        Index("ix_lane_member_lane_id", "lane_id"),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    member_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    lane_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("lane.id"), primary_key=True)
    vendor_org: Mapped[Reference]
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    enrolled: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    barred: Mapped[String | None]
    capped_until: Mapped[Instant | None]
    cursor_key: Mapped[int] = mapped_column(BigInteger, server_default="0")
    cursor_reset_at: Mapped[Instant] = mapped_column(server_default=func.now())


class SeatTable(Created, Table):
    """One numbered place on a task. The seat rows are the overlap target; nothing counts."""

    __tablename__ = "seat"
    __table_args__ = (
        ForeignKeyConstraint(
            ["task_id", "project_id", "client_org"], ["task.id", "task.project_id", "task.client_org"], name="seat_task"
        ),
        of_lane("lane_id"),
        CheckConstraint("(state = 0) = (member_id IS NULL)", name="free_has_no_member"),
        CheckConstraint("(state = 1) = (expires_at IS NOT NULL)", name="leased_expires"),
        one_of("state", SeatState),
        Index(
            "seat_one_per_member", "task_id", "member_id", unique=True, postgresql_where=text("member_id IS NOT NULL")
        ),
        Index("seat_queue", "lane_id", "queue_key", postgresql_where=text("state = 0")),
        Index("seat_holder", "member_id", postgresql_where=text("state = 1")),
        Index("seat_expiry", "expires_at", postgresql_where=text("state = 1")),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    task_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    seat_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    vendor_org: Mapped[Reference | None]
    lane_id: Mapped[Reference]
    queue_key: Mapped[Reference]
    state: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    member_id: Mapped[Reference | None]
    lease_id: Mapped[Reference | None]
    expires_at: Mapped[Instant | None]
    version: Mapped[int] = mapped_column(SmallInteger, server_default="1")
