"""Messages that commit with the change they announce, stored answers of repeated requests, and the audit trail."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, LargeBinary, SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from schema.enums import Topic
from schema.tables.base import Created, Document, Instant, Key, Reference, Small, String, Table, one_of


class OutboxTable(Created, Table):
    """A message to be sent; its row is deleted when the queue has taken it.

    `body` leaves in an envelope, `verbatim` as it is: a dead letter on its way back. `trace_id` goes with it.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "topic", "not_before", "id"),
        one_of("topic", Topic),
        CheckConstraint("num_nonnulls(body, verbatim) = 1", name="one_form"),
    )

    id: Mapped[Key]
    topic: Mapped[String]
    key: Mapped[Reference]
    body: Mapped[Document | None]
    verbatim: Mapped[String | None]
    trace_id: Mapped[UUID | None]
    not_before: Mapped[Instant] = mapped_column(server_default=func.now())


class IdempotencyTable(Created, Table):
    """The first answer to a request that has no natural key; kept 24 hours."""

    __tablename__ = "idempotency"

    member_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    organisation_id: Mapped[Reference]
    route: Mapped[String]
    request_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[Small] = mapped_column(SmallInteger)
    body: Mapped[Document] = mapped_column(JSONB)
    expires_at: Mapped[Instant]


class AuditEventTable(Table):
    """Who changed what; append-only, by month."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_organisation", "organisation_id", "id"),
        Index("ix_audit_event_subject", "organisation_id", "subject", "id"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[Instant] = mapped_column(primary_key=True, server_default=func.now())
    organisation_id: Mapped[Reference]
    member_id: Mapped[Reference | None]
    action: Mapped[String]
    subject: Mapped[String]
    project_id: Mapped[Reference | None]
    request_id: Mapped[String | None]
    detail: Mapped[Document | None]
