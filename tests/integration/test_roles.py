"""What is granted beside the tenant matrix: the relay's columns, the three ways across tenants, and nothing else."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from cli.launcher.bootstrap import APP, RELAY, DatabaseUrls
from domain.accounts.queries import find_token_owner
from runtime.database import Database
from schema.tables import metadata
from tests.integration.conftest import Template
from tests.integration.tenants import CLIENT_A, PROJECT_OF_A, VENDOR_1, list_tables, seed


# table: (columns it reads, columns it writes). The outbox is the relay's own and stands apart.
def columns_of(table: str) -> list[str]:
    return [column.name for column in metadata.tables[table].columns]


LISTING = {
    *("listing_began_at", "listing_after", "listing_held_until"),
    *("listing_withheld", "listing_failed_at", "listing_error"),
}
RELAY_MAY: dict[str, tuple[set[str], set[str]]] = {
    "source": (
        {"id", "client_org", "bucket", "prefix", "verified_at", "reconciled_at"} | LISTING,
        {"reconciled_at"} | LISTING,
    ),
    "image": (
        {"id", "client_org", "state", "state_since", "resent", "trace_id"},
        {"state", "reason", "detail", "state_since", "resent"},
    ),
    "task": (
        {
            *("id", "client_org", "project_id", "item_id", "state", "state_since", "submits", "resent", "trace_id"),
            "started_lane",
        },
        {"state", "reason", "state_since", "resent"},
    ),
    "seat": (
        {
            *("task_id", "seat_no", "client_org", "project_id", "state", "expires_at", "lease_id"),
            "lane_id",
        },
        {"state", "member_id", "vendor_org", "expires_at", "lane_id"},
    ),
    "feed": ({"id", "client_org", "filled_at", "state_since", "resent"}, {"state_since", "resent"}),
    "release": ({"id", "client_org", "state", "state_since", "resent"}, {"state", "reason", "state_since", "resent"}),
    "label_import": (
        {"id", "client_org", "state", "state_since", "resent"},
        {"state", "reason", "state_since", "resent"},
    ),
    "model_version": (
        {"id", "client_org", "state", "state_since", "resent"},
        {"state", "reason", "detail", "state_since", "resent"},
    ),
    "model_run": ({"id", "client_org", "state", "state_since", "resent"}, {"state", "reason", "state_since", "resent"}),
    "model_run_chunk": ({"id", "client_org", "state", "state_since", "resent"}, {"state", "state_since", "resent"}),
    "event": (
        {"id", "client_org", "fanned_out_at", "state_since", "resent"},
        {"fanned_out_at", "state_since", "resent"},
    ),
    "webhook_delivery": (
        {"id", "organisation_id", "state", "next_at", "state_since", "resent"},
        {"state", "last_error", "state_since", "resent"},
    ),
}
# The desk: it files letters of all tenants, and settles those of none; what an operator does there is recorded.
RELAY_MAY["dead_letter"] = (set(columns_of("dead_letter")), {"state", "settled_at", "settled_by", "note"})
# The boards: it sums what ended, and ends what nobody came back to.
SUMS = {"submits", "skips", "expiries", "releases", "active_s", "new", "edited", "accepted", "deleted"}
RELAY_MAY["work_time"] = (set(columns_of("work_time")), set())
RELAY_MAY["board_hour"] = (set(columns_of("board_hour")), SUMS)
RELAY_MAY["fold_mark"] = (set(columns_of("fold_mark")), {"upto", "lease_id", "folded_to"})
RELAY_MAY["skip"] = ({"lease_id", "client_org", "task_id", "member_id", "due_at"}, {"due_at"})
RELAY_MAY["lane"] = ({"id", "client_org", "project_id", "stage", "kind", "requirement_key", "urgency"}, set())
RELAY_MAY["lease_activity"] = (set(columns_of("lease_activity")), {"expired_at"})
RELAY_WRITES = {"dead_letter", "audit_event", "work_time", "board_hour"}
# Unsent work, expired answers to repeated requests, sent messages; leases that ended, and what is no record but a wish.
DELETABLE = {
    *((APP, table) for table in ("draft", "idempotency", "lease_activity", "member_skill", "work_order")),
    *((RELAY, table) for table in ("outbox", "lease_activity")),
}
DEFINER_FUNCTIONS = {"sign_in", "identity_owner", "set_password", "can_label", "token_owner", "source_of_bucket"}


@pytest.fixture(scope="module")
def seeded(template: Template) -> Iterator[DatabaseUrls]:
    with template.cloned() as urls:
        with psycopg.connect(template.admin_url(urls)) as admin:
            seed(admin)
        yield urls


@pytest.fixture(scope="module")
def admin(template: Template, seeded: DatabaseUrls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(template.admin_url(seeded), autocommit=True) as connection:
        yield connection


@pytest.fixture
def relay(seeded: DatabaseUrls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(seeded.relay) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def app(seeded: DatabaseUrls) -> Iterator[psycopg.Connection]:
    """The app without a scope."""
    with psycopg.connect(seeded.app) as connection:
        yield connection
        connection.rollback()


def columns_with(admin: psycopg.Connection, role: str, table: str, verb: str) -> set[str]:
    rows = admin.execute(
        "SELECT a.attname FROM pg_attribute a WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 "
        "AND has_column_privilege(%(role)s, a.attrelid, a.attnum, %(verb)s)",
        {"table": f'"{table}"', "role": role, "verb": verb},
    )
    return {name for (name,) in rows}


@pytest.mark.parametrize("table", [table for table in list_tables() if table != "outbox"])
def test_the_relay_reads_and_writes_exactly_its_columns(admin: psycopg.Connection, table: str) -> None:
    reads, writes = RELAY_MAY.get(table, (set(), set()))
    assert columns_with(admin, RELAY, table, "SELECT") == reads
    assert columns_with(admin, RELAY, table, "UPDATE") == writes
    assert columns_with(admin, RELAY, table, "INSERT") == (set(columns_of(table)) if table in RELAY_WRITES else set())


@pytest.mark.parametrize("table", list_tables())
@pytest.mark.parametrize("role", [APP, RELAY])
def test_only_what_is_no_record_can_be_deleted(admin: psycopg.Connection, role: str, table: str) -> None:
    verbs = [v for v in ("DELETE", "TRUNCATE", "REFERENCES", "TRIGGER") if _has(admin, role, table, v)]
    assert verbs == (["DELETE"] if (role, table) in DELETABLE else [])


def _has(admin: psycopg.Connection, role: str, table: str, verb: str) -> bool:
    row = admin.execute("SELECT has_table_privilege(%s, %s, %s)", (role, f'"{table}"', verb)).fetchone()
    return bool(row and row[0])


def test_the_relay_handles_the_outbox_of_all_tenants(relay: psycopg.Connection) -> None:
    relay.execute("INSERT INTO outbox (topic, key, body) VALUES ('images', 1, '{}')")
    taken = relay.execute("SELECT id FROM outbox FOR UPDATE SKIP LOCKED").fetchall()
    assert relay.execute("DELETE FROM outbox").rowcount == len(taken) == 2


def test_the_relay_cannot_rewrite_a_message(admin: psycopg.Connection) -> None:
    assert columns_with(admin, RELAY, "outbox", "UPDATE") == {"not_before"}


@pytest.mark.parametrize("table", sorted(RELAY_MAY.keys() - {"fold_mark"}))
def test_the_relay_reaches_the_rows_of_every_client(
    admin: psycopg.Connection, relay: psycopg.Connection, table: str
) -> None:
    party = sql.Identifier("organisation_id" if "organisation_id" in columns_of(table) else "client_org")
    rows = sql.SQL("SELECT count({0}), count(DISTINCT {0}) FROM {1}").format(party, sql.Identifier(table))
    reached = relay.execute(rows).fetchone()
    assert reached == admin.execute(rows).fetchone()
    assert reached is not None
    assert reached[1] >= 2


def test_the_relay_draws_from_no_sequence(admin: psycopg.Connection) -> None:
    rows = admin.execute(
        "SELECT seqrelid::regclass::text FROM pg_sequence "
        "WHERE has_sequence_privilege(%s, seqrelid, 'USAGE, SELECT, UPDATE')",
        (RELAY,),
    )
    assert rows.fetchall() == []


def test_row_level_security_is_forced_on_every_table_of_the_schema(admin: psycopg.Connection) -> None:
    rows = admin.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
        "AND relnamespace = 'public'::regnamespace AND relrowsecurity AND relforcerowsecurity"
    )
    assert {name for (name,) in rows} == set(metadata.tables)


def test_what_is_not_in_the_metadata_is_closed_to_both_roles(admin: psycopg.Connection) -> None:
    """Partitions would let a query around the policies of their parent; views would run with their owner's rights."""
    rows = admin.execute(
        "SELECT relname FROM pg_class c CROSS JOIN unnest(%s::text[]) role "
        "WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace = 'public'::regnamespace AND relname <> ALL (%s) "
        "AND (has_any_column_privilege(role, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES') "
        "OR has_table_privilege(role, c.oid, 'DELETE, TRUNCATE, TRIGGER'))",
        ([APP, RELAY], list_tables()),
    )
    assert rows.fetchall() == []


def test_nothing_is_granted_to_everybody(admin: psycopg.Connection) -> None:
    rows = admin.execute(
        "SELECT table_name, privilege_type FROM information_schema.table_privileges "
        "WHERE grantee = 'PUBLIC' AND table_schema = 'public'"
    )
    assert rows.fetchall() == []


def test_exactly_these_functions_cross_tenants_and_pin_their_search_path(admin: psycopg.Connection) -> None:
    rows = admin.execute(
        "SELECT proname, proconfig, pg_get_userbyid(proowner), has_function_privilege(%s, oid, 'EXECUTE'), "
        "has_function_privilege(%s, oid, 'EXECUTE') FROM pg_proc "
        "WHERE prosecdef AND pronamespace = 'public'::regnamespace",
        (APP, RELAY),
    ).fetchall()
    assert {name for name, *_ in rows} == DEFINER_FUNCTIONS
    assert {(tuple(config), *rest) for _, config, *rest in rows} == {
        (("search_path=public, pg_temp",), "plumbline_owner", True, False)
    }


def test_neither_role_can_put_an_object_before_those_of_the_functions(admin: psycopg.Connection) -> None:
    rows = admin.execute(
        "SELECT has_schema_privilege(role, 'public', 'CREATE'), has_database_privilege(role, current_database(), "
        "'CREATE, TEMPORARY') FROM unnest(%s::text[]) role",
        ([APP, RELAY],),
    )
    assert set(rows) == {(False, False)}


def test_token_owner_names_the_member_and_its_engagements_without_a_scope(seeded: DatabaseUrls) -> None:
    database = Database(seeded.app, pool_size=1)
    try:
        with database.begin(None) as session:
            token = session.connection().exec_driver_sql("SELECT sha256('13'::bytea)").scalar_one()
            owner = find_token_owner(session, token)
    finally:
        database.close()
    assert owner is not None
    assert (owner.member_id, owner.organisation_id) == (VENDOR_1.member_id, VENDOR_1.organisation_id)
    assert owner.projects == (PROJECT_OF_A,)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE api_token SET expires_at = now() - interval '1 second' WHERE member_id = 13",
        "UPDATE member SET left_at = now() WHERE id = 13",
    ],
)
def test_a_token_that_no_longer_counts_has_no_owner(admin: psycopg.Connection, change: str) -> None:
    with admin.transaction(force_rollback=True):
        admin.execute(sql.SQL(change))
        assert admin.execute("SELECT * FROM token_owner(sha256('13'::bytea))").fetchall() == []


def test_token_owner_tells_that_a_member_is_paused(admin: psycopg.Connection) -> None:
    with admin.transaction(force_rollback=True):
        admin.execute("UPDATE member SET paused_at = now(), pause_reason = 'holiday' WHERE id = 13")
        found = admin.execute("SELECT member_id, pause_reason FROM token_owner(sha256('13'::bytea))").fetchall()
    assert found == [(VENDOR_1.member_id, "holiday")]


def test_sign_in_finds_a_person_by_an_address_in_any_case(app: psycopg.Connection) -> None:
    found = app.execute("SELECT member_id, organisation_id FROM sign_in('P11@Example.org')").fetchall()
    assert found == [(CLIENT_A.member_id, CLIENT_A.organisation_id)]


def test_source_of_bucket_answers_for_verified_sources_only(admin: psycopg.Connection) -> None:
    with admin.transaction(force_rollback=True):
        admin.execute("INSERT INTO source (client_org, bucket, external_id, nonce) VALUES (2, 'a', 'x', 'n')")
        found = admin.execute("SELECT source_id, client_org FROM source_of_bucket('a')").fetchall()
    assert found == [(201, CLIENT_A.organisation_id)]
