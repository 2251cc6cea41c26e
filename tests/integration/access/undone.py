"""A database in which a request really happens and is then undone, so that thousands of requests meet the same rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from domain.scope import Scope
from runtime.database import Database

_SET_SCOPE = text("SELECT set_config('plumbline.org', :organisation, true), set_config('plumbline.projects', :p, true)")


class UndoneDatabase(Database):
    """Stands in for `Database` with the same role and the same scope; all transactions nest in one that rolls back."""

    def __init__(self, url: str) -> None:
        super().__init__(url, pool_size=1)
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
        self._kept = engine.connect()
        self._connection: Connection | None = None
        self._lock = RLock()

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo whatever is committed inside the block; what still runs when it ends is waited for."""
        with self._lock:
            outer = self._kept.begin()
            self._connection = self._kept
        try:
            yield
        finally:
            with self._lock:
                self._connection = None
                outer.rollback()

    @contextmanager
    def begin(self, scope: Scope | None) -> Iterator[Session]:
        with self._lock:
            if self._connection is None:
                with super().begin(scope) as session:
                    yield session
                return
            with (
                Session(self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as s,
                s.begin(),
            ):
                projects = "{" + ",".join(map(str, scope.projects)) + "}" if scope else ""
                s.execute(_SET_SCOPE, {"organisation": str(scope.organisation_id) if scope else "", "p": projects})
                yield s

    def close(self) -> None:
        super().close()
        self._kept.close()
