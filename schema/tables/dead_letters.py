"""Messages that were given up, filed where a person finds them: queues forget after 14 days, this table never does."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from schema.enums import DeadLetterState, Topic
from schema.tables.base import Created, Instant, Key, Reference, String, Table, one_of


class DeadLetterTable(Created, Table):
    """One message of a dead-letter queue, for one organisation that it is about; none: only the operator sees it.

    `message_id` is the queue's own, `envelope_id` ours and the same each time the message dies (of what has no
    envelope, a hash). `reason` is a stable code, `error` a sentence. `died_at` is when a worker gave it up, or when it
    was filed if none said so; `sent_at` is when it was sent first, as far as that is known.
    """

    __tablename__ = "dead_letter"
    __table_args__ = (
        UniqueConstraint("queue", "message_id", "organisation_id", postgresql_nulls_not_distinct=True),
        # With what lists filter by, so that a page is chosen in the index alone.
        Index(
            "ix_dead_letter_waiting",
            "organisation_id",
            "id",
            postgresql_include=["queue", "reason"],
            postgresql_where=text("state = 'dead'"),
        ),
        Index("ix_dead_letter_organisation", "organisation_id", "id", postgresql_include=["queue", "reason", "state"]),
        Index("ix_dead_letter_envelope", "envelope_id"),
        one_of("queue", Topic),
        one_of("state", DeadLetterState),
    )

    id: Mapped[Key]
    organisation_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    queue: Mapped[String]
    message_id: Mapped[String]
    envelope_id: Mapped[String | None]
    kind: Mapped[String]
    body: Mapped[String]
    reason: Mapped[String]
    error: Mapped[String | None]
    attempts: Mapped[int] = mapped_column(SmallInteger)
    trace_id: Mapped[UUID | None]
    sent_at: Mapped[Instant]
    died_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(Text, server_default="dead")
    settled_at: Mapped[Instant | None]
    settled_by: Mapped[Reference | None]
    note: Mapped[String | None]
