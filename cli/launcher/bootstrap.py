"""Makes roles and database of a PostgreSQL server and brings the schema up to date, from an administrator's URL. Safe
to run again and by several processes at once; holds no table of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

import runtime
from cli.launcher.state import LauncherError, source_root

OWNER: Final = "plumbline_owner"
APP: Final = "plumbline_app"
RELAY: Final = "plumbline_relay"
# Any fixed number that nobody else locks: "plumblin" in ASCII.
LOCK_KEY: Final = int.from_bytes(b"plumblin")


@dataclass(frozen=True, slots=True)
class Passwords:
    """The passwords of the three roles."""

    owner: str = field(repr=False)
    app: str = field(repr=False)
    relay: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """How each role reaches the database; they hold passwords."""

    owner: str = field(repr=False)
    app: str = field(repr=False)
    relay: str = field(repr=False)


def bootstrap(admin_url: str, passwords: Passwords, *, database: str = "plumbline") -> DatabaseUrls:
    """Make roles and database and migrate to the newest schema; returns the URLs of the roles.

    The administrator needs CREATEROLE and CREATEDB, not superuser. Raises LauncherError when a role that is already
    there could step over row-level security.
    """
    urls = DatabaseUrls(
        owner=role_url(admin_url, OWNER, passwords.owner, database=database),
        app=role_url(admin_url, APP, passwords.app, database=database),
        relay=role_url(admin_url, RELAY, passwords.relay, database=database),
    )
    with _exclusively(admin_url) as admin:
        for role, password in ((OWNER, passwords.owner), (APP, passwords.app), (RELAY, passwords.relay)):
            _ensure_role(admin, role, password)
        _ensure_database(admin, database)
        _grant_schema(urls.owner)
        migrate(urls.owner)
    return urls


def role_url(admin_url: str, role: str, password: str, *, database: str) -> str:
    """Return the administrator's URL with another role and database; host, port and options stay."""
    url = make_url(admin_url).set(drivername="postgresql", username=role, password=password, database=database)
    return url.render_as_string(hide_password=False)


@contextmanager
def _exclusively(admin_url: str) -> Iterator[psycopg.Connection]:
    # Advisory locks belong to a database: every bootstrap of a server meets in the one the administrator connects to.
    with psycopg.connect(_libpq(admin_url), autocommit=True, connect_timeout=10) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
        yield admin


def _libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _ensure_role(admin: psycopg.Connection, role: str, password: str) -> None:
    # Hashed here, so that the server's log never holds the password.
    verifier = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    found = admin.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    if found is not None and found[0]:
        raise LauncherError(f"role {role} is superuser or has BYPASSRLS; row-level security would not bind it")
    verb = "CREATE ROLE {} LOGIN PASSWORD {}" if found is None else "ALTER ROLE {} LOGIN PASSWORD {}"
    admin.execute(sql.SQL(verb).format(sql.Identifier(role), sql.Literal(verifier)))


def _ensure_database(admin: psycopg.Connection, database: str) -> None:
    name, owner = sql.Identifier(database), sql.Identifier(OWNER)
    if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone() is None:
        # Without superuser one must be a member of the role to which one gives a database.
        if not _is_superuser(admin):
            admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
        # template0, because a local template1 may have another encoding or other people's objects.
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(name, owner))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    admin.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(name, sql.Identifier(APP), sql.Identifier(RELAY))
    )


def _is_superuser(admin: psycopg.Connection) -> bool:
    row = admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])


def _grant_schema(owner_url: str) -> None:
    # The owner of a database owns its schema `public` (PostgreSQL 15 and later).
    roles = sql.SQL(", ").join([sql.Identifier(APP), sql.Identifier(RELAY)])
    with psycopg.connect(owner_url, autocommit=True, connect_timeout=10) as owner:
        owner.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        owner.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(roles))


def alembic_config() -> Config:
    """Return Alembic's configuration of this clone or, in an installed wheel, the copy beside `runtime`."""
    for folder in (source_root(), Path(runtime.__file__).resolve().parent):
        if (folder / "alembic.ini").exists() and (folder / "migrations" / "env.py").exists():
            return Config(str(folder / "alembic.ini"))
    raise LauncherError("the migrations are missing from this installation")


def migrate(owner_url: str, *, revision: str = "head") -> None:
    """Run Alembic's upgrade as the owner; every statement is bound by the time-outs that env.py sets."""
    engine = create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    config = alembic_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
