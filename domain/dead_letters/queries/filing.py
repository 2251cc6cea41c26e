"""SQL of filing, as the relay: it writes letters for every organisation and reads which source a bucket belongs to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.dead_letters.rules import Reading

_INSERT = text(
    "INSERT INTO dead_letter (organisation_id, queue, message_id, envelope_id, kind, body, reason, error, attempts, "
    "trace_id, sent_at, died_at) "
    "SELECT o, :queue, :message_id, :envelope_id, :kind, :body, :reason, :error, :attempts, :trace_id, :sent_at, "
    ":died_at FROM unnest(CAST(:organisations AS bigint[])) o ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class WaitingCount:
    """How many letters of a queue wait for somebody, by their reason."""

    queue: str
    reason: str
    letters: int


@dataclass(frozen=True, slots=True)
class BucketOwner:
    client_org: int
    prefix: str


def insert_letter(session: Session, reading: Reading, organisations: Sequence[int | None]) -> int:
    """File a letter once for each organisation (None: for the operator); return how many of these were new.

    Raises IntegrityError for an organisation that is not there.
    """
    values = asdict(reading) | {"queue": reading.queue.value, "organisations": list(organisations)}
    del values["keys"]
    done = session.connection().execute(_INSERT, values)
    return int(done.rowcount)


def list_bucket_owners(session: Session, bucket: str) -> list[BucketOwner]:
    """List who has proved access to the bucket, below which prefix."""
    rows = session.execute(
        text("SELECT client_org, prefix FROM source WHERE bucket = :bucket AND verified_at IS NOT NULL ORDER BY id"),
        {"bucket": bucket},
    )
    return [BucketOwner(r.client_org, r.prefix) for r in rows]


def count_all_waiting(session: Session) -> list[WaitingCount]:
    """Count the letters of every organisation that nobody has settled."""
    rows = session.execute(
        text("SELECT queue, reason, count(*) AS letters FROM dead_letter WHERE state = 'dead' GROUP BY queue, reason")
    )
    return [WaitingCount(r.queue, r.reason, r.letters) for r in rows]


def count_by_state(session: Session) -> dict[tuple[str, str], int]:
    """Count the letters of every organisation by queue and state."""
    rows = session.execute(text("SELECT queue, state, count(*) AS letters FROM dead_letter GROUP BY queue, state"))
    return {(r.queue, r.state): r.letters for r in rows}
