"""Files on their way in: uploads in parts, and the labels that are read from them."""

from sqlalchemy import (
    BigInteger,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from schema.enums import ImportFormat, ImportMode, ImportState, UploadPurpose, UploadState
from schema.tables.base import (
    Created,
    Document,
    Instant,
    Key,
    Reference,
    String,
    Table,
    in_project,
    of_member,
    one_of,
)


class UploadTable(Created, Table):
    """One file that a member sends in parts; `storage_id` is S3's id of the unfinished upload."""

    __tablename__ = "upload"
    __table_args__ = (
        of_member("organisation_id"),
        UniqueConstraint("id", "organisation_id"),
        ForeignKeyConstraint(["source_id", "organisation_id"], ["source.id", "source.client_org"]),
        one_of("purpose", UploadPurpose),
        one_of("state", UploadState),
        Index("ix_upload_organisation", "organisation_id", "id"),
    )

    id: Mapped[Key]
    organisation_id: Mapped[Reference]
    member_id: Mapped[Reference]
    purpose: Mapped[String]
    state: Mapped[str] = mapped_column(Text, server_default="open")
    name: Mapped[String]
    content_type: Mapped[String]
    bytes: Mapped[int] = mapped_column(BigInteger)
    part_bytes: Mapped[int] = mapped_column(Integer)
    bucket: Mapped[String]
    key: Mapped[String]
    storage_id: Mapped[String]
    source_id: Mapped[Reference | None]
    completed_at: Mapped[Instant | None]


class UploadPartTable(Created, Table):
    """A part that S3 has."""

    __tablename__ = "upload_part"
    __table_args__ = (ForeignKeyConstraint(["upload_id", "organisation_id"], ["upload.id", "upload.organisation_id"]),)

    upload_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    organisation_id: Mapped[Reference]
    etag: Mapped[String]
    bytes: Mapped[int] = mapped_column(BigInteger)


class LabelImportTable(Created, Table):
    """Labels of another tool on their way into a project; `cursor` is how far its file was read."""

    __tablename__ = "label_import"
    __table_args__ = (
        UniqueConstraint("id", "client_org"),
        in_project(),
        ForeignKeyConstraint(["upload_id", "client_org"], ["upload.id", "upload.organisation_id"]),
        one_of("format", ImportFormat),
        one_of("mode", ImportMode),
        one_of("state", ImportState),
        Index("ix_label_import_project", "project_id", "id"),
        Index("ix_label_import_running", "state_since", postgresql_where=text("state = 'running'")),
    )

    id: Mapped[Key]
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    upload_id: Mapped[Reference]
    format: Mapped[String]
    mode: Mapped[String]
    class_map: Mapped[Document | None]
    state: Mapped[str] = mapped_column(Text, server_default="running")
    reason: Mapped[String | None]
    cursor: Mapped[int] = mapped_column(BigInteger, server_default="0")
    counts: Mapped[Document | None]
    requested_by: Mapped[Reference]
    state_since: Mapped[Instant] = mapped_column(server_default=func.now())
    resent: Mapped[int] = mapped_column(SmallInteger, server_default="0")
