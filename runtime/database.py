"""The one way to the database: `with db.begin(scope) as session`. Sets the tenant scope once, at BEGIN."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Engine, QueuePool, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from domain.scope import Scope
from runtime.metrics import CONNECTIONS, POOL_SIZE

API_TIMEOUT_S = 5.0
WORKER_TIMEOUT_S = 60.0

# A server that vanished without a word is noticed within half a minute, not after the hours of the kernel's defaults.
ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}

_SET_SCOPE = text(
    "SELECT set_config('plumbline.org', :organisation, true), set_config('plumbline.projects', :projects, true), "
    "set_config('statement_timeout', :timeout, true)"
)


class Database:
    """A connection pool of one role. Without a scope a transaction sees no tenant's rows."""

    def __init__(self, url: str, *, pool_size: int, timeout_s: float = API_TIMEOUT_S) -> None:
        self._engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            pool_pre_ping=True,
            hide_parameters=True,  # an error that is logged must not carry whole documents
            connect_args={"connect_timeout": 10, "options": "-c lock_timeout=4s -c jit=off"} | ALIVE,
        )
        self._timeout_ms = str(int(timeout_s * 1000))
        role = str(self._engine.url.username)
        POOL_SIZE.labels(role).set(pool_size)
        CONNECTIONS.labels(role).set_function(partial(_connections_in_use, self._engine))

    @contextmanager
    def begin(self, scope: Scope | None) -> Iterator[Session]:
        """Open a transaction; commits when the block ends, rolls back when it raises."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            session.execute(
                _SET_SCOPE,
                {
                    "organisation": str(scope.organisation_id) if scope else "",
                    "projects": "{" + ",".join(map(str, scope.projects)) + "}" if scope else "",
                    "timeout": self._timeout_ms,
                },
            )
            yield session

    def close(self) -> None:
        self._engine.dispose()


def _connections_in_use(engine: Engine) -> int:
    pool = engine.pool
    return pool.checkedout() if isinstance(pool, QueuePool) else 0
