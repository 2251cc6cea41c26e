"""Who may do what to whose rows: every table, every party, every verb, asked of the database itself."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql

from cli.launcher.bootstrap import APP, DatabaseUrls
from runtime.database import Database
from schema.tables import metadata
from tests.integration.conftest import Template
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

NOBODY = "nobody"
ASKING = [*PARTIES, NOBODY]

# For each party the rows it may reach, named by their parties (`tenants.owner_of`); a party not named reaches none.
Reach = dict[str, str]
# Data of a client: it and, in its engaged projects, the vendors.
DATA: Reach = {"A": "A", "B": "B", "V1": "A", "V2": "A"}
# Data that concerns only the client.
OWN: Reach = {"A": "A", "B": "B"}
# What people did: the client sees all of it, a vendor its own people's; only the people's organisation writes it.
WORK: Reach = {"A": "A/V1 A/V2", "B": "B/B", "V1": "A/V1", "V2": "A/V2"}
DO_WORK: Reach = {"B": "B/B", "V1": "A/V1", "V2": "A/V2"}
# Seats are work that also lies free.
SEATS: Reach = {"A": "A/- A/V1 A/V2", "B": "B/B", "V1": "A/- A/V1", "V2": "A/- A/V2"}
# Remarks are to one vendor or, by the client, to all.
REMARKS: Reach = {"A": "A/A/- V1/A/V1 V2/A/V2", "B": "B/B/-", "V1": "A/A/- V1/A/V1", "V2": "A/A/- V2/A/V2"}
# Nobody's rows, and everybody's.
EVERYBODY: Reach = dict.fromkeys([*PARTIES, NOBODY], "-")
# An organisation's own affairs.
PRIVATE: Reach = {name: name for name in PARTIES}


@dataclass(frozen=True, slots=True)
class Rights:
    """What each party reaches by each verb; None: the verb is granted to nobody."""

    select: Reach | None
    insert: Reach | None
    update: Reach | None
    delete: Reach | None = None


EXPECTED = {
    "organisation": Rights(
        select={"A": "A V1 V2", "B": "B", "V1": "A V1", "V2": "A V2", "V3": "V3"}, insert=PRIVATE, update=PRIVATE
    ),
    # Who a person is shows in membership alone; sign-in looks addresses up through its own function.
    "person": Rights(select=PRIVATE, insert=dict.fromkeys(PARTIES, "A B V1 V2 V3"), update=PRIVATE),
    "person_identity": Rights(PRIVATE, PRIVATE, None),
    # Its keys are hashes; whoever signs in has no scope yet.
    "sign_in_attempt": Rights(EVERYBODY, EVERYBODY, EVERYBODY),
    "preference": Rights(PRIVATE, PRIVATE, PRIVATE),
    "notification": Rights(PRIVATE, insert=dict.fromkeys(PARTIES, "A B V1 V2 V3"), update=PRIVATE),
    "upload": Rights(PRIVATE, PRIVATE, PRIVATE),
    "upload_part": Rights(PRIVATE, PRIVATE, PRIVATE),
    "webhook": Rights(PRIVATE, PRIVATE, PRIVATE),
    "webhook_delivery": Rights(PRIVATE, PRIVATE, PRIVATE),
    "label_import": Rights(OWN, OWN, OWN),
    "comment": Rights(REMARKS, insert={"A": "A/A/-", "B": "B/B/-", "V1": "V1/A/V1", "V2": "V2/A/V2"}, update=REMARKS),
    "guideline_acknowledgement": Rights(WORK, DO_WORK, None),
    "event": Rights(DATA, DATA, OWN),
    "member": Rights(PRIVATE, PRIVATE, PRIVATE),
    "api_token": Rights(PRIVATE, PRIVATE, PRIVATE),
    # Only what has expired can be deleted; the seeded rows have.
    "idempotency": Rights(PRIVATE, PRIVATE, PRIVATE, delete=PRIVATE),
    "audit_event": Rights(PRIVATE, PRIVATE, None),
    "project": Rights(DATA, OWN, OWN),
    "ontology_version": Rights(DATA, OWN, None),
    "guideline_version": Rights(DATA, OWN, None),
    "policy_version": Rights(DATA, OWN, None),
    "class": Rights(DATA, OWN, OWN),
    "engagement": Rights(
        select={"A": "A/V1 A/V2", "V1": "A/V1", "V2": "A/V2"}, insert={"A": "A/V1 A/V2"}, update={"A": "A/V1 A/V2"}
    ),
    "source": Rights(OWN, OWN, OWN),
    "feed": Rights(OWN, OWN, OWN),
    "blob_head": Rights(OWN, OWN, OWN),
    "image": Rights(DATA, OWN, OWN),
    "item": Rights(DATA, OWN, None),
    # Built-in models are nobody's and everybody's.
    "model_version": Rights(select={"A": "- A", "B": "- B", "V1": "-", "V2": "-", "V3": "-"}, insert=OWN, update=None),
    "prediction": Rights(DATA, OWN, None),
    "task": Rights(DATA, OWN, DATA),
    "lane": Rights(
        select={"A": "A A:personal", "B": "B", "V1": "A A:personal", "V2": "A A:personal"},
        # A vendor's supervisor sends work back as well.
        insert={"A": "A A:personal", "B": "B", "V1": "A:personal", "V2": "A:personal"},
        update=None,
    ),
    "lane_member": Rights(
        select={"B": "B", "V1": "V1", "V2": "V2"},
        # Vendor 1's member draws from client A's personal lane: A's supervisor may have sent the work there.
        insert={"A": "V1", "B": "B", "V1": "V1", "V2": "V2"},
        update={"B": "B", "V1": "V1", "V2": "V2"},
    ),
    "seat": Rights(SEATS, SEATS, SEATS),
    "lease": Rights(WORK, DO_WORK, None),
    "draft": Rights(WORK, DO_WORK, DO_WORK, delete=DO_WORK),
    "annotation": Rights(WORK, DO_WORK, None),
    "work_time": Rights(WORK, DO_WORK, None),
    "verdict": Rights(WORK, DO_WORK, None),
    "decision": Rights(DATA, DATA, None),
    "consensus_object": Rights(DATA, DATA, None),
    "release": Rights(OWN, OWN, OWN),
    "release_shard": Rights(OWN, OWN, None),
    "outbox": Rights(select=None, insert=dict.fromkeys(PARTIES, "-"), update=None),
}

# A harmless change of each table that may be changed at all.
CHANGES = {
    "organisation": "name = 'x'",
    "person": "name = 'x'",
    "sign_in_attempt": "failures = 2",
    "preference": "version = 2",
    "notification": "read_at = now()",
    "upload": "state = 'aborted'",
    "upload_part": "etag = 'x'",
    "webhook": "active = false",
    "webhook_delivery": "attempts = 1",
    "label_import": "resent = 1",
    "comment": "resolved_at = now()",
    "event": "resent = 1",
    "idempotency": "status = 201",
    "engagement": "ended_at = now()",
    "member": "site = 'x'",
    "api_token": "expires_at = now()",
    "project": "name = 'x'",
    "class": "retired_at = now()",
    "source": "verified_at = now()",
    "feed": "filled_to = filled_to + 1",
    "blob_head": "etag = 'x'",
    "image": "detail = 'x'",
    "task": "resent = 1",
    "lane_member": "cursor_key = 1",
    "seat": "version = 9",
    "draft": "sequence = 9",
    "release": "resent = 1",
}
# Parties, projects and what a row hangs on never change, but for these.
MOVABLE = {
    ("seat", "vendor_org"),
    ("seat", "member_id"),
    ("seat", "lane_id"),
    ("draft", "seat_no"),  # the same member's next seat of the same task
    ("task", "started_lane"),
    ("task", "shown_prediction_id"),
    ("image", "duplicate_of"),
}
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
    assert reach is not None
    accepted = []
    rows = list_rows(admin, table)
    assert rows, f"{table} has no row to try"
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
