"""SQL of what waits: each age is read off the head of an index. Runs as the relay role."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

# A row that is announced again begins its wait anew: the times before count as a deadline each.
_OLDEST = """
SELECT '{state}' AS state, (SELECT extract(epoch FROM now() - state_since) + resent * :deadline_s
  FROM {table} WHERE state = {value} ORDER BY state_since LIMIT 1) AS age_s
"""
_OLDEST_ROWS = text(
    " UNION ALL ".join(
        _OLDEST.format(state=state, table=table, value=value)
        for state, table, value in (
            ("received", "image", "'received'"),
            ("waiting", "task", "0"),
            ("deciding", "task", "2"),
        )
    )
)


def list_oldest_waits(session: Session, *, deadline_s: float) -> Mapping[str, float]:
    """Return for each waiting state how long a row has waited in it at least, in s; 0 when none does."""
    rows = session.execute(_OLDEST_ROWS, {"deadline_s": deadline_s})
    return {r.state: max(0.0, float(r.age_s or 0.0)) for r in rows}
