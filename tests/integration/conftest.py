"""Servers shared by the session, and a database a test: the schema is migrated once, into a template that is cloned."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from cli.launcher.bootstrap import APP, OWNER, RELAY, DatabaseUrls, Passwords, bootstrap, role_url
from tests.services import emulator, postgres_server

if TYPE_CHECKING:
    from tests.harness import Stack

# Fixed, so that two sessions on one given server do not change each other's passwords.
PASSWORDS = Passwords(owner="for-the-owner", app="for-the-app", relay="for-the-relay")


@dataclass(frozen=True, slots=True)
class Template:
    """A migrated database that nobody is connected to, and the administrator who clones it."""

    server_url: str
    name: str
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def clone(self) -> DatabaseUrls:
        """Make a copy and return how each role reaches it."""
        clone = f"t_{os.getpid()}_{next(self._numbers)}"
        name, roles = sql.Identifier(clone), sql.SQL(", ").join([sql.Identifier(APP), sql.Identifier(RELAY)])
        with psycopg.connect(self.server_url, autocommit=True) as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                    name, sql.Identifier(self.name), sql.Identifier(OWNER)
                )
            )
            # The rights on a database itself are not copied.
            admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
            admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, roles))
        return DatabaseUrls(
            owner=role_url(self.server_url, OWNER, PASSWORDS.owner, database=clone),
            app=role_url(self.server_url, APP, PASSWORDS.app, database=clone),
            relay=role_url(self.server_url, RELAY, PASSWORDS.relay, database=clone),
        )

    def admin_url(self, urls: DatabaseUrls) -> str:
        """Return how the administrator, whom row-level security does not bind, reaches a clone."""
        url = make_url(self.server_url).set(drivername="postgresql", database=make_url(urls.owner).database)
        return url.render_as_string(hide_password=False)

    def drop(self, urls: DatabaseUrls) -> None:
        _drop_database(self.server_url, str(make_url(urls.owner).database))

    @contextmanager
    def cloned(self) -> Iterator[DatabaseUrls]:
        """Yield a clone and drop it, whoever is still connected to it."""
        urls = self.clone()
        try:
            yield urls
        finally:
            self.drop(urls)


def _drop_database(server_url: str, name: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """The session's database server with the migrated template."""
    name = f"plumbline_template_{os.getpid()}"
    with postgres_server(tmp_path_factory.mktemp("postgres")) as server_url:
        bootstrap(server_url, PASSWORDS, database=name)
        yield Template(server_url, name)
        _drop_database(server_url, name)


@pytest.fixture(scope="session")
def emulator_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The session's S3 and SQS; tests name their own buckets and queues."""
    with emulator(tmp_path_factory.mktemp("emulator")) as url:
        yield url


@pytest.fixture
def database_urls(template: Template) -> Iterator[DatabaseUrls]:
    """A database of the test's own, empty but for the built-in models."""
    with template.cloned() as urls:
        yield urls


@pytest.fixture
def stack(database_urls: DatabaseUrls, emulator_url: str) -> "Iterator[Stack]":
    """A whole Plumbline of the test's own."""
    # Imported here, so that tests of the database alone do not load the API.
    from tests.harness import open_stack

    with open_stack(app_url=database_urls.app, relay_url=database_urls.relay, endpoint_url=emulator_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_urls(template: Template) -> Iterator[DatabaseUrls]:
    """A database of the module's."""
    with template.cloned() as urls:
        yield urls


@pytest.fixture(scope="module")
def shared_stack(shared_urls: DatabaseUrls, emulator_url: str) -> "Iterator[Stack]":
    """A whole Plumbline of the module's, for tests that are tenants of their own and mind no others."""
    from tests.harness import open_stack

    with open_stack(app_url=shared_urls.app, relay_url=shared_urls.relay, endpoint_url=emulator_url) as opened:
        yield opened


@pytest.fixture
def admin_url(template: Template, database_urls: DatabaseUrls) -> str:
    """How the administrator, whom row-level security does not bind, reaches the test's database."""
    return template.admin_url(database_urls)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, emulator_url: str) -> None:
    """The environment in which asynchronous clients find the emulator."""
    for name, value in {
        "AWS_ENDPOINT_URL": emulator_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("workers.loop.POLL_S", 1)  # its end is waited for at each stop
