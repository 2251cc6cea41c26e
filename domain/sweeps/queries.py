"""SQL of the sweeps. Runs as the relay role, which sees exactly the columns named in the first migration."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class StuckKind:
    """A waiting state: where it is, which message its rows wait for, and what giving up looks like.

    `tells`: the message goes out once more when a row is given up, so that its handler tells who waits for it.
    """

    table: str
    columns: str
    waiting: str
    topic: str
    body: str
    give_up: str
    tells: bool = False


STUCK_KINDS = (
    StuckKind(
        table="image",
        columns="x.id, x.client_org",
        waiting="state = 'received'",
        topic="images",
        body="jsonb_build_object('type', 'image', 'client_org', client_org, 'image_id', id)",
        give_up="state = 'quarantined', reason = 'stuck', detail = 'its handling was announced several times and "
        "never ended; see the dead-letter queue images-dead'",
    ),
    StuckKind(
        table="task",
        columns="x.id, x.client_org, x.submits",
        waiting="state = 0",
        topic="prelabel",
        body="jsonb_build_object('type', 'prelabel', 'client_org', client_org, 'task_id', id)",
        give_up="state = 6, reason = 'stuck: its pre-labelling was announced several times and never ended'",
    ),
    StuckKind(
        table="task",
        columns="x.id, x.client_org, x.submits",
        waiting="state = 2",
        topic="decide",
        body="jsonb_build_object('type', 'decide', 'client_org', client_org, 'task_id', id, 'submits', submits)",
        give_up="state = 6, reason = 'stuck: its decision was announced several times and never ended'",
    ),
    StuckKind(
        table="feed",
        columns="x.id, x.client_org",
        waiting="filled_at IS NULL",
        topic="images",
        body="jsonb_build_object('type', 'feed', 'client_org', client_org, 'feed_id', id)",
        give_up="resent = 0",  # nothing is set aside: it is told in the metrics, and tried again
    ),
    StuckKind(
        table="label_import",
        columns="x.id, x.client_org",
        waiting="state = 'running'",
        topic="import",
        body="jsonb_build_object('type', 'import', 'client_org', client_org, 'import_id', id)",
        give_up="state = 'failed', reason = 'stuck: its reading was announced several times and never ended'",
    ),
    StuckKind(
        table="release",
        columns="x.id, x.client_org",
        waiting="state = 'running'",
        topic="release",
        body="jsonb_build_object('type', 'release', 'client_org', client_org, 'release_id', id)",
        give_up="state = 'failed', reason = 'stuck: its writing was announced several times and never ended'",
        tells=True,
    ),
    StuckKind(
        table="event",
        columns="x.id, x.client_org",
        waiting="fanned_out_at IS NULL",
        topic="webhook",
        body="jsonb_build_object('type', 'event', 'client_org', client_org, 'event_id', id)",
        give_up="resent = 0",
    ),
    StuckKind(
        table="webhook_delivery",
        columns="x.id, x.organisation_id",
        waiting="state = 'waiting'",  # and state_since is the time of the next attempt
        topic="webhook",
        body="jsonb_build_object('type', 'delivery', 'organisation_id', organisation_id, 'delivery_id', id)",
        give_up="state = 'failed', last_error = 'stuck: it was announced several times and never attempted'",
    ),
)


def announce_stuck(
    session: Session, kind: StuckKind, *, deadline_s: float, give_up_s: float, max_resends: int, limit: int
) -> tuple[int, int]:
    """Announce rows that wait past their deadline again; return how many, and how many were given up.

    Given up is what was announced `max_resends` times and has waited `give_up_s` since the last time.
    """
    values = {"deadline_s": deadline_s, "give_up_s": give_up_s, "max": max_resends, "limit": limit}
    late = (
        f"SELECT id FROM {kind.table} WHERE {kind.waiting} "
        "AND state_since < now() - make_interval(secs => {}) AND resent {} :max "
        "ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
    )
    announced = f"INSERT INTO outbox (topic, key, body) SELECT '{kind.topic}', id, {kind.body} FROM {{}} RETURNING id"
    given_up = session.execute(
        text(
            f"WITH late AS ({late.format(':give_up_s', '>=')}), gone AS (UPDATE {kind.table} x SET {kind.give_up}, "
            f"  state_since = now() FROM late WHERE x.id = late.id RETURNING {kind.columns}) "
            + (announced.format("gone") if kind.tells else "SELECT id FROM gone")
        ),
        values,
    ).all()
    resent = session.execute(
        text(
            f"WITH late AS ({late.format(':deadline_s', '<')}), again AS (UPDATE {kind.table} x "
            "  SET resent = x.resent + 1, state_since = now() FROM late WHERE x.id = late.id "
            f"  RETURNING {kind.columns}) " + announced.format("again")
        ),
        values,
    ).all()
    return len(resent), len(given_up)


@dataclass(frozen=True, slots=True)
class ListedSource:
    id: int
    client_org: int
    bucket: str
    prefix: str


def take_source_to_reconcile(session: Session, *, pause_s: float) -> ListedSource | None:
    """Take the verified source whose listing is longest ago, if its pause is over."""
    row = session.execute(
        text(
            "WITH due AS (SELECT id FROM source WHERE verified_at IS NOT NULL AND "
            "  (reconciled_at IS NULL OR reconciled_at < now() - make_interval(secs => :pause_s)) "
            "  ORDER BY reconciled_at NULLS FIRST, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) "
            "UPDATE source s SET reconciled_at = now() FROM due WHERE s.id = due.id "
            "RETURNING s.id, s.client_org, s.bucket, s.prefix"
        ),
        {"pause_s": pause_s},
    ).first()
    return ListedSource(row.id, row.client_org, row.bucket, row.prefix) if row else None


def list_known_keys(session: Session, *, source_id: int, keys: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """Return key → (ETag, deleted) of those keys that have a row."""
    rows = session.execute(
        text("SELECT key, etag, deleted FROM blob_head WHERE source_id = :source AND key = ANY (:keys)"),
        {"source": source_id, "keys": list(keys)},
    )
    return {r.key: (r.etag, r.deleted) for r in rows}


def list_missing_keys(
    session: Session, *, source_id: int, after: str, until: str | None, keys: Sequence[str], limit: int
) -> list[str]:
    """List keys that we believe are there, between two keys (the first excluded), but which are none of `keys`.

    The column sorts by bytes, as S3 lists.
    """
    rows = session.execute(
        text(
            "SELECT key FROM blob_head WHERE source_id = :source AND key > :after "
            "AND (CAST(:until AS text) IS NULL OR key <= :until) AND NOT deleted AND key <> ALL (:keys) "
            "ORDER BY key LIMIT :limit"
        ),
        {"source": source_id, "after": after, "until": until, "keys": list(keys), "limit": limit},
    )
    return [r.key for r in rows]


def insert_key_messages(session: Session, *, source_id: int, client_org: int, keys: Sequence[str]) -> None:
    """Have keys looked at."""
    session.execute(
        text(
            "INSERT INTO outbox (topic, key, body) SELECT 'images', :source, jsonb_build_object('type', 'key', "
            "'client_org', CAST(:client_org AS bigint), 'source_id', CAST(:source AS bigint), 'key', k) "
            "FROM unnest(CAST(:keys AS text[])) AS k"
        ),
        {"source": source_id, "client_org": client_org, "keys": list(keys)},
    )
