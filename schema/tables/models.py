"""Model versions, how their classes become a project's, what they said of images, and runs of them over a project."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
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

from schema.enums import ChunkState, ModelOrigin, ModelState, RunPurpose, RunState
from schema.tables.base import (
    Created,
    Document,
    Documents,
    Instant,
    Key,
    Reference,
    String,
    Table,
    in_project,
    of_client,
    one_of,
)


class ModelVersionTable(Created, Table):
    """A version of something that predicts. Built-in ones belong to no client; `prefix` is where its folder lies."""

    __tablename__ = "model_version"
    __table_args__ = (
        Index("uq_model_version_name", text("coalesce(client_org, 0)"), "name", "version", unique=True),
        ForeignKeyConstraint(["upload_id", "client_org"], ["upload.id", "upload.organisation_id"]),
        one_of("origin", ModelOrigin),
        one_of("state", ModelState),
        Index("ix_model_version_client_org", "client_org", "id"),
        Index("uq_model_version_upload_id", "upload_id", unique=True),
        Index("ix_model_version_validating", "state_since", postgresql_where=text("state = 'validating'")),
    )

    id: Mapped[Key]
    client_org: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    name: Mapped[String]
    version: Mapped[String]
    card: Mapped[Document]
    origin: Mapped[str] = mapped_column(Text, server_default="import")
    state: Mapped[str] = mapped_column(Text, server_default="ready")
    reason: Mapped[String | None]
    detail: Mapped[String | None]
    upload_id: Mapped[Reference | None]
    upload_sha256: Mapped[String | None]
    prefix: Mapped[String | None]
    sha256: Mapped[String | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    licence: Mapped[str] = mapped_column(Text, server_default="")
    notes: Mapped[str] = mapped_column(Text, server_default="")
    overrides: Mapped[Document | None]
    requested_by: Mapped[Reference | None]
    state_since: Mapped[Instant] = mapped_column(server_default=func.now())
    resent: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class ModelAliasTable(Created, Table):
    """A name such as `champion` for one version of a model; null once it was taken away."""

    __tablename__ = "model_alias"

    client_org: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    alias: Mapped[str] = mapped_column(Text, primary_key=True)
    model_version_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("model_version.id"))


class ClassMappingTable(Created, Table):
    """How a model version's classes become a project's, with thresholds; immutable, equal ones are one row."""

    __tablename__ = "class_mapping"
    __table_args__ = (
        UniqueConstraint("project_id", "model_version_id", "digest"),
        UniqueConstraint("id", "project_id", "client_org"),
        in_project(),
    )

    id: Mapped[Key]
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    model_version_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("model_version.id"))
    digest: Mapped[String]
    body: Mapped[Document]
    created_by: Mapped[Reference]


class ModelOutputTable(Created, Table):
    """What a model version said of an image in its own classes, down to its floor: computed once, mapped often.

    An object's `class_id` is the model's index + 1.
    """

    __tablename__ = "model_output"
    __table_args__ = (
        of_client("image_id", "image"),
        Index("ix_model_output_newest", "model_version_id", "created_at"),
    )

    image_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    model_version_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("model_version.id"), primary_key=True)
    client_org: Mapped[Reference]
    objects: Mapped[Documents] = mapped_column(JSONB)
    took_ms: Mapped[float | None]


class PredictionTable(Created, Table):
    """What a model version says of an image in a project's classes; never mixed with human work.

    All predictions of one mapping are a prediction set. Imported labels and the built-in proposer have no mapping.
    """

    __tablename__ = "prediction"
    __table_args__ = (
        UniqueConstraint(
            "image_id", "project_id", "model_version_id", "mapping_id", postgresql_nulls_not_distinct=True
        ),
        of_client("image_id", "image"),
        in_project(),
        ForeignKeyConstraint(
            ["mapping_id", "project_id", "client_org"],
            ["class_mapping.id", "class_mapping.project_id", "class_mapping.client_org"],
        ),
        # With what a set's counts and the rows' policy need: they are read without the rows.
        Index(
            "ix_prediction_mapping",
            "mapping_id",
            "image_id",
            postgresql_include=["client_org", "project_id", "object_count"],
        ),
        Index("ix_prediction_newest", "mapping_id", "created_at", postgresql_where=text("mapping_id IS NOT NULL")),
    )

    id: Mapped[Key]
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    image_id: Mapped[Reference]
    model_version_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("model_version.id"))
    mapping_id: Mapped[Reference | None]
    objects: Mapped[Documents] = mapped_column(JSONB)
    # Whoever only counts objects need not read them.
    object_count: Mapped[int] = mapped_column(Integer, Computed("jsonb_array_length(objects)", persisted=True))
    blob: Mapped[String | None]


class ModelRunTable(Created, Table):
    """A model's run over the items of a project that a filter finds; `cursor` is the last item cut into a chunk."""

    __tablename__ = "model_run"
    __table_args__ = (
        UniqueConstraint("id", "client_org"),
        in_project(),
        ForeignKeyConstraint(
            ["mapping_id", "project_id", "client_org"],
            ["class_mapping.id", "class_mapping.project_id", "class_mapping.client_org"],
        ),
        one_of("purpose", RunPurpose),
        one_of("state", RunState),
        Index("ix_model_run_project", "project_id", "id"),
        Index("ix_model_run_running", "state_since", postgresql_where=text("state = 'running'")),
    )

    id: Mapped[Key]
    client_org: Mapped[Reference]
    project_id: Mapped[Reference]
    model_version_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("model_version.id"))
    mapping_id: Mapped[Reference]
    purpose: Mapped[String]
    name: Mapped[str] = mapped_column(Text, server_default="")
    filter: Mapped[Document]
    show: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    state: Mapped[str] = mapped_column(Text, server_default="running")
    reason: Mapped[String | None]
    cursor: Mapped[int] = mapped_column(BigInteger, server_default="0")
    is_cut: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    items: Mapped[int] = mapped_column(BigInteger, server_default="0")
    chunks: Mapped[int] = mapped_column(Integer, server_default="0")
    requested_by: Mapped[Reference]
    finished_at: Mapped[Instant | None]
    state_since: Mapped[Instant] = mapped_column(server_default=func.now())
    resent: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class ModelRunChunkTable(Created, Table):
    """Some items of a run, which one message is about, and what became of them."""

    __tablename__ = "model_run_chunk"
    __table_args__ = (
        UniqueConstraint("run_id", "number"),
        ForeignKeyConstraint(["run_id", "client_org"], ["model_run.id", "model_run.client_org"]),
        one_of("state", ChunkState),
        Index("ix_model_run_chunk_waiting", "state_since", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[Key]
    run_id: Mapped[Reference]
    number: Mapped[int] = mapped_column(Integer)
    client_org: Mapped[Reference]
    items: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    done: Mapped[int] = mapped_column(Integer, server_default="0")
    failed: Mapped[int] = mapped_column(Integer, server_default="0")
    objects: Mapped[int] = mapped_column(Integer, server_default="0")
    problems: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB)
    took_s: Mapped[float | None]
    state_since: Mapped[Instant] = mapped_column(server_default=func.now())
    resent: Mapped[int] = mapped_column(SmallInteger, server_default="0")
