"""Core tables with their invariants, partitions, row-level security and rights.

Constraints hold what DESIGN calls invariants: nothing here may be loosened without an ADR.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PARTITIONED = ("lease", "annotation", "work_time")
PARTITION_SIZE = 25_000_000

# USING and WITH CHECK of each table, for the role of the API and the workers. `own`: the client's rows; `data`: also
# a vendor's engaged projects; `work`: rows of people's work. A scope that is not set is NULL and matches nothing.
OWN = "client_org = app_org()"
SCOPED = "app_org() IS NOT NULL"
DATA = "(client_org = app_org() OR project_id = ANY (app_projects()))"
WORK = "(vendor_org = app_org() OR client_org = app_org())"
DO_WORK = "(vendor_org = app_org() AND (client_org = app_org() OR project_id = ANY (app_projects())))"
SEAT = (
    "(client_org = app_org() OR (project_id = ANY (app_projects()) AND (vendor_org IS NULL OR vendor_org = app_org())))"
)
ENGAGED_IMAGE = "EXISTS (SELECT FROM item i WHERE i.image_id = {} AND i.project_id = ANY (app_projects()))"

# table: (select, insert, update); a missing right is not granted at all, and nothing but a draft is ever deleted.
RIGHTS: dict[str, tuple[str | None, str | None, str | None]] = {
    "organisation": (
        "(id = app_org() OR EXISTS (SELECT FROM engagement e WHERE (e.vendor_org = organisation.id AND e.client_org ="
        " app_org()) OR (e.client_org = organisation.id AND e.vendor_org = app_org())))",
        "id = app_org()",
        None,
    ),
    "person": ("EXISTS (SELECT FROM member m WHERE m.person_id = person.id)", SCOPED, None),
    "member": ("organisation_id = app_org()", "organisation_id = app_org()", "organisation_id = app_org()"),
    "api_token": ("organisation_id = app_org()", "organisation_id = app_org()", "organisation_id = app_org()"),
    "project": ("(client_org = app_org() OR id = ANY (app_projects()))", OWN, OWN),
    "ontology_version": (DATA, OWN, None),
    "guideline_version": (DATA, OWN, None),
    "policy_version": (DATA, OWN, None),
    "class": (DATA, OWN, OWN),
    "engagement": ("(client_org = app_org() OR vendor_org = app_org())", OWN, None),
    "source": (OWN, OWN, OWN),
    "feed": (OWN, OWN, OWN),
    "blob_head": (OWN, OWN, OWN),
    "image": (f"({OWN} OR {ENGAGED_IMAGE.format('image.id')})", OWN, OWN),
    "item": (DATA, OWN, None),
    "model_version": (f"(({SCOPED} AND client_org IS NULL) OR {OWN})", OWN, None),
    "prediction": (f"({OWN} OR {ENGAGED_IMAGE.format('prediction.image_id')})", OWN, None),
    "task": (DATA, OWN, DATA),
    "lane": (DATA, f"({OWN} OR (kind = 'personal' AND project_id = ANY (app_projects())))", None),
    "lane_member": (
        "vendor_org = app_org()",
        # A client's supervisor sends work back into the personal lane of a vendor's member.
        "EXISTS (SELECT FROM lane l WHERE l.id = lane_id AND (lane_member.vendor_org = app_org()"
        " OR (l.kind = 'personal' AND l.client_org = app_org())))",
        "vendor_org = app_org()",
    ),
    "seat": (SEAT, SEAT, SEAT),
    "lease": (WORK, DO_WORK, None),
    "draft": (WORK, DO_WORK, DO_WORK),
    "annotation": (WORK, DO_WORK, None),
    "work_time": (WORK, DO_WORK, None),
    "decision": (DATA, DATA, None),
    "consensus_object": (DATA, DATA, None),
    "verdict": (WORK, DO_WORK, None),
    "release": (OWN, OWN, OWN),
    "release_shard": (OWN, OWN, None),
    "outbox": (None, SCOPED, None),
    "idempotency": ("organisation_id = app_org()", "organisation_id = app_org()", None),
    "audit_event": ("organisation_id = app_org()", "organisation_id = app_org()", None),
}

# What an UPDATE may set. Never a row's identity or party: nothing moves to another tenant, project, task or image.
UPDATE_COLUMNS = {
    "member": "role, site, team, paused_at, left_at",
    "api_token": "expires_at",
    "project": "name, ontology_version, guideline_version, policy_version, archived_at",
    "class": "retired_at",
    "source": "account, region, role_arn, verified_at, on_overwrite",
    "feed": "filled_to, filled_at, state_since, resent",
    "blob_head": "sequencer, revision, etag, deleted",
    "image": (
        "version_id, sha256, bytes, width, height, turn, content_type, state, reason, detail, duplicate_of, "
        "state_since, resent"
    ),
    "task": (
        "state, frozen, votes, submits, seats, target, started_lane, decision_id, shown_prediction_id, reason, "
        "state_since, resent"
    ),
    "lane_member": "active, cursor_key, cursor_reset_at",
    "seat": "vendor_org, lane_id, queue_key, state, member_id, lease_id, expires_at, version",
    "draft": "seat_no, sequence, objects, saved_at",
    "release": "state, manifest_sha256, prefix, images, objects, reason, state_since, resent",
}

# The relay crosses tenants on exactly these columns: it sends the outbox, lists sources and heals waiting rows.
RELAY_COLUMNS = {
    "source": ("id, client_org, bucket, prefix, verified_at, reconciled_at", "reconciled_at"),
    "feed": ("id, client_org, filled_at, state_since, resent", "state_since, resent"),
    "image": ("id, client_org, state, state_since, resent", "state, reason, detail, state_since, resent"),
    "task": (
        "id, client_org, project_id, item_id, state, state_since, submits, resent",
        "state, reason, state_since, resent",
    ),
    "seat": (
        "task_id, seat_no, client_org, project_id, state, expires_at",
        "state, member_id, vendor_org, expires_at",
    ),
    "release": ("id, client_org, state, state_since, resent", "state, reason, state_since, resent"),
}

FUNCTIONS = """
CREATE FUNCTION app_org() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT NULLIF(current_setting('plumbline.org', true), '')::bigint $$;

CREATE FUNCTION app_projects() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT NULLIF(current_setting('plumbline.projects', true), '')::bigint[] $$;
"""

# The only three ways across tenants for the app: who signs in, whose token this is, whose bucket this is.
DEFINER_FUNCTIONS = """
CREATE FUNCTION sign_in(wanted text)
RETURNS TABLE (person_id bigint, password_hash text, member_id bigint, organisation_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT p.id, p.password_hash, m.id, m.organisation_id FROM person p
   LEFT JOIN member m ON m.person_id = p.id AND m.left_at IS NULL WHERE lower(p.email) = lower(wanted) $$;

CREATE FUNCTION token_owner(wanted bytea)
RETURNS TABLE (member_id bigint, organisation_id bigint, kind text, role text, projects bigint[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT m.id, m.organisation_id, o.kind, m.role,
          ARRAY(SELECT e.project_id FROM engagement e WHERE e.vendor_org = m.organisation_id ORDER BY 1)
   FROM api_token t JOIN member m ON m.id = t.member_id JOIN organisation o ON o.id = m.organisation_id
   WHERE t.sha256 = wanted AND (t.expires_at IS NULL OR t.expires_at > now())
     AND m.left_at IS NULL AND m.paused_at IS NULL $$;

CREATE FUNCTION source_of_bucket(wanted text)
RETURNS TABLE (source_id bigint, client_org bigint, prefix text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT s.id, s.client_org, s.prefix FROM source s WHERE s.bucket = wanted AND s.verified_at IS NOT NULL
   ORDER BY s.id $$;
"""
DEFINER_READS = ("person", "member", "organisation", "api_token", "engagement", "source")


def _partitions() -> None:
    for table in PARTITIONED:
        for number in range(4):
            low, high = number * PARTITION_SIZE, (number + 1) * PARTITION_SIZE
            op.execute(f"CREATE TABLE {table}_p{number} PARTITION OF {table} FOR VALUES FROM ({low}) TO ({high})")
        op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
    op.execute("CREATE TABLE audit_event_default PARTITION OF audit_event DEFAULT")
    # The embedded PostgreSQL is built without lz4; there the documents keep the default compression.
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' "
        "AND 'lz4' = ANY (enumvals)) THEN ALTER TABLE annotation ALTER COLUMN objects SET COMPRESSION lz4; "
        "END IF; END $$"
    )


def _tenancy() -> None:
    op.execute(FUNCTIONS)
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC")
    op.execute("GRANT USAGE ON SCHEMA public TO plumbline_app, plumbline_relay")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO plumbline_app")
    for table, (select, insert, update) in RIGHTS.items():
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')
        if select:
            op.execute(f'GRANT SELECT ON "{table}" TO plumbline_app')
            op.execute(f'CREATE POLICY app_select ON "{table}" FOR SELECT TO plumbline_app USING ({select})')
        if insert:
            op.execute(f'GRANT INSERT ON "{table}" TO plumbline_app')
            op.execute(f'CREATE POLICY app_insert ON "{table}" FOR INSERT TO plumbline_app WITH CHECK ({insert})')
        if update:
            op.execute(f'GRANT UPDATE ({UPDATE_COLUMNS[table]}) ON "{table}" TO plumbline_app')
            op.execute(f'CREATE POLICY app_update ON "{table}" FOR UPDATE TO plumbline_app USING ({update})')
    op.execute("GRANT DELETE ON draft TO plumbline_app")
    op.execute(f"CREATE POLICY app_delete ON draft FOR DELETE TO plumbline_app USING ({DO_WORK})")
    # A lock on a row needs the right to update something of it.
    op.execute("GRANT SELECT, INSERT, DELETE, UPDATE (not_before) ON outbox TO plumbline_relay")
    op.execute("CREATE POLICY relay ON outbox TO plumbline_relay USING (true)")
    for table, (select, update) in RELAY_COLUMNS.items():
        op.execute(f"GRANT SELECT ({select}), UPDATE ({update}) ON {table} TO plumbline_relay")
        op.execute(f"CREATE POLICY relay_select ON {table} FOR SELECT TO plumbline_relay USING (true)")
        op.execute(f"CREATE POLICY relay_update ON {table} FOR UPDATE TO plumbline_relay USING (true)")
    for table in DEFINER_READS:
        op.execute(f"CREATE POLICY definer ON {table} FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(DEFINER_FUNCTIONS)
    for function in ("sign_in(text)", "token_owner(bytea)", "source_of_bucket(text)"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO plumbline_app")


def _built_in_models() -> None:
    op.execute("CREATE POLICY seed ON model_version FOR INSERT TO CURRENT_USER WITH CHECK (true)")
    op.execute(
        "INSERT INTO model_version (name, version, card) VALUES ('plain_background', '1', "
        """'{"kind": "proposer", "about": "objects on an even background, without any trained network"}')"""
    )
    op.execute("DROP POLICY seed ON model_version")


def upgrade() -> None:
    op.execute("CREATE SEQUENCE lease_seq")
    op.execute("CREATE SEQUENCE queue_key")
    _tables()
    _partitions()
    _tenancy()
    _built_in_models()


DROP_POLICIES = """
DO $$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP POLICY %I ON %I', p.policyname, p.tablename);
  END LOOP;
END $$
"""


def downgrade() -> None:
    op.execute(DROP_POLICIES)
    _drop_tables()
    op.execute("DROP FUNCTION sign_in(text), token_owner(bytea), source_of_bucket(text)")
    op.execute("DROP FUNCTION app_org(), app_projects()")
    op.execute("DROP SEQUENCE lease_seq, queue_key")
    op.execute("REVOKE USAGE ON SCHEMA public FROM plumbline_app, plumbline_relay")


def _tables() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("id", "at", name=op.f("pk_audit_event")),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_table(
        "idempotency",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('client', 'vendor')", name=op.f("ck_organisation_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("topic IN ('images', 'prelabel', 'decide', 'release')", name=op.f("ck_outbox_topic_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_due", "outbox", ["topic", "not_before", "id"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index("uq_person_email", "person", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "member",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('client', 'annotator', 'supervisor', 'manager', 'admin')", name=op.f("ck_member_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_member_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_member_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("id", "organisation_id", name=op.f("uq_member_id_organisation_id")),
        sa.UniqueConstraint("organisation_id", "person_id", name=op.f("uq_member_organisation_id_person_id")),
    )
    op.create_index(op.f("ix_member_person_id"), "member", ["person_id"], unique=False)
    op.create_table(
        "model_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("card", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_org"], ["organisation.id"], name=op.f("fk_model_version_client_org_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_version")),
    )
    op.create_index(
        "uq_model_version_name",
        "model_version",
        [sa.literal_column("coalesce(client_org, 0)"), "name", "version"],
        unique=True,
    )
    op.create_table(
        "project",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ontology_version", sa.Integer(), nullable=False),
        sa.Column("guideline_version", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["client_org"], ["organisation.id"], name=op.f("fk_project_client_org_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("id", "client_org", name=op.f("uq_project_id_client_org")),
    )
    op.create_index("ix_project_client_org", "project", ["client_org", "id"], unique=False)
    op.create_table(
        "source",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("role_arn", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_overwrite", sa.Text(), server_default="supersede", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["client_org"], ["organisation.id"], name=op.f("fk_source_client_org_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("client_org", "bucket", "prefix", name=op.f("uq_source_client_org_bucket_prefix")),
        sa.UniqueConstraint("id", "client_org", name=op.f("uq_source_id_client_org")),
    )
    op.create_index("ix_source_bucket", "source", ["bucket"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "organisation_id"],
            ["member.id", "member.organisation_id"],
            name=op.f("fk_api_token_member_id_organisation_id_member"),
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_api_token")),
    )
    op.create_index(op.f("ix_api_token_member_id"), "api_token", ["member_id"], unique=False)
    op.create_table(
        "blob_head",
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("sequencer", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id", "client_org"],
            ["source.id", "source.client_org"],
            name=op.f("fk_blob_head_source_id_client_org_source"),
        ),
        sa.PrimaryKeyConstraint("source_id", "key", name=op.f("pk_blob_head")),
    )
    op.create_table(
        "class",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("class_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_class_project_id_client_org_project"),
        ),
        sa.PrimaryKeyConstraint("project_id", "class_id", name=op.f("pk_class")),
    )
    op.create_table(
        "engagement",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("vendor_org", sa.BigInteger(), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_engagement_project_id_client_org_project"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_org"], ["organisation.id"], name=op.f("fk_engagement_vendor_org_organisation")
        ),
        sa.PrimaryKeyConstraint("project_id", "vendor_org", name=op.f("pk_engagement")),
    )
    op.create_index(op.f("ix_engagement_vendor_org"), "engagement", ["vendor_org"], unique=False)
    op.create_table(
        "feed",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("filter", postgresql.JSONB(), nullable=True),
        sa.Column("filled_to", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_feed_project_id_client_org_project"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id", "client_org"],
            ["source.id", "source.client_org"],
            name=op.f("fk_feed_source_id_client_org_source"),
        ),
        sa.PrimaryKeyConstraint("source_id", "project_id", name=op.f("pk_feed")),
        sa.UniqueConstraint("id", name=op.f("uq_feed_id")),
    )
    op.create_index(
        "ix_feed_filling", "feed", ["state_since"], unique=False, postgresql_where=sa.text("filled_at IS NULL")
    )
    op.create_index(op.f("ix_feed_project_id"), "feed", ["project_id"], unique=False)
    op.create_table(
        "guideline_version",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_guideline_version_project_id_client_org_project"),
        ),
        sa.PrimaryKeyConstraint("project_id", "version", name=op.f("pk_guideline_version")),
    )
    op.create_table(
        "image",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("turn", sa.SmallInteger(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("duplicate_of", sa.BigInteger(), nullable=True),
        sa.Column("state_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('received', 'ready', 'quarantined', 'superseded', 'deleted')", name=op.f("ck_image_state_known")
        ),
        sa.ForeignKeyConstraint(["client_org"], ["organisation.id"], name=op.f("fk_image_client_org_organisation")),
        sa.ForeignKeyConstraint(
            ["duplicate_of", "client_org"],
            ["image.id", "image.client_org"],
            name=op.f("fk_image_duplicate_of_client_org_image"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id", "client_org"],
            ["source.id", "source.client_org"],
            name=op.f("fk_image_source_id_client_org_source"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint("id", "client_org", name=op.f("uq_image_id_client_org")),
        sa.UniqueConstraint("source_id", "key", "revision", name=op.f("uq_image_source_id_key_revision")),
    )
    op.create_index("ix_image_client_org_sha256", "image", ["client_org", "sha256"], unique=False)
    op.create_index("ix_image_source_id", "image", ["source_id", "id"], unique=False)
    op.create_index(
        "ix_image_duplicate_of",
        "image",
        ["duplicate_of"],
        unique=False,
        postgresql_where=sa.text("duplicate_of IS NOT NULL"),
    )
    op.create_index(
        "ix_image_waiting", "image", ["state_since"], unique=False, postgresql_where=sa.text("state = 'received'")
    )
    op.create_index(
        "ix_image_not_ready",
        "image",
        ["source_id", "state", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('received', 'quarantined')"),
    )
    op.create_table(
        "lane",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("requirement_key", sa.Text(), server_default="", nullable=False),
        sa.Column("urgency", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('fresh', 'started', 'personal')", name=op.f("ck_lane_kind_known")),
        sa.CheckConstraint("stage IN ('label', 'review')", name=op.f("ck_lane_stage_known")),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_lane_project_id_client_org_project"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane")),
        sa.UniqueConstraint("id", "project_id", "client_org", name=op.f("uq_lane_id_project_id_client_org")),
        sa.UniqueConstraint(
            "project_id",
            "stage",
            "requirement_key",
            "urgency",
            "kind",
            name=op.f("uq_lane_project_id_stage_requirement_key_urgency_kind"),
        ),
    )
    op.create_table(
        "ontology_version",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_ontology_version_project_id_client_org_project"),
        ),
        sa.PrimaryKeyConstraint("project_id", "version", name=op.f("pk_ontology_version")),
    )
    op.create_table(
        "policy_version",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_policy_version_project_id_client_org_project"),
        ),
        sa.PrimaryKeyConstraint("project_id", "version", name=op.f("pk_policy_version")),
    )
    op.create_table(
        "release",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("up_to_decision_id", sa.BigInteger(), nullable=False),
        sa.Column("manifest_sha256", sa.Text(), nullable=True),
        sa.Column("prefix", sa.Text(), nullable=True),
        sa.Column("images", sa.Integer(), nullable=True),
        sa.Column("objects", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('running', 'complete', 'failed')", name=op.f("ck_release_state_known")),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_release_project_id_client_org_project"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("id", "client_org", name=op.f("uq_release_id_client_org")),
    )
    op.create_index("ix_release_project", "release", ["project_id", "id"], unique=False)
    op.create_index(
        "ix_release_running", "release", ["state_since"], unique=False, postgresql_where=sa.text("state = 'running'")
    )
    op.create_table(
        "item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("part", postgresql.JSONB(), nullable=True),
        sa.Column("part_key", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id", "client_org"], ["image.id", "image.client_org"], name=op.f("fk_item_image_id_client_org_image")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_item_project_id_client_org_project"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("project_id", "id", "client_org", name=op.f("uq_item_project_id_id_client_org")),
        sa.UniqueConstraint("project_id", "image_id", "part_key", name=op.f("uq_item_project_id_image_id_part_key")),
    )
    op.create_index("ix_item_image_id", "item", ["image_id"], unique=False)
    op.create_table(
        "lane_member",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("lane_id", sa.BigInteger(), nullable=False),
        sa.Column("vendor_org", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("cursor_key", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cursor_reset_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["lane_id"], ["lane.id"], name=op.f("fk_lane_member_lane_id_lane")),
        sa.ForeignKeyConstraint(
            ["member_id", "vendor_org"],
            ["member.id", "member.organisation_id"],
            name=op.f("fk_lane_member_member_id_vendor_org_member"),
        ),
        sa.PrimaryKeyConstraint("member_id", "lane_id", name=op.f("pk_lane_member")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("ix_lane_member_lane_id", "lane_member", ["lane_id"], unique=False)
    op.create_table(
        "prediction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("model_version_id", sa.BigInteger(), nullable=False),
        sa.Column("objects", postgresql.JSONB(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id", "client_org"],
            ["image.id", "image.client_org"],
            name=op.f("fk_prediction_image_id_client_org_image"),
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_version.id"], name=op.f("fk_prediction_model_version_id_model_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prediction")),
        sa.UniqueConstraint("image_id", "model_version_id", name=op.f("uq_prediction_image_id_model_version_id")),
    )
    op.create_table(
        "release_shard",
        sa.Column("release_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id", "client_org"],
            ["release.id", "release.client_org"],
            name=op.f("fk_release_shard_release_id_client_org_release"),
        ),
        sa.PrimaryKeyConstraint("release_id", "number", name=op.f("pk_release_shard")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), server_default="work", nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("frozen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("votes", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("submits", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("seats", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("target", sa.SmallInteger(), nullable=False),
        sa.Column("started_lane", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.Column("shown_prediction_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("state_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("purpose IN ('work', 'gold', 'audit')", name=op.f("ck_task_purpose_known")),
        sa.CheckConstraint("stage IN ('label', 'review')", name=op.f("ck_task_stage_known")),
        sa.CheckConstraint("state IN (0, 1, 2, 3, 4, 5, 6)", name=op.f("ck_task_state_known")),
        sa.CheckConstraint("votes >= 0 AND seats >= 0 AND target >= 1", name=op.f("ck_task_counts_sane")),
        sa.ForeignKeyConstraint(
            ["item_id", "project_id", "client_org"],
            ["item.id", "item.project_id", "item.client_org"],
            name=op.f("fk_task_item_id_project_id_client_org_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shown_prediction_id"], ["prediction.id"], name=op.f("fk_task_shown_prediction_id_prediction")
        ),
        sa.ForeignKeyConstraint(
            ["started_lane", "project_id", "client_org"],
            ["lane.id", "lane.project_id", "lane.client_org"],
            name=op.f("fk_task_started_lane_project_id_client_org_lane"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("project_id", "id", "client_org", name=op.f("uq_task_project_id_id_client_org")),
        sa.UniqueConstraint("item_id", "stage", "round", name=op.f("uq_task_item_id_stage_round")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index("ix_task_project_state", "task", ["project_id", "state", "id"], unique=False)
    op.create_index(
        "ix_task_waiting", "task", ["state", "state_since"], unique=False, postgresql_where=sa.text("state IN (0, 2)")
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("submits", sa.SmallInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("inputs", postgresql.JSONB(), nullable=False),
        sa.Column("parameters_version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("agreement", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('accept', 'one_more', 'review', 'send_back', 'reject')", name=op.f("ck_decision_outcome_known")
        ),
        sa.ForeignKeyConstraint(
            ["task_id", "project_id", "client_org"],
            ["task.id", "task.project_id", "task.client_org"],
            name=op.f("fk_decision_task_id_project_id_client_org_task"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("task_id", "submits", name=op.f("uq_decision_task_id_submits")),
    )
    op.create_table(
        "seat",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("seat_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("vendor_org", sa.BigInteger(), nullable=True),
        sa.Column("lane_id", sa.BigInteger(), nullable=False),
        sa.Column("queue_key", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("lease_id", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 0) = (member_id IS NULL)", name=op.f("ck_seat_free_has_no_member")),
        sa.CheckConstraint("(state = 1) = (expires_at IS NOT NULL)", name=op.f("ck_seat_leased_expires")),
        sa.CheckConstraint("state IN (0, 1, 2)", name=op.f("ck_seat_state_known")),
        sa.ForeignKeyConstraint(
            ["lane_id", "project_id", "client_org"],
            ["lane.id", "lane.project_id", "lane.client_org"],
            name=op.f("fk_seat_lane_id_project_id_client_org_lane"),
        ),
        sa.ForeignKeyConstraint(
            ["task_id", "project_id", "client_org"], ["task.id", "task.project_id", "task.client_org"], name="seat_task"
        ),
        sa.PrimaryKeyConstraint("task_id", "seat_no", name=op.f("pk_seat")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index("seat_expiry", "seat", ["expires_at"], unique=False, postgresql_where=sa.text("state = 1"))
    op.create_index(
        "seat_one_per_member",
        "seat",
        ["task_id", "member_id"],
        unique=True,
        postgresql_where=sa.text("member_id IS NOT NULL"),
    )
    op.create_index("seat_queue", "seat", ["lane_id", "queue_key"], unique=False, postgresql_where=sa.text("state = 0"))
    op.create_table(
        "consensus_object",
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("class_id", sa.SmallInteger(), nullable=False),
        sa.Column("bbox", postgresql.ARRAY(sa.Float()), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("vote_share", sa.Double(), nullable=False),
        sa.Column("class_share", sa.Double(), nullable=False),
        sa.Column("agreement_iou", sa.Double(), nullable=True),
        sa.Column("posterior", sa.Double(), nullable=True),
        sa.Column("cause", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("versions", postgresql.JSONB(), nullable=False),
        sa.Column("object", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_consensus_object_decision_id_decision")
        ),
        sa.ForeignKeyConstraint(
            ["task_id", "project_id", "client_org"],
            ["task.id", "task.project_id", "task.client_org"],
            name=op.f("fk_consensus_object_task_id_project_id_client_org_task"),
        ),
        sa.PrimaryKeyConstraint("decision_id", "id", name=op.f("pk_consensus_object")),
    )
    op.create_index("ix_consensus_object_class", "consensus_object", ["project_id", "class_id", "score"], unique=False)
    op.create_index("ix_consensus_object_task", "consensus_object", ["task_id"], unique=False)
    op.create_table(
        "draft",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("seat_no", sa.SmallInteger(), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("vendor_org", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("objects", postgresql.JSONB(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["task_id", "seat_no"], ["seat.task_id", "seat.seat_no"], name="draft_seat"),
        sa.ForeignKeyConstraint(
            ["task_id", "project_id", "client_org"],
            ["task.id", "task.project_id", "task.client_org"],
            name=op.f("fk_draft_task_id_project_id_client_org_task"),
        ),
        sa.PrimaryKeyConstraint("task_id", "member_id", name=op.f("pk_draft")),
    )
    op.create_table(
        "lease",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("seat_no", sa.SmallInteger(), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("vendor_org", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("ontology_version", sa.Integer(), nullable=True),
        sa.Column("guideline_version", sa.Integer(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("shown_prediction_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id", "project_id", "client_org"],
            ["task.id", "task.project_id", "task.client_org"],
            name=op.f("fk_lease_task_id_project_id_client_org_task"),
        ),
        sa.ForeignKeyConstraint(["task_id", "seat_no"], ["seat.task_id", "seat.seat_no"], name="lease_seat"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease")),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("ix_lease_task", "lease", ["task_id"], unique=False)
    op.create_table(
        "annotation",
        sa.Column("lease_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("vendor_org", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("seat_no", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("objects", postgresql.JSONB(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["lease_id"], ["lease.id"], name="annotation_lease"),
        sa.ForeignKeyConstraint(
            ["task_id", "project_id", "client_org"],
            ["task.id", "task.project_id", "task.client_org"],
            name=op.f("fk_annotation_task_id_project_id_client_org_task"),
        ),
        sa.PrimaryKeyConstraint("lease_id", name=op.f("pk_annotation")),
        postgresql_partition_by="RANGE (lease_id)",
    )
    op.create_index("ix_annotation_task", "annotation", ["task_id"], unique=False)
    op.create_table(
        "verdict",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("vendor_org", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("lease_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("consensus_object_id", sa.Uuid(), nullable=True),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "choice IN ('merged', 'version', 'fix', 'remove', 'send_back', 'reject')",
            name=op.f("ck_verdict_choice_known"),
        ),
        sa.ForeignKeyConstraint(["lease_id"], ["lease.id"], name=op.f("fk_verdict_lease_id_lease")),
        sa.ForeignKeyConstraint(
            ["task_id", "project_id", "client_org"],
            ["task.id", "task.project_id", "task.client_org"],
            name=op.f("fk_verdict_task_id_project_id_client_org_task"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
    )
    op.create_index("ix_verdict_task", "verdict", ["task_id"], unique=False)
    op.create_table(
        "work_time",
        sa.Column("lease_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("vendor_org", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("active_s", sa.Double(), nullable=False),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("edited", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_work_time_project_id_client_org_project"),
        ),
        sa.ForeignKeyConstraint(["lease_id"], ["lease.id"], name="work_time_lease"),
        sa.PrimaryKeyConstraint("lease_id", name=op.f("pk_work_time")),
        postgresql_partition_by="RANGE (lease_id)",
    )


def _drop_tables() -> None:
    op.drop_table("work_time")
    op.drop_index("ix_verdict_task", table_name="verdict")
    op.drop_table("verdict")
    op.drop_index("ix_annotation_task", table_name="annotation")
    op.drop_table("annotation")
    op.drop_index("ix_lease_task", table_name="lease")
    op.drop_table("lease")
    op.drop_table("draft")
    op.drop_index("ix_consensus_object_task", table_name="consensus_object")
    op.drop_index("ix_consensus_object_class", table_name="consensus_object")
    op.drop_table("consensus_object")
    op.drop_index("seat_queue", table_name="seat", postgresql_where=sa.text("state = 0"))
    op.drop_index("seat_one_per_member", table_name="seat", postgresql_where=sa.text("member_id IS NOT NULL"))
    op.drop_index("seat_expiry", table_name="seat", postgresql_where=sa.text("state = 1"))
    op.drop_table("seat")
    op.drop_table("decision")
    op.drop_index("ix_task_waiting", table_name="task", postgresql_where=sa.text("state IN (0, 2)"))
    op.drop_index("ix_task_project_state", table_name="task")
    op.drop_table("task")
    op.drop_table("release_shard")
    op.drop_table("prediction")
    op.drop_index("ix_lane_member_lane_id", table_name="lane_member")
    op.drop_table("lane_member")
    op.drop_index("ix_item_image_id", table_name="item")
    op.drop_table("item")
    op.drop_index("ix_release_running", table_name="release", postgresql_where=sa.text("state = 'running'"))
    op.drop_index("ix_release_project", table_name="release")
    op.drop_table("release")
    op.drop_table("policy_version")
    op.drop_table("ontology_version")
    op.drop_table("lane")
    op.drop_index(
        "ix_image_not_ready", table_name="image", postgresql_where=sa.text("state IN ('received', 'quarantined')")
    )
    op.drop_index("ix_image_waiting", table_name="image", postgresql_where=sa.text("state = 'received'"))
    op.drop_index("ix_image_duplicate_of", table_name="image", postgresql_where=sa.text("duplicate_of IS NOT NULL"))
    op.drop_index("ix_image_source_id", table_name="image")
    op.drop_index("ix_image_client_org_sha256", table_name="image")
    op.drop_table("image")
    op.drop_table("guideline_version")
    op.drop_index(op.f("ix_feed_project_id"), table_name="feed")
    op.drop_index("ix_feed_filling", table_name="feed")
    op.drop_table("feed")
    op.drop_index(op.f("ix_engagement_vendor_org"), table_name="engagement")
    op.drop_table("engagement")
    op.drop_table("class")
    op.drop_table("blob_head")
    op.drop_index(op.f("ix_api_token_member_id"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_index("ix_source_bucket", table_name="source")
    op.drop_table("source")
    op.drop_index("ix_project_client_org", table_name="project")
    op.drop_table("project")
    op.drop_index("uq_model_version_name", table_name="model_version")
    op.drop_table("model_version")
    op.drop_index(op.f("ix_member_person_id"), table_name="member")
    op.drop_table("member")
    op.drop_index("uq_person_email", table_name="person")
    op.drop_table("person")
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("organisation")
    op.drop_table("idempotency")
    op.drop_table("audit_event")
