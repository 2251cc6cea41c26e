"""SQL of the sweeps. Runs as the relay role, which sees exactly the columns named in the first migration."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class StuckKind:
    """A waiting state: where it is, which message its rows wait for, and what giving up looks like.

    `trace` is where the row keeps the trace it belongs to. `tells`: the message goes out once more when a row is given
    up, so that its handler tells who waits for it.
    """

    table: str
    columns: str
    waiting: str
    topic: str
    body: str
    give_up: str
    trace: str = "CAST(NULL AS uuid)"
    tells: bool = False

    @property
    def name(self) -> str:
        """What metrics and logs call it."""
        return f"{self.table}.{self.topic}"


STUCK_KINDS = (
    StuckKind(
        table="image",
        columns="x.id, x.client_org, x.trace_id",
        waiting="state = 'received'",
        trace="trace_id",
        topic="images",
        body="jsonb_build_object('type', 'image', 'client_org', client_org, 'image_id', id)",
        give_up="state = 'quarantined', reason = 'stuck', detail = 'its handling was announced several times and "
        "never ended; see the dead-letter queue images-dead'",
        tells=True,
    ),
    StuckKind(
        table="task",
        columns="x.id, x.client_org, x.submits, x.trace_id",
        waiting="state = 0",
        trace="trace_id",
        topic="prelabel",
        body="jsonb_build_object('type', 'prelabel', 'client_org', client_org, 'task_id', id)",
        give_up="state = 6, reason = 'stuck: its pre-labelling was announced several times and never ended'",
    ),
    StuckKind(
        table="task",
        columns="x.id, x.client_org, x.submits, x.trace_id",
        waiting="state = 2",
        trace="trace_id",
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
        tells=True,
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
        table="model_version",
        columns="x.id, x.client_org",
        waiting="state = 'validating'",
        topic="model",
        body="jsonb_build_object('type', 'model', 'client_org', client_org, 'model_version_id', id)",
        give_up="state = 'refused', reason = 'stuck', detail = 'its validation was announced several times and never "
        "ended; see the dead-letter queue model-dead'",
        tells=True,
    ),
    StuckKind(
        table="model_run_chunk",
        columns="x.id, x.client_org",
        waiting="state = 'waiting'",
        topic="run",
        body="jsonb_build_object('type', 'chunk', 'client_org', client_org, 'chunk_id', id)",
        give_up="state = 'failed'",  # its run, announced below, tells of it and ends
    ),
    StuckKind(
        table="model_run",
        columns="x.id, x.client_org",
        waiting="state = 'running'",
        topic="run",
        body="jsonb_build_object('type', 'run', 'client_org', client_org, 'run_id', id)",
        give_up="resent = 0",  # its chunks tell what goes on
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


def announce_again(session: Session, kind: StuckKind, *, deadline_s: float, max_resends: int, limit: int) -> int:
    """Announce rows that wait past their deadline once more, the oldest first; return how many."""
    rows = session.execute(
        text(
            f"WITH late AS ({_late(kind, resent='<')}), again AS (UPDATE {kind.table} x "
            "  SET resent = x.resent + 1, state_since = now() FROM late WHERE x.id = late.id "
            f"  RETURNING {kind.columns}) {_announce(kind, 'again')}"
        ),
        {"deadline_s": deadline_s, "max": max_resends, "limit": limit},
    )
    return len(rows.all())


def give_up(session: Session, kind: StuckKind, *, deadline_s: float, max_resends: int, limit: int) -> list[int]:
    """Give up rows that were announced `max_resends` times and wait past their deadline all the same; return them."""
    told = f", told AS ({_announce(kind, 'gone')}) " if kind.tells else " "
    rows = session.execute(
        text(
            f"WITH late AS ({_late(kind, resent='>=')}), gone AS (UPDATE {kind.table} x SET {kind.give_up}, "
            f"  state_since = now() FROM late WHERE x.id = late.id RETURNING {kind.columns}){told}"
            "SELECT id FROM gone ORDER BY id"
        ),
        {"deadline_s": deadline_s, "max": max_resends, "limit": limit},
    )
    return [int(row.id) for row in rows]


def _late(kind: StuckKind, *, resent: str) -> str:
    """Select the rows of a kind that wait too long: the head of its partial index, but for what others hold now."""
    return (
        f"SELECT id FROM {kind.table} WHERE {kind.waiting} "
        f"AND state_since < now() - make_interval(secs => :deadline_s) AND resent {resent} :max "
        "ORDER BY state_since LIMIT :limit FOR UPDATE SKIP LOCKED"
    )


def _announce(kind: StuckKind, rows: str) -> str:
    return (
        f"INSERT INTO outbox (topic, key, body, trace_id) SELECT '{kind.topic}', id, {kind.body}, {kind.trace} "
        f"FROM {rows} RETURNING id"
    )
