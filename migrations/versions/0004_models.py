"""Models: a registry of versions with aliases, class mappings, what they said, runs, and the hidden arm of tasks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OWN = "client_org = app_org()"
DATA = "(client_org = app_org() OR project_id = ANY (app_projects()))"
ENGAGED_IMAGE = "EXISTS (SELECT FROM item i WHERE i.image_id = prediction.image_id AND i.project_id = ANY (app_projects()))"

# table: what an UPDATE may set; None: its rows never change. All are the client's own.
NEW_TABLES = {
    "model_alias": "model_version_id",
    "class_mapping": None,
    "model_output": None,
    "model_run": "state, reason, cursor, is_cut, items, chunks, finished_at, state_since, resent",
    "model_run_chunk": "state, done, failed, objects, problems, took_s, state_since, resent",
}
VERSION_COLUMNS = "card, state, reason, detail, prefix, sha256, bytes, licence, notes, state_since, resent"
RELAY_COLUMNS = {
    "model_version": ("id, client_org, state, state_since, resent", "state, reason, detail, state_since, resent"),
    "model_run": ("id, client_org, state, state_since, resent", "state, reason, state_since, resent"),
    "model_run_chunk": ("id, client_org, state, state_since, resent", "state, state_since, resent"),
}
CHECKS = {
    ("outbox", "topic"): (
        ("images", "prelabel", "decide", "release", "import", "webhook"),
        ("model", "run"),
    ),
    ("dead_letter", "queue"): (
        ("images", "prelabel", "decide", "release", "import", "webhook"),
        ("model", "run"),
    ),
    ("upload", "purpose"): (("picture", "labels"), ("model",)),
    ("notification", "kind"): (
        (
            "sent_back", "comment", "reopened", "release_ready", "release_failed", "import_ready", "import_failed",
            "guidelines",
        ),
        ("model_ready", "model_refused", "run_ready", "run_failed"),
    ),
}


def upgrade() -> None:
    for (table, column), (before, more) in CHECKS.items():
        _check(table, column, (*before, *more))
    _versions()
    _tables()
    _rights()
    _predictions()
    op.add_column("task", sa.Column("hidden_arm", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute("GRANT UPDATE (hidden_arm) ON task TO plumbline_app")
    # A project has one client: without this the planner takes both for independent, expects a tenth of a page's rows
    # and reads a whole project instead of the index that has them in order.
    op.execute("CREATE STATISTICS st_task_client (dependencies) ON project_id, client_org FROM task")


def downgrade() -> None:
    # What the new kinds stand for does not exist before; the owner is bound by row-level security too.
    bound = (*sorted({table for table, _ in CHECKS}), "upload_part", "prediction", "model_version")
    for table in bound:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.drop_constraint(op.f("fk_model_version_upload_id_client_org_upload"), "model_version")
    op.execute("DELETE FROM upload_part WHERE upload_id IN (SELECT id FROM upload WHERE purpose = 'model')")
    for (table, column), (_, more) in CHECKS.items():
        op.execute(f"DELETE FROM {table} WHERE {column} IN ({_listed(more)})")
    op.execute("DROP STATISTICS st_task_client")
    op.drop_column("task", "hidden_arm")
    op.execute("DROP POLICY app_select ON prediction")
    op.execute(
        f"CREATE POLICY app_select ON prediction FOR SELECT TO plumbline_app USING (({OWN} OR {ENGAGED_IMAGE}))"
    )
    op.drop_index("ix_prediction_newest", table_name="prediction")
    op.drop_index("ix_prediction_mapping", table_name="prediction")
    op.drop_column("prediction", "object_count")
    op.drop_constraint(
        op.f("uq_prediction_image_id_project_id_model_version_id_mapping_id"), "prediction", type_="unique"
    )
    op.drop_constraint(op.f("fk_prediction_mapping_id_project_id_client_org_class_mapping"), "prediction")
    op.drop_constraint(op.f("fk_prediction_project_id_client_org_project"), "prediction")
    op.execute("ALTER TABLE task NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE task SET shown_prediction_id = NULL WHERE shown_prediction_id IN ("
               "SELECT p.id FROM prediction p JOIN prediction q ON q.image_id = p.image_id "
               "AND q.model_version_id = p.model_version_id AND q.id < p.id)")
    op.execute("ALTER TABLE task FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM prediction p USING prediction q WHERE q.image_id = p.image_id "
               "AND q.model_version_id = p.model_version_id AND q.id < p.id")
    op.drop_column("prediction", "mapping_id")
    op.drop_column("prediction", "project_id")
    op.create_unique_constraint(
        op.f("uq_prediction_image_id_model_version_id"), "prediction", ["image_id", "model_version_id"]
    )
    for table in ("model_run_chunk", "model_run", "model_output", "class_mapping", "model_alias"):
        op.drop_table(table)
    op.execute("DROP POLICY relay_select ON model_version")
    op.execute("DROP POLICY relay_update ON model_version")
    op.execute("DROP POLICY app_update ON model_version")
    op.execute(f"REVOKE UPDATE ({VERSION_COLUMNS}) ON model_version FROM plumbline_app")
    op.drop_index("ix_model_version_validating", table_name="model_version")
    op.drop_index("uq_model_version_upload_id", table_name="model_version")
    op.drop_index("ix_model_version_client_org", table_name="model_version")
    for column in (
        "resent", "state_since", "requested_by", "overrides", "notes", "licence", "bytes", "sha256", "prefix",
        "upload_sha256", "upload_id", "detail", "reason", "state", "origin",
    ):
        op.drop_column("model_version", column)
    for (table, column), (before, _) in CHECKS.items():
        _check(table, column, before)
    for table in bound:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _check(table: str, column: str, values: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"{column} IN ({_listed(values)})")


def _versions() -> None:
    new = (
        sa.Column("origin", sa.Text(), server_default="import", nullable=False),
        sa.Column("state", sa.Text(), server_default="ready", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("upload_id", sa.BigInteger(), nullable=True),
        sa.Column("upload_sha256", sa.Text(), nullable=True),
        sa.Column("prefix", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("licence", sa.Text(), server_default="", nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("overrides", postgresql.JSONB(), nullable=True),
        sa.Column("requested_by", sa.BigInteger(), nullable=True),
        sa.Column("state_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resent", sa.SmallInteger(), server_default="0", nullable=False),
    )
    for column in new:
        op.add_column("model_version", column)
    op.execute("ALTER TABLE model_version NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE model_version SET origin = 'built_in' WHERE client_org IS NULL")
    op.execute("ALTER TABLE model_version FORCE ROW LEVEL SECURITY")
    op.create_check_constraint(
        op.f("ck_model_version_origin_known"), "model_version", "origin IN ('built_in', 'import', 'upload')"
    )
    op.create_check_constraint(
        op.f("ck_model_version_state_known"), "model_version",
        "state IN ('validating', 'ready', 'refused', 'retired')",
    )
    op.create_foreign_key(
        op.f("fk_model_version_upload_id_client_org_upload"), "model_version", "upload",
        ["upload_id", "client_org"], ["id", "organisation_id"],
    )
    op.create_index("ix_model_version_client_org", "model_version", ["client_org", "id"])
    op.create_index("uq_model_version_upload_id", "model_version", ["upload_id"], unique=True)
    op.create_index(
        "ix_model_version_validating", "model_version", ["state_since"],
        postgresql_where=sa.text("state = 'validating'"),
    )


def _tables() -> None:
    created = lambda: sa.Column(  # noqa: E731
        "created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
    since = lambda: sa.Column(  # noqa: E731
        "state_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
    resent = lambda: sa.Column("resent", sa.SmallInteger(), server_default="0", nullable=False)  # noqa: E731
    op.create_table(
        "model_alias",
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("model_version_id", sa.BigInteger(), nullable=True),
        created(),
        sa.ForeignKeyConstraint(["client_org"], ["organisation.id"], name=op.f("fk_model_alias_client_org_organisation")),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_version.id"], name=op.f("fk_model_alias_model_version_id_model_version")
        ),
        sa.PrimaryKeyConstraint("client_org", "name", "alias", name=op.f("pk_model_alias")),
    )
    op.create_table(
        "class_mapping",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("model_version_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        created(),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_version.id"], name=op.f("fk_class_mapping_model_version_id_model_version")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"], ["project.id", "project.client_org"],
            name=op.f("fk_class_mapping_project_id_client_org_project"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_mapping")),
        sa.UniqueConstraint("id", "project_id", "client_org", name=op.f("uq_class_mapping_id_project_id_client_org")),
        sa.UniqueConstraint(
            "project_id", "model_version_id", "digest", name=op.f("uq_class_mapping_project_id_model_version_id_digest")
        ),
    )
    op.create_table(
        "model_output",
        sa.Column("image_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model_version_id", sa.BigInteger(), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("objects", postgresql.JSONB(), nullable=False),
        sa.Column("took_ms", sa.Float(), nullable=True),
        created(),
        sa.ForeignKeyConstraint(
            ["image_id", "client_org"], ["image.id", "image.client_org"],
            name=op.f("fk_model_output_image_id_client_org_image"),
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_version.id"], name=op.f("fk_model_output_model_version_id_model_version")
        ),
        sa.PrimaryKeyConstraint("image_id", "model_version_id", name=op.f("pk_model_output")),
    )
    op.create_index("ix_model_output_newest", "model_output", ["model_version_id", "created_at"])
    op.create_table(
        "model_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("model_version_id", sa.BigInteger(), nullable=False),
        sa.Column("mapping_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("filter", postgresql.JSONB(), nullable=False),
        sa.Column("show", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("cursor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("is_cut", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("items", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("chunks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        since(),
        resent(),
        created(),
        sa.CheckConstraint("purpose IN ('run', 'trial')", name=op.f("ck_model_run_purpose_known")),
        sa.CheckConstraint(
            "state IN ('running', 'paused', 'complete', 'cancelled', 'failed')", name=op.f("ck_model_run_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["mapping_id", "project_id", "client_org"],
            ["class_mapping.id", "class_mapping.project_id", "class_mapping.client_org"],
            name=op.f("fk_model_run_mapping_id_project_id_client_org_class_mapping"),
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_version.id"], name=op.f("fk_model_run_model_version_id_model_version")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"], ["project.id", "project.client_org"],
            name=op.f("fk_model_run_project_id_client_org_project"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_run")),
        sa.UniqueConstraint("id", "client_org", name=op.f("uq_model_run_id_client_org")),
    )
    op.create_index("ix_model_run_project", "model_run", ["project_id", "id"])
    op.create_index(
        "ix_model_run_running", "model_run", ["state_since"], postgresql_where=sa.text("state = 'running'")
    )
    op.create_table(
        "model_run_chunk",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("objects", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=True),
        sa.Column("took_s", sa.Float(), nullable=True),
        since(),
        resent(),
        created(),
        sa.CheckConstraint("state IN ('waiting', 'paused', 'done', 'failed', 'cancelled')", name=op.f("ck_model_run_chunk_state_known")),
        sa.ForeignKeyConstraint(
            ["run_id", "client_org"], ["model_run.id", "model_run.client_org"],
            name=op.f("fk_model_run_chunk_run_id_client_org_model_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_run_chunk")),
        sa.UniqueConstraint("run_id", "number", name=op.f("uq_model_run_chunk_run_id_number")),
    )
    op.create_index(
        "ix_model_run_chunk_waiting", "model_run_chunk", ["state_since"], postgresql_where=sa.text("state = 'waiting'")
    )


def _rights() -> None:
    for table, columns in NEW_TABLES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO plumbline_app")
        op.execute(f"CREATE POLICY app_select ON {table} FOR SELECT TO plumbline_app USING ({OWN})")
        op.execute(f"CREATE POLICY app_insert ON {table} FOR INSERT TO plumbline_app WITH CHECK ({OWN})")
        if columns:
            op.execute(f"GRANT UPDATE ({columns}) ON {table} TO plumbline_app")
            op.execute(f"CREATE POLICY app_update ON {table} FOR UPDATE TO plumbline_app USING ({OWN})")
    op.execute("GRANT USAGE ON SEQUENCE class_mapping_id_seq, model_run_id_seq, model_run_chunk_id_seq TO plumbline_app")
    op.execute(f"GRANT UPDATE ({VERSION_COLUMNS}) ON model_version TO plumbline_app")
    op.execute(f"CREATE POLICY app_update ON model_version FOR UPDATE TO plumbline_app USING ({OWN})")
    for table, (select, update) in RELAY_COLUMNS.items():
        op.execute(f"GRANT SELECT ({select}), UPDATE ({update}) ON {table} TO plumbline_relay")
        op.execute(f"CREATE POLICY relay_select ON {table} FOR SELECT TO plumbline_relay USING (true)")
        op.execute(f"CREATE POLICY relay_update ON {table} FOR UPDATE TO plumbline_relay USING (true)")


def _predictions() -> None:
    op.add_column("prediction", sa.Column("project_id", sa.BigInteger(), nullable=True))
    op.add_column("prediction", sa.Column("mapping_id", sa.BigInteger(), nullable=True))
    for table in ("prediction", "task", "item"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE prediction p SET project_id = coalesce("
        "(SELECT min(t.project_id) FROM task t WHERE t.shown_prediction_id = p.id), "
        "(SELECT min(i.project_id) FROM item i WHERE i.image_id = p.image_id))"
    )
    for table in ("prediction", "task", "item"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.alter_column("prediction", "project_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_prediction_project_id_client_org_project"), "prediction", "project",
        ["project_id", "client_org"], ["id", "client_org"],
    )
    op.create_foreign_key(
        op.f("fk_prediction_mapping_id_project_id_client_org_class_mapping"), "prediction", "class_mapping",
        ["mapping_id", "project_id", "client_org"], ["id", "project_id", "client_org"],
    )
    op.drop_constraint(op.f("uq_prediction_image_id_model_version_id"), "prediction", type_="unique")
    op.create_unique_constraint(
        op.f("uq_prediction_image_id_project_id_model_version_id_mapping_id"), "prediction",
        ["image_id", "project_id", "model_version_id", "mapping_id"], postgresql_nulls_not_distinct=True,
    )
    op.add_column(
        "prediction",
        sa.Column("object_count", sa.Integer(), sa.Computed("jsonb_array_length(objects)", persisted=True), nullable=False),
    )
    op.create_index(
        "ix_prediction_mapping", "prediction", ["mapping_id", "image_id"],
        postgresql_include=["client_org", "project_id", "object_count"],
    )
    op.create_index(
        "ix_prediction_newest", "prediction", ["mapping_id", "created_at"],
        postgresql_where=sa.text("mapping_id IS NOT NULL"),
    )
    op.execute("DROP POLICY app_select ON prediction")
    op.execute(f"CREATE POLICY app_select ON prediction FOR SELECT TO plumbline_app USING ({DATA})")
