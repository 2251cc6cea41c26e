"""What happened, as other systems are told: events in sequence, subscriptions, deliveries."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from schema.enums import DeliveryState
from schema.tables.base import Created, Document, Instant, Key, Reference, String, Table, in_project, one_of


class EventTable(Created, Table):
    """Something that happened to an aggregate, numbered per aggregate; append-only but for its fan-out."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("aggregate", "aggregate_id", "sequence"),
        in_project(),
        Index("ix_event_project", "project_id", "id"),
        Index("ix_event_waiting", "state_since", postgresql_where=text("fanned_out_at IS NULL")),
    )

    id: Mapped[Key]
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    kind: Mapped[String]
    aggregate: Mapped[String]
    aggregate_id: Mapped[Reference]
    sequence: Mapped[int] = mapped_column(Integer)
    body: Mapped[Document] = mapped_column(JSONB)
    fanned_out_at: Mapped[Instant | None]
    state_since: Mapped[Instant] = mapped_column(server_default=func.now())
    resent: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class WebhookTable(Created, Table):
    """A subscription of an organisation: where to, what about, and the secret that signs it."""

    __tablename__ = "webhook"
    __table_args__ = (
        UniqueConstraint("id", "organisation_id"),
        Index("ix_webhook_organisation", "organisation_id", "id"),
    )

    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    project_id: Mapped[Reference | None]
    url: Mapped[String]
    secret: Mapped[String]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    stopped_reason: Mapped[String | None]
    failures: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    removed_at: Mapped[Instant | None]
    created_by: Mapped[Reference]


class WebhookDeliveryTable(Created, Table):
    """One event on its way to one subscription."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("id"),
        ForeignKeyConstraint(["webhook_id", "organisation_id"], ["webhook.id", "webhook.organisation_id"]),
        one_of("state", DeliveryState),
        Index("ix_webhook_delivery_webhook", "webhook_id", "id"),
        Index("ix_webhook_delivery_waiting", "state_since", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity())
    webhook_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("event.id"), primary_key=True)
    organisation_id: Mapped[Reference]
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    last_status: Mapped[int | None] = mapped_column(SmallInteger)
    last_error: Mapped[String | None]
    last_at: Mapped[Instant | None]
    took_ms: Mapped[int | None] = mapped_column(Integer)
    next_at: Mapped[Instant] = mapped_column(server_default=func.now())
    delivered_at: Mapped[Instant | None]
    state_since: Mapped[Instant] = mapped_column(server_default=func.now())
    resent: Mapped[int] = mapped_column(SmallInteger, server_default="0")
