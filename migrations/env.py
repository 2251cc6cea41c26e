"""Runs migrations as the role plumbline_owner, each statement under a time limit. Only online: what we ship is tested
against real servers, not rendered."""

import os
import re

from alembic import context
from sqlalchemy import Connection, ForeignKeyConstraint, create_engine, make_url
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import SchemaItem

from schema.tables import metadata

# A migration that waits for a lock makes every later statement on that table wait behind it.
LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "60s"
PARTITION = re.compile(r"(_p\d+|_default)$")


def include_object(item: SchemaItem, name: str | None, type_: str, reflected: bool, compare_to: object) -> bool:
    """Leave partitions to the code that makes them: the metadata knows their parents only.

    The same goes for the copies that PostgreSQL makes of a foreign key to a partitioned table, one a partition.
    """
    if not reflected or compare_to is not None:
        return True
    if isinstance(item, ForeignKeyConstraint):
        return not any(PARTITION.search(element.target_fullname.rpartition(".")[0]) for element in item.elements)
    return not (type_ == "table" and name and PARTITION.search(name))


def migrate(connection: Connection) -> None:
    # Committed at once: the settings stay for the session, and Alembic finds no transaction that it would not end.
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    connection.exec_driver_sql(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'")
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include_object,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def owner_url() -> str:
    url = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("PLUMBLINE_OWNER_DATABASE_URL")
    if not url:
        raise SystemExit("give -x url=postgresql://… or set PLUMBLINE_OWNER_DATABASE_URL")
    return str(url)


def run() -> None:
    if context.is_offline_mode():
        raise SystemExit("migrations run against a server, not as a script (--sql)")
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    engine = create_engine(make_url(owner_url()).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        migrate(connection)


run()
