"""What people say to each other about a task."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from schema.enums import Role
from schema.tables.base import Created, Instant, Key, Reference, String, Table, of_task, one_of


class CommentTable(Created, Table):
    """A remark pinned to a task, an object or a point (px), or a reply to one. `vendor_org` null: for all vendors.

    `role` is what its author was then: annotators must not read each other.
    """

    __tablename__ = "comment"
    __table_args__ = (
        of_task(),
        UniqueConstraint("id", "task_id"),
        ForeignKeyConstraint(["parent_id", "task_id"], ["comment.id", "comment.task_id"]),
        CheckConstraint("(x IS NULL) = (y IS NULL)", name="point_whole"),
        Index("ix_comment_task", "task_id", "id"),
        Index("ix_comment_parent", "parent_id"),
        Index("ix_comment_thread", "project_id", "id", postgresql_where=text("parent_id IS NULL")),
        one_of("role", Role),
    )

    id: Mapped[Key]
    client_org: Mapped[Reference]
    vendor_org: Mapped[Reference | None]
    project_id: Mapped[Reference]
    task_id: Mapped[Reference]
    parent_id: Mapped[Reference | None]
    object_id: Mapped[UUID | None] = mapped_column(Uuid)
    x: Mapped[float | None]
    y: Mapped[float | None]
    organisation_id: Mapped[Reference]
    member_id: Mapped[Reference]
    role: Mapped[String]
    body: Mapped[String]
    resolved_at: Mapped[Instant | None]
    resolved_by: Mapped[Reference | None]
