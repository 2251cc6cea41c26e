"""Doors: sign-in, invitations, inboxes, uploads, imports, comments, events and webhooks, each with its rights."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OWN = "client_org = app_org()"
SCOPED = "app_org() IS NOT NULL"
DATA = "(client_org = app_org() OR project_id = ANY (app_projects()))"
WORK = "(vendor_org = app_org() OR client_org = app_org())"
DO_WORK = "(vendor_org = app_org() AND (client_org = app_org() OR project_id = ANY (app_projects())))"
SEAT = (
    "(client_org = app_org() OR (project_id = ANY (app_projects()) AND (vendor_org IS NULL OR vendor_org = app_org())))"
)
PRIVATE = "organisation_id = app_org()"

# table: (select, insert, update); a missing right is not granted at all.
RIGHTS: dict[str, tuple[str | None, str | None, str | None]] = {
    # Before sign-in there is no scope; the keys are hashes and tell nothing.
    "sign_in_attempt": ("true", "true", "true"),
    "person_identity": (
        "EXISTS (SELECT FROM member m WHERE m.person_id = person_identity.person_id)",
        "EXISTS (SELECT FROM member m WHERE m.person_id = person_identity.person_id)",
        None,
    ),
    "preference": (PRIVATE, PRIVATE, PRIVATE),
    # Whoever sends work back or answers a remark may be of another organisation than its author.
    "notification": (PRIVATE, SCOPED, PRIVATE),
    "upload": (PRIVATE, PRIVATE, PRIVATE),
    "upload_part": (PRIVATE, PRIVATE, PRIVATE),
    "label_import": (OWN, OWN, OWN),
    "comment": (SEAT, f"({SEAT} AND {PRIVATE})", SEAT),
    "guideline_acknowledgement": (WORK, DO_WORK, None),
    "event": (DATA, DATA, OWN),
    "webhook": (PRIVATE, PRIVATE, PRIVATE),
    "webhook_delivery": (PRIVATE, PRIVATE, PRIVATE),
}
UPDATE_COLUMNS = {
    "sign_in_attempt": "failures, since, locked_until",
    "preference": "version, body",
    "notification": "read_at",
    "upload": "state, storage_id, completed_at",
    "upload_part": "etag, bytes",
    "label_import": "state, reason, cursor, counts, state_since, resent",
    "comment": "resolved_at, resolved_by",
    "event": "fanned_out_at, state_since, resent",
    "webhook": "url, secret, kinds, active, stopped_reason, failures, removed_at",
    "webhook_delivery": (
        "state, attempts, last_status, last_error, last_at, took_ms, next_at, delivered_at, state_since, resent"
    ),
}
# Rights that tables of 0001 gain. Each adds to what is granted there.
MORE_COLUMNS = {
    "organisation": "name",
    "person": "name",
    "member": "joined_at, pause_reason, leave_reason",
    "api_token": "used_at",
    "engagement": "ended_at",
    "source": "kind, events, name, checks, checked_at, reconciled_at",
    "feed": "ended_at",
    "task": "frozen_reason, agreement",
    "idempotency": "status, body",
}
MORE_POLICIES = {
    ("organisation", "UPDATE"): "id = app_org()",
    ("person", "UPDATE"): "EXISTS (SELECT FROM member m WHERE m.person_id = person.id)",
    ("engagement", "UPDATE"): OWN,
    ("idempotency", "UPDATE"): PRIVATE,
    ("idempotency", "DELETE"): f"({PRIVATE} AND expires_at < now())",
}
# The relay heals what waits in these too.
RELAY_COLUMNS = {
    "label_import": ("id, client_org, state, state_since, resent", "state, reason, state_since, resent"),
    "event": ("id, client_org, fanned_out_at, state_since, resent", "fanned_out_at, state_since, resent"),
    "webhook_delivery": (
        "id, organisation_id, state, next_at, state_since, resent",
        "state, last_error, state_since, resent",
    ),
}
# Enumerations that grew, and those of new columns.
CHECKS = {
    ("image", "state"): (
        ("received", "ready", "quarantined", "superseded", "deleted"),
        ("received", "ready", "quarantined", "superseded", "deleted", "discarded"),
    ),
    ("outbox", "topic"): (
        ("images", "prelabel", "decide", "release"),
        ("images", "prelabel", "decide", "release", "import", "webhook"),
    ),
    ("api_token", "kind"): ((), ("personal", "session", "invitation")),
    ("source", "kind"): ((), ("client", "hosted")),
    ("source", "events"): ((), ("s3", "eventbridge", "none")),
    ("release", "content"): ((), ("accepted", "votes")),
}

# Who signs in: by address, by the account at a provider, by token. And the one way to a password: through a secret
# that its owner holds, so that no organisation can set the password of a person who belongs to another one too.
FUNCTIONS = """
DROP FUNCTION sign_in(text);
CREATE FUNCTION sign_in(wanted text)
RETURNS TABLE (person_id bigint, password_hash text, linked boolean, member_id bigint, organisation_id bigint,
               organisation text, kind text, role text, joined boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT p.id, p.password_hash, EXISTS (SELECT FROM person_identity i WHERE i.person_id = p.id), m.id,
          m.organisation_id, o.name, o.kind, m.role, m.joined_at IS NOT NULL FROM person p
   LEFT JOIN member m ON m.person_id = p.id AND m.left_at IS NULL LEFT JOIN organisation o ON o.id = m.organisation_id
   WHERE lower(p.email) = lower(wanted) ORDER BY m.id $$;

CREATE FUNCTION identity_owner(wanted_issuer text, wanted_subject text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT p.email FROM person_identity i JOIN person p ON p.id = i.person_id
   WHERE i.issuer = wanted_issuer AND i.subject = wanted_subject $$;

-- An invitation sets the password only of a person who has joined no other organisation: whoever invites holds the
-- link, and would else sign in elsewhere in that person's name.
CREATE FUNCTION set_password(secret bytea, new_hash text, end_others boolean) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ WITH owner AS (
     SELECT m.person_id FROM api_token t JOIN member m ON m.id = t.member_id
     WHERE t.sha256 = secret AND (t.expires_at IS NULL OR t.expires_at > now()) AND m.left_at IS NULL
       AND (t.kind = 'session' OR (t.kind = 'invitation' AND NOT EXISTS (
         SELECT FROM member o WHERE o.person_id = m.person_id AND o.organisation_id <> m.organisation_id
         AND o.joined_at IS NOT NULL AND o.left_at IS NULL)))),
   ended AS (
     UPDATE api_token t SET expires_at = now() FROM owner JOIN member m ON m.person_id = owner.person_id
     WHERE end_others AND t.member_id = m.id AND t.sha256 <> secret AND (t.expires_at IS NULL OR t.expires_at > now())
       AND (t.kind = 'session' OR (t.kind = 'invitation' AND m.joined_at IS NOT NULL)))
   UPDATE person p SET password_hash = new_hash FROM owner WHERE p.id = owner.person_id RETURNING p.id $$;

DROP FUNCTION token_owner(bytea);
CREATE FUNCTION token_owner(wanted bytea)
RETURNS TABLE (token_id bigint, token_kind text, scopes text[], touch_due boolean, member_id bigint, person_id bigint,
               email text, name text, organisation_id bigint, organisation text, kind text, role text,
               paused_at timestamptz, pause_reason text, projects bigint[], may_set_password boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT t.id, t.kind, t.scopes, t.used_at IS NULL OR t.used_at < now() - interval '1 minute', m.id, p.id, p.email,
          p.name, o.id, o.name, o.kind, m.role, m.paused_at, m.pause_reason,
          ARRAY(SELECT e.project_id FROM engagement e
                WHERE e.vendor_org = m.organisation_id AND e.ended_at IS NULL ORDER BY 1),
          t.kind = 'session' OR (t.kind = 'invitation' AND NOT EXISTS (
            SELECT FROM member x WHERE x.person_id = m.person_id AND x.organisation_id <> m.organisation_id
            AND x.joined_at IS NOT NULL AND x.left_at IS NULL))
   FROM api_token t JOIN member m ON m.id = t.member_id JOIN organisation o ON o.id = m.organisation_id
   JOIN person p ON p.id = m.person_id
   WHERE t.sha256 = wanted AND (t.expires_at IS NULL OR t.expires_at > now()) AND m.left_at IS NULL
     AND (t.kind = 'invitation' OR m.joined_at IS NOT NULL) $$;

-- A client's supervisor sends work back to a vendor's member, whom the client does not see.
CREATE FUNCTION can_label(wanted_member bigint, wanted_project bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT EXISTS (SELECT FROM member m WHERE m.id = wanted_member AND m.left_at IS NULL AND m.joined_at IS NOT NULL
     AND m.role IN ('annotator', 'admin') AND NOT EXISTS (SELECT FROM engagement e
       WHERE e.vendor_org = m.organisation_id AND e.project_id = wanted_project AND e.ended_at IS NOT NULL)) $$;
"""
OLD_FUNCTIONS = """
DROP FUNCTION sign_in(text);
CREATE FUNCTION sign_in(wanted text)
RETURNS TABLE (person_id bigint, password_hash text, member_id bigint, organisation_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT p.id, p.password_hash, m.id, m.organisation_id FROM person p
   LEFT JOIN member m ON m.person_id = p.id AND m.left_at IS NULL WHERE lower(p.email) = lower(wanted) $$;

DROP FUNCTION identity_owner(text, text);
DROP FUNCTION set_password(bytea, text, boolean);
DROP FUNCTION can_label(bigint, bigint);

DROP FUNCTION token_owner(bytea);
CREATE FUNCTION token_owner(wanted bytea)
RETURNS TABLE (member_id bigint, organisation_id bigint, kind text, role text, projects bigint[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT m.id, m.organisation_id, o.kind, m.role,
          ARRAY(SELECT e.project_id FROM engagement e WHERE e.vendor_org = m.organisation_id ORDER BY 1)
   FROM api_token t JOIN member m ON m.id = t.member_id JOIN organisation o ON o.id = m.organisation_id
   WHERE t.sha256 = wanted AND (t.expires_at IS NULL OR t.expires_at > now())
     AND m.left_at IS NULL AND m.paused_at IS NULL $$;
"""
EXECUTE = ("sign_in(text)", "token_owner(bytea)", "identity_owner(text, text)", "set_password(bytea, text, boolean)", "can_label(bigint, bigint)")
OLD_EXECUTE = ("sign_in(text)", "token_owner(bytea)")


def upgrade() -> None:
    _tables()
    _columns()
    for (table, column), (_, values) in CHECKS.items():
        _check(table, column, values)
    _tenancy()
    op.execute(FUNCTIONS)
    _allow(EXECUTE)


def downgrade() -> None:
    op.execute(OLD_FUNCTIONS)
    _allow(OLD_EXECUTE)
    _drop_tenancy()
    for (table, column), (values, _) in CHECKS.items():
        _check(table, column, values)
    _drop_columns()
    _drop_tables()


def _check(table: str, column: str, values: tuple[str, ...]) -> None:
    name = f"ck_{table}_{column}_known"
    op.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS {name}')
    if values:
        listed = ", ".join(f"'{value}'" for value in values)
        op.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT {name} CHECK ({column} IN ({listed}))')


def _allow(functions: tuple[str, ...]) -> None:
    for function in functions:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO plumbline_app")


def _tenancy() -> None:
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
    for table, columns in MORE_COLUMNS.items():
        op.execute(f'GRANT UPDATE ({columns}) ON "{table}" TO plumbline_app')
    op.execute("GRANT DELETE ON idempotency TO plumbline_app")
    for (table, verb), using in MORE_POLICIES.items():
        op.execute(f'CREATE POLICY app_{verb.lower()} ON "{table}" FOR {verb} TO plumbline_app USING ({using})')
    for table, (select, update) in RELAY_COLUMNS.items():
        op.execute(f"GRANT SELECT ({select}), UPDATE ({update}) ON {table} TO plumbline_relay")
        op.execute(f"CREATE POLICY relay_select ON {table} FOR SELECT TO plumbline_relay USING (true)")
        op.execute(f"CREATE POLICY relay_update ON {table} FOR UPDATE TO plumbline_relay USING (true)")
    # The functions that cross tenants run as the owner, whom forced row-level security binds too.
    op.execute("CREATE POLICY definer ON person_identity FOR SELECT TO CURRENT_USER USING (true)")
    for table in ("person", "api_token"):
        op.execute(f"CREATE POLICY definer_update ON {table} FOR UPDATE TO CURRENT_USER USING (true)")


def _drop_tenancy() -> None:
    for table in ("person", "api_token"):
        op.execute(f"DROP POLICY definer_update ON {table}")
    for table, verb in MORE_POLICIES:
        op.execute(f'DROP POLICY app_{verb.lower()} ON "{table}"')
    op.execute("REVOKE DELETE ON idempotency FROM plumbline_app")
    for table, columns in MORE_COLUMNS.items():
        op.execute(f'REVOKE UPDATE ({columns}) ON "{table}" FROM plumbline_app')


def _tables() -> None:
    op.create_table(
        "sign_in_attempt",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_attempt")),
    )
    op.create_table(
        "person_identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_identity_person_id_person")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_person_identity")),
    )
    op.create_index(op.f("ix_person_identity_person_id"), "person_identity", ["person_id"], unique=False)
    op.create_table(
        "webhook",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("stopped_reason", sa.Text(), nullable=True),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_webhook_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("id", "organisation_id", name=op.f("uq_webhook_id_organisation_id")),
    )
    op.create_index("ix_webhook_organisation", "webhook", ["organisation_id", "id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fanned_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_event_project_id_client_org_project"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint(
            "aggregate", "aggregate_id", "sequence", name=op.f("uq_event_aggregate_aggregate_id_sequence")
        ),
    )
    op.create_index("ix_event_project", "event", ["project_id", "id"], unique=False)
    op.create_index(
        "ix_event_waiting", "event", ["state_since"], unique=False, postgresql_where=sa.text("fanned_out_at IS NULL")
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('sent_back', 'comment', 'reopened', 'release_ready', 'release_failed', 'import_ready', 'import_failed', 'guidelines')",
            name=op.f("ck_notification_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "organisation_id"],
            ["member.id", "member.organisation_id"],
            name=op.f("fk_notification_member_id_organisation_id_member"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
    )
    op.create_index("ix_notification_member", "notification", ["member_id", "id"], unique=False)
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["member_id", "id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "preference",
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "organisation_id"],
            ["member.id", "member.organisation_id"],
            name=op.f("fk_preference_member_id_organisation_id_member"),
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_preference")),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("part_bytes", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("storage_id", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("purpose IN ('picture', 'labels')", name=op.f("ck_upload_purpose_known")),
        sa.CheckConstraint("state IN ('open', 'complete', 'aborted')", name=op.f("ck_upload_state_known")),
        sa.ForeignKeyConstraint(
            ["member_id", "organisation_id"],
            ["member.id", "member.organisation_id"],
            name=op.f("fk_upload_member_id_organisation_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id", "organisation_id"],
            ["source.id", "source.client_org"],
            name=op.f("fk_upload_source_id_organisation_id_source"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("id", "organisation_id", name=op.f("uq_upload_id_organisation_id")),
    )
    op.create_index("ix_upload_organisation", "upload", ["organisation_id", "id"], unique=False)
    op.create_table(
        "guideline_acknowledgement",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("vendor_org", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_guideline_acknowledgement_project_id_client_org_project"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "version"],
            ["guideline_version.project_id", "guideline_version.version"],
            name="acknowledged_version",
        ),
        sa.PrimaryKeyConstraint("project_id", "version", "member_id", name=op.f("pk_guideline_acknowledgement")),
    )
    op.create_table(
        "label_import",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("upload_id", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("class_map", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("cursor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("format IN ('coco', 'yolo')", name=op.f("ck_label_import_format_known")),
        sa.CheckConstraint("mode IN ('predictions', 'accepted')", name=op.f("ck_label_import_mode_known")),
        sa.CheckConstraint("state IN ('running', 'complete', 'failed')", name=op.f("ck_label_import_state_known")),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"],
            ["project.id", "project.client_org"],
            name=op.f("fk_label_import_project_id_client_org_project"),
        ),
        sa.ForeignKeyConstraint(
            ["upload_id", "client_org"],
            ["upload.id", "upload.organisation_id"],
            name=op.f("fk_label_import_upload_id_client_org_upload"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_import")),
        sa.UniqueConstraint("id", "client_org", name=op.f("uq_label_import_id_client_org")),
    )
    op.create_index("ix_label_import_project", "label_import", ["project_id", "id"], unique=False)
    op.create_index(
        "ix_label_import_running",
        "label_import",
        ["state_since"],
        unique=False,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "upload_part",
        sa.Column("upload_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id", "organisation_id"],
            ["upload.id", "upload.organisation_id"],
            name=op.f("fk_upload_part_upload_id_organisation_id_upload"),
        ),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_upload_part")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("webhook_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("last_status", sa.SmallInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name=op.f("ck_webhook_delivery_state_known")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_webhook_delivery_event_id_event")),
        sa.ForeignKeyConstraint(
            ["webhook_id", "organisation_id"],
            ["webhook.id", "webhook.organisation_id"],
            name=op.f("fk_webhook_delivery_webhook_id_organisation_id_webhook"),
        ),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("id", name=op.f("uq_webhook_delivery_id")),
    )
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["state_since"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_webhook_delivery_webhook", "webhook_delivery", ["webhook_id", "id"], unique=False)
    op.create_table(
        "comment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("vendor_org", sa.BigInteger(), nullable=True),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(x IS NULL) = (y IS NULL)", name=op.f("ck_comment_point_whole")),
        sa.CheckConstraint(
            "role IN ('client', 'annotator', 'supervisor', 'manager', 'admin')", name=op.f("ck_comment_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id", "task_id"],
            ["comment.id", "comment.task_id"],
            name=op.f("fk_comment_parent_id_task_id_comment"),
        ),
        sa.ForeignKeyConstraint(
            ["task_id", "project_id", "client_org"],
            ["task.id", "task.project_id", "task.client_org"],
            name=op.f("fk_comment_task_id_project_id_client_org_task"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        sa.UniqueConstraint("id", "task_id", name=op.f("uq_comment_id_task_id")),
    )
    op.create_index("ix_comment_parent", "comment", ["parent_id"], unique=False)
    op.create_index("ix_comment_task", "comment", ["task_id", "id"], unique=False)
    op.create_index(
        "ix_comment_thread",
        "comment",
        ["project_id", "id"],
        unique=False,
        postgresql_where=sa.text("parent_id IS NULL"),
    )


def _columns() -> None:
    op.add_column("api_token", sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False))
    op.add_column("api_token", sa.Column("kind", sa.Text(), server_default="personal", nullable=False))
    op.add_column("api_token", sa.Column("name", sa.Text(), nullable=True))
    op.add_column(
        "api_token",
        sa.Column(
            "scopes", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{read,work,manage}'"), nullable=False
        ),
    )
    op.add_column("api_token", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))
    _image_index("'received', 'quarantined', 'discarded'")
    op.drop_index(op.f("ix_api_token_member_id"), table_name="api_token")
    op.create_index("ix_api_token_member", "api_token", ["member_id", "kind", "id"], unique=False)
    op.create_unique_constraint(op.f("uq_api_token_id"), "api_token", ["id"])
    op.add_column("audit_event", sa.Column("project_id", sa.BigInteger(), nullable=True))
    op.add_column("audit_event", sa.Column("request_id", sa.Text(), nullable=True))
    op.create_index("ix_audit_event_organisation", "audit_event", ["organisation_id", "id"], unique=False)
    op.create_index("ix_audit_event_subject", "audit_event", ["organisation_id", "subject", "id"], unique=False)
    op.add_column("engagement", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("feed", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("member", sa.Column("pause_reason", sa.Text(), nullable=True))
    op.add_column("member", sa.Column("leave_reason", sa.Text(), nullable=True))
    op.add_column(
        "member", sa.Column("joined_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=True)
    )
    op.add_column("person", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("release", sa.Column("content", sa.Text(), server_default="accepted", nullable=False))
    op.add_column("source", sa.Column("kind", sa.Text(), server_default="client", nullable=False))
    op.add_column("source", sa.Column("events", sa.Text(), server_default="s3", nullable=False))
    op.add_column("source", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("source", sa.Column("checks", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("source", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("frozen_reason", sa.Text(), nullable=True))
    op.add_column("task", sa.Column("agreement", sa.Double(), nullable=True))
    op.create_index(
        "seat_holder", "seat", ["member_id"], unique=False, postgresql_where=sa.text("state = 1")
    )
    op.create_index(
        "ix_task_opened_again",
        "task",
        ["project_id", "item_id"],
        unique=False,
        postgresql_where=sa.text("round > 1"),
    )
    op.create_index("ix_task_agreement", "task", ["project_id", "state", "agreement", "id"], unique=False)
    op.create_index("ix_task_age", "task", ["project_id", "state", "state_since", "id"], unique=False)
    op.create_index("ix_task_item", "task", ["project_id", "state", "item_id"], unique=False)
    op.create_index(
        "ix_task_frozen", "task", ["project_id", "id"], unique=False, postgresql_where=sa.text("frozen")
    )


def _image_index(states: str) -> None:
    op.execute("DROP INDEX ix_image_not_ready")
    op.execute(f"CREATE INDEX ix_image_not_ready ON image (source_id, state, id) WHERE state IN ({states})")


def _drop_columns() -> None:
    _image_index("'received', 'quarantined'")
    op.drop_index("seat_holder", table_name="seat", postgresql_where=sa.text("state = 1"))
    op.drop_index("ix_task_opened_again", table_name="task", postgresql_where=sa.text("round > 1"))
    op.drop_index("ix_task_frozen", table_name="task", postgresql_where=sa.text("frozen"))
    op.drop_index("ix_task_item", table_name="task")
    op.drop_index("ix_task_age", table_name="task")
    op.drop_index("ix_task_agreement", table_name="task")
    op.drop_column("task", "agreement")
    op.drop_column("task", "frozen_reason")
    op.drop_column("source", "checked_at")
    op.drop_column("source", "checks")
    op.drop_column("source", "name")
    op.drop_column("source", "events")
    op.drop_column("source", "kind")
    op.drop_column("release", "content")
    op.drop_column("person", "name")
    op.drop_column("member", "joined_at")
    op.drop_column("member", "leave_reason")
    op.drop_column("member", "pause_reason")
    op.drop_column("feed", "ended_at")
    op.drop_column("engagement", "ended_at")
    op.drop_index("ix_audit_event_subject", table_name="audit_event")
    op.drop_index("ix_audit_event_organisation", table_name="audit_event")
    op.drop_column("audit_event", "request_id")
    op.drop_column("audit_event", "project_id")
    op.drop_constraint(op.f("uq_api_token_id"), "api_token", type_="unique")
    op.drop_index("ix_api_token_member", table_name="api_token")
    op.create_index(op.f("ix_api_token_member_id"), "api_token", ["member_id"], unique=False)
    op.drop_column("api_token", "used_at")
    op.drop_column("api_token", "scopes")
    op.drop_column("api_token", "name")
    op.drop_column("api_token", "kind")
    op.drop_column("api_token", "id")


def _drop_tables() -> None:
    op.drop_index("ix_comment_thread", table_name="comment", postgresql_where=sa.text("parent_id IS NULL"))
    op.drop_index("ix_comment_task", table_name="comment")
    op.drop_index("ix_comment_parent", table_name="comment")
    op.drop_table("comment")
    op.drop_index("ix_webhook_delivery_webhook", table_name="webhook_delivery")
    op.drop_index(
        "ix_webhook_delivery_waiting", table_name="webhook_delivery", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_table("webhook_delivery")
    op.drop_table("upload_part")
    op.drop_index("ix_label_import_running", table_name="label_import", postgresql_where=sa.text("state = 'running'"))
    op.drop_index("ix_label_import_project", table_name="label_import")
    op.drop_table("label_import")
    op.drop_table("guideline_acknowledgement")
    op.drop_index("ix_upload_organisation", table_name="upload")
    op.drop_table("upload")
    op.drop_table("preference")
    op.drop_index("ix_notification_unread", table_name="notification", postgresql_where=sa.text("read_at IS NULL"))
    op.drop_index("ix_notification_member", table_name="notification")
    op.drop_table("notification")
    op.drop_index("ix_event_waiting", table_name="event", postgresql_where=sa.text("fanned_out_at IS NULL"))
    op.drop_index("ix_event_project", table_name="event")
    op.drop_table("event")
    op.drop_index("ix_webhook_organisation", table_name="webhook")
    op.drop_table("webhook")
    op.drop_index(op.f("ix_person_identity_person_id"), table_name="person_identity")
    op.drop_table("person_identity")
    op.drop_table("sign_in_attempt")
