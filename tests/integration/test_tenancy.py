"""Who may do what to whose rows: every table, every party, every verb, asked of the database itself."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from cli.launcher.bootstrap import APP, DatabaseUrls
from runtime.database import Database
from schema.tables import metadata
from tests.integration.conftest import Template
from tests.integration.tenant_rights import ASKING, CHANGES, DO_WORK, EXPECTED, MOVABLE, NOBODY, Reach
from tests.integration.tenants import (
    PARTIES,
    PROJECT_OF_A,
    PROJECT_OF_B,
    VENDOR_1,
    VENDOR_2,
    insert_copy,
    list_rows,
    list_tables,
    owner_of,
    seed,
)

CELLS = [pytest.param(table, asking, id=f"{table}-{asking}") for table in list_tables() for asking in ASKING]


@pytest.fixture(scope="module")
def seeded(template: Template) -> Iterator[DatabaseUrls]:
    with template.cloned() as urls:
        with psycopg.connect(template.admin_url(urls)) as admin:
            seed(admin)
        yield urls


@pytest.fixture(scope="module")
def session(template: Template, seeded: DatabaseUrls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(template.admin_url(seeded)) as connection:
        yield connection


@pytest.fixture
def admin(session: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A superuser's transaction that leaves nothing behind."""
    with session.transaction(force_rollback=True):
        yield session


@contextmanager
def as_app(admin: psycopg.Connection, asking: str) -> Iterator[psycopg.Connection]:
    """Be the app, in a party's scope, until the block ends."""
    admin.execute("SET LOCAL ROLE plumbline_app")
    if asking != NOBODY:
        party = PARTIES[asking]
        admin.execute(
            "SELECT set_config('plumbline.org', %s, true), set_config('plumbline.projects', %s, true)",
            (str(party.organisation_id), "{" + ",".join(map(str, party.projects)) + "}"),
        )
    yield admin
    admin.execute("RESET ROLE")


def refused(match: str) -> "pytest.RaisesExc[psycopg.errors.InsufficientPrivilege]":
    return pytest.raises(psycopg.errors.InsufficientPrivilege, match=match)


def names(table: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    return sorted(owner_of(table, row) for row in rows)


def expected(reach: Reach, asking: str) -> list[str]:
    return sorted(reach.get(asking, "").split())


def test_every_table_has_its_expectation() -> None:
    assert sorted(EXPECTED) == list_tables()
    assert sorted(CHANGES) == sorted(table for table, rights in EXPECTED.items() if rights.update)


@pytest.mark.parametrize(("table", "asking"), CELLS)
def test_a_party_reads_exactly_its_rows(admin: psycopg.Connection, table: str, asking: str) -> None:
    reach = EXPECTED[table].select
    if reach is None:
        with refused("permission denied for table"), as_app(admin, asking):
            list_rows(admin, table)
        return
    with as_app(admin, asking):
        seen = list_rows(admin, table)
    assert names(table, seen) == expected(reach, asking)


@pytest.mark.parametrize(("table", "asking"), CELLS)
def test_a_party_inserts_only_rows_of_its_own(admin: psycopg.Connection, table: str, asking: str) -> None:
    reach = EXPECTED[table].insert
    accepted = []
    rows = list_rows(admin, table)
    assert rows, f"{table} has no row to try"
    if reach is None:
        with refused("permission denied for table"), as_app(admin, asking):
            insert_copy(admin, table, rows[0])
        return
    for row in rows:
        with (
            pytest.raises((psycopg.errors.UniqueViolation, psycopg.errors.InsufficientPrivilege)) as met,
            admin.transaction(),
            as_app(admin, asking),
        ):
            insert_copy(admin, table, row)
        if met.type is psycopg.errors.UniqueViolation:
            accepted.append(row)
    assert names(table, accepted) == expected(reach, asking)


@pytest.mark.parametrize(("table", "asking"), CELLS)
def test_an_update_without_where_touches_only_the_partys_rows(
    admin: psycopg.Connection, table: str, asking: str
) -> None:
    reach = EXPECTED[table].update
    if reach is None:
        column = next(iter(metadata.tables[table].columns)).name
        statement = sql.SQL("UPDATE {} SET {} = NULL").format(sql.Identifier(table), sql.Identifier(column))
        with refused("permission denied"), as_app(admin, asking):
            admin.execute(statement)
        return
    with as_app(admin, asking):
        statement = sql.SQL("UPDATE {} SET ").format(sql.Identifier(table)) + sql.SQL(CHANGES[table])
        touched = admin.execute(statement).rowcount
    changed = list_rows(admin, table, "xmin::text = pg_current_xact_id()::xid::text")
    assert names(table, changed) == expected(reach, asking)
    assert touched == len(changed)


@pytest.mark.parametrize(("table", "asking"), CELLS)
def test_a_delete_without_where_removes_only_what_the_party_may_delete(
    admin: psycopg.Connection, table: str, asking: str
) -> None:
    reach = EXPECTED[table].delete
    statement = sql.SQL("DELETE FROM {}").format(sql.Identifier(table))
    if reach is None:
        with refused("permission denied"), as_app(admin, asking):
            admin.execute(statement)
        return
    before = names(table, list_rows(admin, table))
    with as_app(admin, asking):
        admin.execute(statement)
    for name in expected(reach, asking):
        before.remove(name)
    assert names(table, list_rows(admin, table)) == before


@pytest.mark.parametrize("table", list_tables())
def test_nobody_empties_a_table(admin: psycopg.Connection, table: str) -> None:
    with refused("permission denied for table"), as_app(admin, "A"):
        admin.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(table)))


@pytest.mark.parametrize("table", list_tables())
def test_no_update_moves_a_row_to_another_party_or_parent(admin: psycopg.Connection, table: str) -> None:
    columns = metadata.tables[table].columns
    fixed = [
        column.name
        for column in columns
        if (column.primary_key or column.foreign_keys or column.name in ("client_org", "vendor_org", "member_id"))
        and (table, column.name) not in MOVABLE
    ]
    granted = [c for c in fixed if _may_update(admin, table, c)]
    assert fixed
    assert granted == []


def _may_update(admin: psycopg.Connection, table: str, column: str) -> bool:
    row = admin.execute("SELECT has_column_privilege(%s, %s, %s, 'UPDATE')", (APP, f'"{table}"', column)).fetchone()
    return bool(row and row[0])


@pytest.mark.parametrize("table", [table for table, rights in EXPECTED.items() if rights.insert == DO_WORK])
def test_a_vendor_cannot_work_in_a_project_it_is_not_engaged_for(admin: psycopg.Connection, table: str) -> None:
    (row,) = [row for row in list_rows(admin, table) if row["project_id"] == PROJECT_OF_B]
    with refused("row-level security"), as_app(admin, "V1"):
        insert_copy(admin, table, row, vendor_org=VENDOR_1.organisation_id, member_id=VENDOR_1.member_id)


def test_a_vendor_cannot_hand_its_seat_to_another_vendor(admin: psycopg.Connection) -> None:
    with refused("row-level security"), as_app(admin, "V1"):
        admin.execute(
            "UPDATE seat SET vendor_org = %s WHERE vendor_org = %s",
            (VENDOR_2.organisation_id, VENDOR_1.organisation_id),
        )


def test_a_member_cannot_be_let_into_a_lane_that_its_organisation_does_not_see(admin: psycopg.Connection) -> None:
    with refused("row-level security"), as_app(admin, "V1"):
        admin.execute("INSERT INTO lane_member (member_id, lane_id, vendor_org) VALUES (13, 602, 3)")


def test_a_vendor_without_its_engagement_in_the_scope_keeps_only_its_own_work(admin: psycopg.Connection) -> None:
    with as_app(admin, "V1"):
        admin.execute("SELECT set_config('plumbline.projects', '{}', true)")
        seen = {table: names(table, list_rows(admin, table)) for table in ("task", "image", "seat", "annotation")}
    assert seen == {"task": [], "image": [], "seat": [], "annotation": ["A/V1"]}


def test_a_scope_ends_with_its_transaction(seeded: DatabaseUrls) -> None:
    with psycopg.connect(seeded.app) as app:
        with app.transaction():
            app.execute("SELECT set_config('plumbline.org', '1', true)")
            assert app.execute("SELECT count(*) FROM task").fetchone() == (1,)
        # The setting is now an empty string, not NULL.
        assert app.execute("SELECT count(*) FROM task").fetchone() == (0,)


def test_the_app_signed_in_for_real_meets_the_same_walls(seeded: DatabaseUrls) -> None:
    database = Database(seeded.app, pool_size=1)
    try:
        with database.begin(VENDOR_1.scope) as session:
            connection = session.connection()
            projects = connection.exec_driver_sql("SELECT id FROM project").scalars().all()
            touched = connection.exec_driver_sql("UPDATE seat SET version = version").rowcount
    finally:
        database.close()
    assert (projects, touched) == ([PROJECT_OF_A], 2)
