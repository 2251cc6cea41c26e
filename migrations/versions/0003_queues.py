"""Queues: dead letters that people see, messages that leave as they are, traces, and listings that can be resumed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PRIVATE = "organisation_id = app_org()"
SETTLED = "state, settled_at, settled_by, note"
LISTING = (
    "listing_began_at, listing_after, listing_held_until, listing_withheld, listing_failed_at, listing_error"
)
TOPICS = "'images', 'prelabel', 'decide', 'release', 'import', 'webhook'"


def upgrade() -> None:
    for table in ("image", "task"):
        op.add_column(table, sa.Column("trace_id", sa.Uuid(), nullable=True))
        op.execute(f"GRANT SELECT (trace_id) ON {table} TO plumbline_relay")
    _listing()
    _dead_letters()
    # Last, because every claim and submit waits for this lock.
    _outbox()


# What waits on the desk or on its way back is nowhere else any more.
NOTHING_WAITS = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM dead_letter WHERE state = 'dead') OR EXISTS (SELECT FROM outbox WHERE verbatim IS NOT NULL) THEN
    RAISE EXCEPTION 'dead letters wait: re-drive or discard them, let the outbox empty, then go back';
  END IF;
END $$
"""


def downgrade() -> None:
    # The owner is bound by row-level security too, and sees nothing: it must see everything here.
    for table in ("dead_letter", "outbox"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(NOTHING_WAITS)
    op.execute("ALTER TABLE outbox FORCE ROW LEVEL SECURITY")
    op.execute("DROP POLICY relay_insert ON audit_event")
    op.execute("REVOKE INSERT ON audit_event FROM plumbline_relay")
    op.drop_table("dead_letter")
    for column in reversed(LISTING.split(", ")):
        op.drop_column("source", column)
    for table in ("task", "image"):
        op.drop_column(table, "trace_id")
    op.drop_constraint(op.f("ck_outbox_one_form"), "outbox", type_="check")
    op.alter_column("outbox", "body", nullable=False)
    op.drop_column("outbox", "trace_id")
    op.drop_column("outbox", "verbatim")


def _outbox() -> None:
    op.add_column("outbox", sa.Column("verbatim", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("trace_id", sa.Uuid(), nullable=True))
    op.alter_column("outbox", "body", nullable=True)
    op.create_check_constraint(op.f("ck_outbox_one_form"), "outbox", "num_nonnulls(body, verbatim) = 1")


def _listing() -> None:
    op.add_column("source", sa.Column("listing_began_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("source", sa.Column("listing_after", sa.Text(collation="C"), nullable=True))
    op.add_column("source", sa.Column("listing_held_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("source", sa.Column("listing_withheld", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("source", sa.Column("listing_failed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("source", sa.Column("listing_error", sa.Text(), nullable=True))
    # The relay takes a listing; its pages are written in the scope of their client.
    for role in ("plumbline_app", "plumbline_relay"):
        op.execute(f"GRANT SELECT ({LISTING}), UPDATE ({LISTING}) ON source TO {role}")


def _dead_letters() -> None:
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("envelope_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("trace_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("died_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="dead", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"queue IN ({TOPICS})", name=op.f("ck_dead_letter_queue_known")),
        sa.CheckConstraint("state IN ('dead', 'redriven', 'discarded')", name=op.f("ck_dead_letter_state_known")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_dead_letter_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
        sa.UniqueConstraint(
            "queue", "message_id", "organisation_id", name=op.f("uq_dead_letter_queue_message_id_organisation_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_dead_letter_waiting", "dead_letter", ["organisation_id", "id"], unique=False,
        postgresql_include=["queue", "reason"], postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_dead_letter_organisation", "dead_letter", ["organisation_id", "id"], unique=False,
        postgresql_include=["queue", "reason", "state"],
    )
    op.create_index("ix_dead_letter_envelope", "dead_letter", ["envelope_id"], unique=False)
    op.execute("ALTER TABLE dead_letter ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT ON dead_letter TO plumbline_app")
    op.execute(f"GRANT UPDATE ({SETTLED}) ON dead_letter TO plumbline_app")
    op.execute(f"CREATE POLICY app_select ON dead_letter FOR SELECT TO plumbline_app USING ({PRIVATE})")
    op.execute(f"CREATE POLICY app_update ON dead_letter FOR UPDATE TO plumbline_app USING ({PRIVATE})")
    # The relay files letters of all tenants, and the operator settles through it what belongs to nobody.
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({SETTLED}) ON dead_letter TO plumbline_relay")
    op.execute("CREATE POLICY relay ON dead_letter TO plumbline_relay USING (true)")
    op.execute("GRANT INSERT ON audit_event TO plumbline_relay")
    op.execute("CREATE POLICY relay_insert ON audit_event FOR INSERT TO plumbline_relay WITH CHECK (true)")
