"""The migrations: up, down and up again on every PostgreSQL here, and what they make is what the tables say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from cli.launcher.bootstrap import DatabaseUrls, alembic_config, bootstrap, migrate
from cli.launcher.postgres_binaries import list_postgres
from schema.tables import metadata
from tests.integration.conftest import PASSWORDS, Template
from tests.services import postgres_server

# What we promise to run on: 15 is the oldest that has the rights of a database's owner over its schema as we use them.
SUPPORTED = (15, 16, 17, 18)
INSTALLED = {found.version: found for found in reversed(list_postgres())}

# Everything a migration can make, row by row. Partitions, their keys and the copies of keys over them come with their
# parents, but for the tables themselves.
MADE = {
    "tables": (
        "SELECT c.relname, c.relkind, c.relispartition, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, "
        "  pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid) FROM pg_class c "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S', 'v', 'm')"
    ),
    "columns": (
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, "
        "  a.attcollation::regcollation::text, pg_get_expr(d.adbin, d.adrelid) "
        "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
        "  AND a.attnum > 0 AND NOT a.attisdropped"
    ),
    "constraints": (
        "SELECT r.relname, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c "
        "JOIN pg_class r ON r.oid = c.conrelid WHERE c.connamespace = 'public'::regnamespace AND c.conparentid = 0 "
        "  AND c.contype <> 'n' AND NOT r.relispartition"
    ),
    "indexes": (
        "SELECT i.tablename, i.indexname, i.indexdef FROM pg_indexes i JOIN pg_class c ON c.relname = i.tablename "
        "WHERE i.schemaname = 'public' AND NOT c.relispartition"
    ),
    "compression": (
        "SELECT attrelid::regclass::text, attname, attcompression FROM pg_attribute "
        "WHERE attcompression <> '' AND attrelid >= 16384"
    ),
    "policies": "SELECT tablename, policyname, permissive, roles, cmd, qual, with_check FROM pg_policies",
    "rights": (
        "SELECT c.relname, x.grantee::regrole::text, x.privilege_type FROM pg_class c, aclexplode(c.relacl) x "
        "WHERE c.relnamespace = 'public'::regnamespace"
    ),
    "rights on columns": (
        "SELECT c.relname, a.attname, x.grantee::regrole::text, x.privilege_type FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid, aclexplode(a.attacl) x WHERE c.relnamespace = 'public'::regnamespace"
    ),
    "rights on the schema": (
        "SELECT x.grantee::regrole::text, x.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) x "
        "WHERE n.nspname = 'public'"
    ),
    "functions": (
        "SELECT pg_get_functiondef(p.oid), x.grantee, x.privilege_type FROM pg_proc p LEFT JOIN "
        "LATERAL aclexplode(p.proacl) x ON true WHERE p.pronamespace = 'public'::regnamespace"
    ),
    "rows": "SELECT name, version, card::text FROM model_version",
}
# What the metadata knows of: no partitions, no rights, no rows.
MODELLED = ("columns", "constraints", "indexes")
LIMITS = ("lock_timeout", "statement_timeout")
# A model that was uploaded and taken in, and a file of labels, each in one part.
UPLOADED = (
    "INSERT INTO organisation (id, kind, name) OVERRIDING SYSTEM VALUE VALUES (1, 'client', 'c')",
    "INSERT INTO person (id, email) OVERRIDING SYSTEM VALUE VALUES (1, 'p@example.org')",
    "INSERT INTO member (id, organisation_id, person_id, role) OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 'manager')",
    "INSERT INTO upload (id, organisation_id, member_id, purpose, state, name, content_type, bytes, part_bytes, "
    "  bucket, key, storage_id) OVERRIDING SYSTEM VALUE "
    "SELECT id, 1, 1, purpose, 'complete', 'n', 't', 1, 1, 'b', 'k', 's' "
    "FROM (VALUES (1, 'model'), (2, 'labels')) AS v (id, purpose)",
    "INSERT INTO upload_part (upload_id, organisation_id, number, etag, bytes) "
    "SELECT id, organisation_id, 1, 'e', 1 FROM upload",
    "INSERT INTO model_version (client_org, name, version, card, origin, upload_id, requested_by) "
    "VALUES (1, 'm', '1', '{}', 'upload', 1, 1)",
)


def run(
    owner_url: str, verb: Callable[..., object], *arguments: str, watch: Callable[[Connection], None] | None = None
) -> None:
    """Run one of Alembic's commands as the owner, as the launcher runs an upgrade."""
    engine = create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    config = alembic_config()
    with engine.connect() as connection:
        if watch:
            watch(connection)
        config.attributes["connection"] = connection
        verb(config, *arguments)


def snapshot(admin_url: str, *kinds: str) -> dict[str, list[tuple[Any, ...]]]:
    """Read what is in a database; the catalogs are read past row-level security."""
    with psycopg.connect(admin_url) as admin:
        return {kind: sorted(admin.execute(MADE[kind]).fetchall(), key=repr) for kind in kinds or MADE}


def admin_url_of(server_url: str, database: str) -> str:
    return make_url(server_url).set(database=database).render_as_string(hide_password=False)


@pytest.mark.parametrize("version", SUPPORTED)
def test_down_and_up_again_leaves_the_same_database(version: int, tmp_path: Path) -> None:
    if version not in INSTALLED:
        pytest.skip(f"no PostgreSQL {version} on this machine")
    with postgres_server(tmp_path, installation=INSTALLED[version]) as server_url:
        urls = bootstrap(server_url, PASSWORDS, database="moved")
        fresh = snapshot(admin_url_of(server_url, "moved"))
        run(urls.owner, command.downgrade, "base")
        kinds = tuple(kind for kind in MADE if kind not in ("rows", "rights on the schema"))
        emptied = snapshot(admin_url_of(server_url, "moved"), *kinds)
        migrate(urls.owner)
        again = snapshot(admin_url_of(server_url, "moved"))
    assert {row[0] for kind in ("tables", "columns", "indexes") for row in emptied[kind]} == {"alembic_version"}
    assert all(emptied[kind] == [] for kind in ("policies", "functions", "compression", "rights on columns"))
    assert again == fresh


def test_models_and_migrations_do_not_differ(database_urls: DatabaseUrls) -> None:
    run(database_urls.owner, command.check)


@pytest.mark.parametrize("kind", MODELLED)
def test_what_the_migrations_make_is_what_the_tables_declare(
    template: Template, database_urls: DatabaseUrls, kind: str
) -> None:
    """Alembic's own comparison looks at neither CHECKs nor predicates of indexes."""
    migrated = snapshot(template.admin_url(database_urls), kind)[kind]
    run(database_urls.owner, command.downgrade, "base")
    engine = create_engine(make_url(database_urls.owner).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.begin() as connection:
        metadata.create_all(connection)
    declared = snapshot(template.admin_url(database_urls), kind)[kind]
    assert migrated == declared


def test_a_second_upgrade_changes_nothing(template: Template, database_urls: DatabaseUrls) -> None:
    before = snapshot(template.admin_url(database_urls))
    migrate(database_urls.owner)
    assert snapshot(template.admin_url(database_urls)) == before


def test_a_migration_runs_under_time_limits(database_urls: DatabaseUrls) -> None:
    seen: list[list[Any]] = []

    def watch(connection: Connection) -> None:
        @event.listens_for(connection, "after_cursor_execute")
        def look(conn: Connection, cursor: psycopg.Cursor[Any], statement: str, *_: object) -> None:
            if statement.strip().startswith("CREATE TABLE task "):
                seen.append([cursor.connection.execute(f"SHOW {name}").fetchone() for name in LIMITS])

    run(database_urls.owner, command.downgrade, "base")
    run(database_urls.owner, command.upgrade, "head", watch=watch)
    assert seen == [[("5s",), ("1min",)]]


def test_letters_that_wait_are_not_thrown_away_by_going_back(template: Template, database_urls: DatabaseUrls) -> None:
    with psycopg.connect(template.admin_url(database_urls), autocommit=True) as admin:
        admin.execute(
            "INSERT INTO dead_letter (queue, message_id, kind, body, reason, attempts, sent_at, died_at) "
            "VALUES ('decide', '1', 'decide', '{}', 'stuck', 5, now(), now())"
        )
        with pytest.raises(DBAPIError, match="dead letters wait"):
            run(database_urls.owner, command.downgrade, "0002")
        assert admin.execute("SELECT count(*) FROM dead_letter").fetchone() == (1,)
        admin.execute("UPDATE dead_letter SET state = 'discarded'")
    run(database_urls.owner, command.downgrade, "0002")


def test_going_back_leaves_models_and_their_uploads_behind_and_nothing_else(
    template: Template, database_urls: DatabaseUrls
) -> None:
    with psycopg.connect(template.admin_url(database_urls), autocommit=True) as admin:
        for statement in UPLOADED:
            admin.execute(statement)
        run(database_urls.owner, command.downgrade, "0003")
        for left in ("SELECT id FROM upload", "SELECT upload_id FROM upload_part"):
            assert admin.execute(left).fetchall() == [(2,)]
        unbound = "SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"
        assert admin.execute(unbound).fetchall() == []
    migrate(database_urls.owner)
