"""Sources, the newest known state of their keys, images, and what is labelled in them."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from schema.enums import ImageState, SourceEvents, SourceKind
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
    one_of,
)


class SourceTable(Created, Table):
    """A bucket and prefix of a client. No key of theirs is stored: a role and an external id that we made.

    While its listing is under way, `listing_began_at` is set, `listing_after` is the last key that was compared (none
    yet: null), until `listing_held_until` it is one process' business, and `listing_withheld` of its keys were refused.
    `listing_failed_at` and `listing_error` tell of the last failure, until a listing ends well.
    """

    __tablename__ = "source"
    __table_args__ = (
        UniqueConstraint("client_org", "bucket", "prefix"),
        UniqueConstraint("id", "client_org"),
        Index("ix_source_bucket", "bucket"),
        one_of("kind", SourceKind),
        one_of("events", SourceEvents),
    )

    id: Mapped[Key]
    client_org: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    bucket: Mapped[String]
    prefix: Mapped[str] = mapped_column(Text, server_default="")
    account: Mapped[String | None]
    region: Mapped[String | None]
    role_arn: Mapped[String | None]
    external_id: Mapped[String]
    nonce: Mapped[String]
    verified_at: Mapped[Instant | None]
    reconciled_at: Mapped[Instant | None]
    listing_began_at: Mapped[Instant | None]
    listing_after: Mapped[str | None] = mapped_column(Text(collation="C"))
    listing_held_until: Mapped[Instant | None]
    listing_withheld: Mapped[int] = mapped_column(BigInteger, server_default="0")
    listing_failed_at: Mapped[Instant | None]
    listing_error: Mapped[String | None]
    on_overwrite: Mapped[str] = mapped_column(Text, server_default="supersede")
    kind: Mapped[str] = mapped_column(Text, server_default="client")
    events: Mapped[str] = mapped_column(Text, server_default="s3")
    name: Mapped[String | None]
    checks: Mapped[Document | None]
    checked_at: Mapped[Instant | None]


class FeedTable(Created, Table):
    """A source's connection to a project; one bucket may feed several.

    It waits (`filled_at` is null) until every image that was ready before it has its item; `filled_to` is how far.
    """

    __tablename__ = "feed"
    __table_args__ = (
        of_client("source_id", "source"),
        in_project(),
        UniqueConstraint("id"),
        Index("ix_feed_filling", "state_since", postgresql_where=text("filled_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity())

    source_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    project_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    client_org: Mapped[Reference]
    filter: Mapped[Document | None]
    filled_to: Mapped[int] = mapped_column(BigInteger, server_default="0")
    filled_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    state_since: Mapped[Instant] = mapped_column(server_default=func.now())
    resent: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class BlobHeadTable(Created, Table):
    """The newest known state of one key of a source. Keys sort by bytes, as S3 lists them."""

    __tablename__ = "blob_head"
    __table_args__ = (of_client("source_id", "source"),)

    source_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    client_org: Mapped[Reference]
    sequencer: Mapped[String]
    revision: Mapped[String]
    etag: Mapped[String]
    deleted: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class ImageTable(Created, Table):
    """One revision of a key as the client's image. `state_since` and `resent` belong to the state sweep."""

    __tablename__ = "image"
    __table_args__ = (
        UniqueConstraint("source_id", "key", "revision"),
        UniqueConstraint("id", "client_org"),
        of_client("source_id", "source"),
        of_client("duplicate_of", "image"),
        Index("ix_image_client_org_sha256", "client_org", "sha256"),
        Index("ix_image_source_id", "source_id", "id"),
        Index("ix_image_duplicate_of", "duplicate_of", postgresql_where=text("duplicate_of IS NOT NULL")),
        Index("ix_image_waiting", "state_since", postgresql_where=text("state = 'received'")),
        Index(
            "ix_image_not_ready",
            "source_id",
            "state",
            "id",
            postgresql_where=text("state IN ('received', 'quarantined', 'discarded')"),
        ),
        one_of("state", ImageState),
    )

    id: Mapped[Key]
    client_org: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    source_id: Mapped[Reference]
    key: Mapped[String]
    revision: Mapped[String]
    version_id: Mapped[String | None]
    sha256: Mapped[String | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    turn: Mapped[Small | None]
    content_type: Mapped[String | None]
    state: Mapped[String]
    reason: Mapped[String | None]
    detail: Mapped[String | None]
    duplicate_of: Mapped[Reference | None]
    trace_id: Mapped[UUID | None]
    state_since: Mapped[Instant] = mapped_column(server_default=func.now())
    resent: Mapped[Small] = mapped_column(SmallInteger, server_default="0")


class ItemTable(Created, Table):
    """What is labelled in a project: an image now; later a frame range, a tile, a group."""

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("project_id", "image_id", "part_key"),
        UniqueConstraint("project_id", "id", "client_org"),  # for foreign keys, and to page through a project
        of_client("image_id", "image"),
        Index("ix_item_image_id", "image_id"),
        in_project(),
    )

    id: Mapped[Key]
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    image_id: Mapped[Reference]
    part: Mapped[Document | None]
    part_key: Mapped[str] = mapped_column(Text, server_default="")
