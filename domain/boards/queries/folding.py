"""SQL of the fold, as the relay: new rows of `work_time` into `board_hour`, each exactly once.

`fold_mark` names the place up to which rows are summed, in the order (written_in, lease_id). A row is taken once no
transaction that could still write before it is running: `written_in` below the snapshot's oldest running transaction.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

NAME = "board"

_UNSUMMED = "(w.written_in, w.lease_id) > (m.upto, m.lease_id)"
_LOCK = text("SELECT FROM fold_mark WHERE name = :name FOR UPDATE SKIP LOCKED")
# One snapshot for everything: what it calls the oldest running transaction bounds what it reads.
_FOLD = text(f"""
WITH mark AS (
  SELECT m.upto, m.lease_id, CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS oldest
  FROM fold_mark m WHERE m.name = :name),
batch AS MATERIALIZED (
  SELECT w.* FROM mark m CROSS JOIN LATERAL (
    SELECT w.* FROM work_time w WHERE {_UNSUMMED} AND w.written_in < m.oldest
    ORDER BY w.written_in, w.lease_id LIMIT :limit) w),
summed AS (
  INSERT INTO board_hour AS b (project_id, hour, member_id, stage, client_org, vendor_org, submits, skips, expiries,
                               releases, active_s, new, edited, accepted, deleted)
  SELECT project_id, date_trunc('hour', ended_at, 'UTC'), member_id, stage, min(client_org), min(vendor_org),
    count(*) FILTER (WHERE end_reason = 'submitted'),
    count(*) FILTER (WHERE end_reason IN ('later', 'others', 'unlabelable')),
    count(*) FILTER (WHERE end_reason = 'expired'),
    count(*) FILTER (WHERE end_reason IN ('released', 'taken_back')),
    sum(active_s), sum(new), sum(edited), sum(accepted), sum(deleted)
  FROM batch GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (project_id, hour, member_id, stage) DO UPDATE SET
    submits = b.submits + excluded.submits, skips = b.skips + excluded.skips,
    expiries = b.expiries + excluded.expiries, releases = b.releases + excluded.releases,
    active_s = b.active_s + excluded.active_s, new = b.new + excluded.new, edited = b.edited + excluded.edited,
    accepted = b.accepted + excluded.accepted, deleted = b.deleted + excluded.deleted),
done AS (SELECT count(*) AS rows FROM batch),
last AS (SELECT written_in, lease_id FROM batch ORDER BY written_in DESC, lease_id DESC LIMIT 1),
place AS (
  SELECT l.written_in AS upto, l.lease_id FROM done, last l WHERE done.rows >= :limit
  UNION ALL
  SELECT m.oldest, 0 FROM done, mark m WHERE done.rows < :limit AND m.oldest > m.upto),
moved AS (
  UPDATE fold_mark SET upto = p.upto, lease_id = p.lease_id FROM place p WHERE name = :name RETURNING 1)
SELECT rows FROM done
""")
_NOTE = text(f"""
UPDATE fold_mark m SET folded_to = greatest(m.folded_to, coalesce(
  (SELECT w.ended_at FROM work_time w WHERE {_UNSUMMED} ORDER BY w.written_in, w.lease_id LIMIT 1),
  statement_timestamp()))
WHERE m.name = :name
""")
_LAG = text(f"""
SELECT extract(epoch FROM statement_timestamp() - w.ended_at) FROM fold_mark m CROSS JOIN LATERAL (
  SELECT w.ended_at FROM work_time w WHERE {_UNSUMMED} ORDER BY w.written_in, w.lease_id LIMIT 1) w
WHERE m.name = :name
""")
_IS_AHEAD = text(
    "SELECT upto > CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint) FROM fold_mark "
    "WHERE name = :name"
)


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the fold is behind: `rows_wait_s` since the oldest row that is not summed ended, 0 without any.

    `is_ahead`: the mark lies beyond every transaction, as after a restore into another cluster.
    """

    rows_wait_s: float
    is_ahead: bool


def lock_mark(session: Session) -> bool:
    """Keep other folders out until this transaction ends; False when one is at work, which is not waited for."""
    return session.execute(_LOCK, {"name": NAME}).first() is not None


def fold_batch(session: Session, *, limit: int) -> int:
    """Sum the next rows and move the mark; return how many, fewer than `limit` once nothing is left.

    Needs `lock_mark` in a statement before this one, so that its snapshot is taken after the last folder's commit.
    """
    return int(session.execute(_FOLD, {"name": NAME, "limit": limit}).scalar_one())


def note_time(session: Session) -> None:
    """Write down until when everything is summed: the oldest row that is not, or now when there is none."""
    session.execute(_NOTE, {"name": NAME})


def read_lag(session: Session) -> Lag:
    wait_s = session.execute(_LAG, {"name": NAME}).scalar()
    is_ahead = session.execute(_IS_AHEAD, {"name": NAME}).scalar()
    return Lag(max(0.0, float(wait_s or 0.0)), bool(is_ahead))
