"""Assignment: who may work and in which order, skips, measured time, and the boards that are summed from it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OWN = "organisation_id = app_org()"
KNOWN_PROJECT = f"({OWN} AND EXISTS (SELECT FROM project p WHERE p.id = project_id))"
WORK = "(vendor_org = app_org() OR client_org = app_org())"
DO_WORK = "(vendor_org = app_org() AND (client_org = app_org() OR project_id = ANY (app_projects())))"

# table: (select, insert, update, delete, what an UPDATE may set).
RIGHTS: dict[str, tuple[str, str | None, str | None, str | None, str]] = {
    "member_skill": (OWN, OWN, OWN, OWN, "score, low, high, noted_at"),
    "work_order": (OWN, KNOWN_PROJECT, OWN, OWN, "position"),
    "skip": (WORK, DO_WORK, None, None, ""),
    # A client that ends an engagement ends leases of the vendor's.
    "lease_activity": (WORK, DO_WORK, WORK, DO_WORK, "beat_at, active_s, expired_at"),
    "board_hour": (WORK, None, None, None, ""),
}
SUMS = ("submits", "skips", "expiries", "releases", "new", "edited", "accepted", "deleted")


def upgrade() -> None:
    op.add_column(
        "member",
        sa.Column("languages", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.execute("GRANT UPDATE (languages) ON member TO plumbline_app")
    for column in (
        sa.Column("enrolled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("barred", sa.Text(), nullable=True),
        sa.Column("capped_until", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("lane_member", column)
    op.execute("GRANT UPDATE (enrolled, barred, capped_until) ON lane_member TO plumbline_app")
    op.add_column("draft", sa.Column("writer", sa.Text(), server_default="", nullable=False))
    op.execute("GRANT UPDATE (writer) ON draft TO plumbline_app")
    _tables()
    _work_time()
    op.create_index("ix_task_gold", "task", ["project_id", "id"], postgresql_where=sa.text("purpose = 'gold'"))
    op.create_index(
        "ix_decision_review", "decision", ["project_id", "created_at", "id"],
        postgresql_where=sa.text("rule = 'review-1'"),
    )
    _rights()


def downgrade() -> None:
    op.drop_index("ix_task_gold", table_name="task")
    op.drop_index("ix_decision_review", table_name="decision")
    for table in ("fold_mark", "board_hour", "lease_activity", "skip", "work_order", "member_skill"):
        op.drop_table(table)
    op.execute("DROP POLICY relay_select ON work_time")
    op.execute("DROP POLICY relay_insert ON work_time")
    op.execute("REVOKE ALL ON work_time FROM plumbline_relay")
    op.execute("DROP POLICY relay_select ON lane")
    op.execute("REVOKE SELECT (started_lane) ON task FROM plumbline_relay")
    op.execute("REVOKE SELECT (id, client_org, project_id, stage, kind, requirement_key, urgency) ON lane FROM plumbline_relay")
    op.execute("REVOKE SELECT (lease_id, lane_id), UPDATE (lane_id) ON seat FROM plumbline_relay")
    for index in ("ix_work_time_project", "ix_work_time_member", "ix_work_time_written_in"):
        op.drop_index(index, table_name="work_time")
    for name in ("ck_work_time_stage_known", "ck_work_time_end_reason_known"):
        op.drop_constraint(op.f(name), "work_time", type_="check")
    for column in ("written_in", "claimed_at", "stage", "member_id"):
        op.drop_column("work_time", column)
    op.drop_column("draft", "writer")
    for column in ("capped_until", "barred", "enrolled"):
        op.drop_column("lane_member", column)
    op.drop_column("member", "languages")


def _created() -> sa.Column[sa.DateTime]:
    return sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _parties() -> tuple[sa.Column[int], ...]:
    return tuple(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("client_org", "project_id", "vendor_org"))


def _of_task(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["task_id", "project_id", "client_org"],
        ["task.id", "task.project_id", "task.client_org"],
        name=op.f(f"fk_{table}_task_id_project_id_client_org_task"),
    )


def _tables() -> None:
    now = sa.text("now()")
    op.create_table(
        "member_skill",
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        _created(),
        sa.CheckConstraint(
            "0 <= low AND low <= score AND score <= high AND high <= 1", name=op.f("ck_member_skill_bounds_sane")
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "organisation_id"], ["member.id", "member.organisation_id"],
            name=op.f("fk_member_skill_member_id_organisation_id_member"),
        ),
        sa.PrimaryKeyConstraint("member_id", "skill", name=op.f("pk_member_skill")),
    )
    op.create_table(
        "work_order",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        _created(),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_work_order_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_work_order_project_id_project")),
        sa.PrimaryKeyConstraint("organisation_id", "project_id", name=op.f("pk_work_order")),
    )
    op.create_table(
        "skip",
        sa.Column("lease_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *_parties(),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('later', 'others', 'unlabelable')", name=op.f("ck_skip_kind_known")),
        sa.ForeignKeyConstraint(["lease_id"], ["lease.id"], name="skip_lease"),
        _of_task("skip"),
        sa.PrimaryKeyConstraint("lease_id", name=op.f("pk_skip")),
    )
    op.create_index("ix_skip_task_member", "skip", ["task_id", "member_id"])
    op.create_index("ix_skip_due", "skip", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index("ix_skip_project", "skip", ["project_id", "at", "lease_id"])
    op.create_table(
        "lease_activity",
        sa.Column("lease_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *_parties(),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active_s", sa.Float(), server_default="0", nullable=False),
        sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["lease_id"], ["lease.id"], name="activity_lease"),
        _of_task("lease_activity"),
        sa.PrimaryKeyConstraint("lease_id", name=op.f("pk_lease_activity")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("ix_lease_activity_project", "lease_activity", ["project_id", "lease_id"])
    op.create_index(
        "ix_lease_activity_expired", "lease_activity", ["expired_at"],
        postgresql_where=sa.text("expired_at IS NOT NULL"),
    )
    op.create_table(
        "board_hour",
        sa.Column("project_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("client_org", sa.BigInteger(), nullable=False),
        sa.Column("vendor_org", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in SUMS),
        sa.Column("active_s", sa.Float(), server_default="0", nullable=False),
        sa.CheckConstraint("stage IN ('label', 'review')", name=op.f("ck_board_hour_stage_known")),
        sa.ForeignKeyConstraint(
            ["project_id", "client_org"], ["project.id", "project.client_org"],
            name=op.f("fk_board_hour_project_id_client_org_project"),
        ),
        sa.PrimaryKeyConstraint("project_id", "hour", "member_id", "stage", name=op.f("pk_board_hour")),
    )
    op.create_index("ix_board_hour_member", "board_hour", ["member_id", "hour"])
    op.create_table(
        "fold_mark",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("lease_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("folded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_fold_mark")),
    )
    op.execute("INSERT INTO fold_mark (name, upto) VALUES ('board', 0)")


def _work_time() -> None:
    """Nothing wrote rows of it before."""
    op.add_column("work_time", sa.Column("member_id", sa.BigInteger(), nullable=False))
    op.add_column("work_time", sa.Column("stage", sa.Text(), nullable=False))
    op.add_column("work_time", sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False))
    written_in = sa.text("((pg_current_xact_id())::text)::bigint")
    op.add_column("work_time", sa.Column("written_in", sa.BigInteger(), server_default=written_in, nullable=False))
    op.create_check_constraint(
        op.f("ck_work_time_end_reason_known"), "work_time",
        "end_reason IN ('submitted', 'later', 'others', 'unlabelable', 'released', 'expired', 'taken_back')",
    )
    op.create_check_constraint(op.f("ck_work_time_stage_known"), "work_time", "stage IN ('label', 'review')")
    op.create_index("ix_work_time_written_in", "work_time", ["written_in", "lease_id"])
    op.create_index("ix_work_time_member", "work_time", ["member_id", "ended_at"])
    op.create_index("ix_work_time_project", "work_time", ["project_id", "member_id", "ended_at"])


def _rights() -> None:
    for table, (select, insert, update, delete, columns) in RIGHTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT ON {table} TO plumbline_app")
        op.execute(f"CREATE POLICY app_select ON {table} FOR SELECT TO plumbline_app USING ({select})")
        if insert:
            op.execute(f"GRANT INSERT ON {table} TO plumbline_app")
            op.execute(f"CREATE POLICY app_insert ON {table} FOR INSERT TO plumbline_app WITH CHECK ({insert})")
        if update:
            op.execute(f"GRANT UPDATE ({columns}) ON {table} TO plumbline_app")
            op.execute(f"CREATE POLICY app_update ON {table} FOR UPDATE TO plumbline_app USING ({update})")
        if delete:
            op.execute(f"GRANT DELETE ON {table} TO plumbline_app")
            op.execute(f"CREATE POLICY app_delete ON {table} FOR DELETE TO plumbline_app USING ({delete})")
    # The relay folds what ended into the boards, and ends leases that ran out and that nobody came back to.
    op.execute("ALTER TABLE fold_mark ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, UPDATE (upto, lease_id, folded_to) ON fold_mark TO plumbline_relay")
    # Everybody may know how fresh the boards are.
    op.execute("GRANT SELECT ON fold_mark TO plumbline_app")
    op.execute("CREATE POLICY app_select ON fold_mark FOR SELECT TO plumbline_app USING (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE (" + ", ".join((*SUMS, "active_s")) + ") ON board_hour TO plumbline_relay")
    op.execute("GRANT SELECT, INSERT ON work_time TO plumbline_relay")
    op.execute("GRANT SELECT, DELETE, UPDATE (expired_at) ON lease_activity TO plumbline_relay")
    # It gives work that was left for later to everybody once its time is over.
    op.execute("GRANT SELECT (lease_id, client_org, task_id, member_id, due_at), UPDATE (due_at) ON skip TO plumbline_relay")
    op.execute("GRANT SELECT (lease_id, lane_id), UPDATE (lane_id) ON seat TO plumbline_relay")
    op.execute("GRANT SELECT (id, client_org, project_id, stage, kind, requirement_key, urgency) ON lane TO plumbline_relay")
    op.execute("GRANT SELECT (started_lane) ON task TO plumbline_relay")
    op.execute("CREATE POLICY relay_select ON lane FOR SELECT TO plumbline_relay USING (true)")
    for table in ("fold_mark", "board_hour", "lease_activity", "skip"):
        op.execute(f"CREATE POLICY relay ON {table} TO plumbline_relay USING (true)")
    op.execute("CREATE POLICY relay_select ON work_time FOR SELECT TO plumbline_relay USING (true)")
    op.execute("CREATE POLICY relay_insert ON work_time FOR INSERT TO plumbline_relay WITH CHECK (true)")
