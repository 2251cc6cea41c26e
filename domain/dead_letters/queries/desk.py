"""SQL of the desk: letters as people see them, back into the outbox, or out for good. The role and the scope of the
transaction say whose letters these are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from schema.enums import DeadLetterState

# So much of a text is looked at where many are shown; none of our own messages is longer.
EXCERPT = 8_192


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which letters; what is None does not matter. `up_to` is the highest id."""

    queue: str | None = None
    reason: str | None = None
    state: str | None = None
    up_to: int | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter. `text` is its body, in lists cut after `EXCERPT` characters; `redriven_before` counts re-drives
    of the same message before it died this time."""

    id: int
    organisation_id: int | None
    queue: str
    message_id: str
    envelope_id: str | None
    kind: str
    text: str
    reason: str
    error: str | None
    attempts: int
    trace_id: UUID | None
    sent_at: datetime
    died_at: datetime
    state: str
    settled_at: datetime | None
    settled_by: int | None
    note: str | None
    redriven_before: int


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many letters of a queue wait for a reason, since when, with the newest sentence about it."""

    queue: str
    reason: str
    letters: int
    oldest_at: datetime
    error: str | None


@dataclass(frozen=True, slots=True)
class SettledLetter:
    """A letter that has just been settled, as the trail tells of it."""

    id: int
    organisation_id: int | None
    queue: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Death:
    """One time that a message died, and what was done then."""

    id: int
    died_at: datetime
    reason: str
    state: str
    settled_at: datetime | None
    settled_by: int | None
    note: str | None


_LETTER = (
    "SELECT l.id, l.organisation_id, l.queue, l.message_id, l.envelope_id, l.kind, {body} AS text, l.reason, l.error, "
    "l.attempts, l.trace_id, l.sent_at, l.died_at, l.state, l.settled_at, l.settled_by, l.note, "
    "(SELECT count(*) FROM dead_letter o WHERE o.envelope_id = l.envelope_id AND o.queue = l.queue "
    "AND o.organisation_id IS NOT DISTINCT FROM l.organisation_id AND o.state = 'redriven' AND o.id < l.id) "
    "AS redriven_before FROM dead_letter l "
)


def list_letters(session: Session, wanted: LetterFilter, *, before: int, limit: int) -> list[Letter]:
    """List letters by descending id, those below `before`; absent filters are left out of the statement."""
    rows = session.execute(
        text(
            _LETTER.format(body=f"left(l.body, {EXCERPT})")
            + f"WHERE l.id = ANY (ARRAY(SELECT l.id FROM dead_letter l WHERE {_conditions(wanted)} "
            "AND l.id < :before ORDER BY l.id DESC LIMIT :limit)) ORDER BY l.id DESC"
        ),
        _values(wanted) | {"before": before, "limit": limit},
    )
    return [Letter(**row) for row in rows.mappings()]


def find_letter(session: Session, letter_id: int) -> Letter | None:
    row = (
        session.execute(text(_LETTER.format(body="l.body") + "WHERE l.id = :id"), {"id": letter_id}).mappings().first()
    )
    return Letter(**row) if row else None


def list_deaths(session: Session, letter: Letter, *, limit: int) -> list[Death]:
    """List each time that the letter's message died, the newest first."""
    rows = session.execute(
        text(
            "SELECT id, died_at, reason, state, settled_at, settled_by, note FROM dead_letter "
            "WHERE envelope_id = :envelope AND queue = :queue AND organisation_id IS NOT DISTINCT FROM :organisation "
            "ORDER BY id DESC LIMIT :limit"
        ),
        {
            "envelope": letter.envelope_id,
            "queue": letter.queue,
            "organisation": letter.organisation_id,
            "limit": limit,
        },
    )
    return [Death(**row) for row in rows.mappings()]


def list_names(session: Session, members: Sequence[int]) -> dict[int, str]:
    """Return what members of the own organisation are called."""
    rows = session.execute(
        text(
            "SELECT m.id, coalesce(p.name, p.email) AS name FROM member m JOIN person p ON p.id = m.person_id "
            "WHERE m.id = ANY (:members)"
        ),
        {"members": list(members)},
    )
    return {r.id: r.name for r in rows}


def count_waiting(session: Session) -> list[ReasonCount]:
    """Count the letters that nobody has settled by queue and reason, the most frequent first."""
    rows = session.execute(
        text(
            "WITH counted AS (SELECT queue, reason, count(*) AS letters, min(id) AS first, max(id) AS last "
            "  FROM dead_letter WHERE state = 'dead' GROUP BY queue, reason) "
            "SELECT c.queue, c.reason, c.letters, f.died_at AS oldest_at, l.error FROM counted c "
            "JOIN dead_letter f ON f.id = c.first JOIN dead_letter l ON l.id = c.last "
            "ORDER BY c.letters DESC, c.queue, c.reason"
        )
    )
    return [ReasonCount(**row) for row in rows.mappings()]


def find_newest_waiting(session: Session, wanted: LetterFilter) -> int:
    """Return the highest id of the letters that a filter finds and nobody has settled; 0 without any."""
    found = session.execute(
        text(f"SELECT max(l.id) FROM dead_letter l WHERE {_conditions(wanted)} AND l.state = 'dead'"), _values(wanted)
    )
    return int(found.scalar_one() or 0)


def has_waiting(session: Session, wanted: LetterFilter) -> bool:
    """Tell whether a filter finds letters that nobody has settled."""
    found = session.execute(
        text(f"SELECT EXISTS (SELECT FROM dead_letter l WHERE {_conditions(wanted)} AND l.state = 'dead')"),
        _values(wanted),
    )
    return bool(found.scalar_one())


# Whoever comes second waits for the first and then finds the state changed: a letter goes back once.
_CHOSEN = (
    "WITH chosen AS (SELECT c.id FROM dead_letter c WHERE c.id = ANY (ARRAY("
    "SELECT l.id FROM dead_letter l WHERE {which} AND l.state = 'dead' ORDER BY l.id LIMIT :limit)) "
    "AND c.state = 'dead' ORDER BY c.id FOR UPDATE), "
    "settled AS (UPDATE dead_letter d SET state = :state, settled_at = now(), settled_by = :member, note = :note "
    "FROM chosen c WHERE d.id = c.id AND d.state = 'dead' "
    "RETURNING d.id, d.organisation_id, d.queue, d.kind, d.reason, d.body) "
)
_SENT = (
    ", sent AS (INSERT INTO outbox (topic, key, verbatim, not_before) SELECT queue, id, body, "
    "now() + make_interval(secs => :delay_s + (row_number() OVER (ORDER BY id) - 1) / CAST(:rate_per_s AS float8)) "
    "FROM settled) "
)
_TOLD = "SELECT id, organisation_id, queue, kind, reason FROM settled ORDER BY id"


def redrive(
    session: Session,
    chosen: Sequence[int] | LetterFilter,
    *,
    by_member: int | None,
    delay_s: float,
    rate_per_s: float,
    limit: int,
) -> list[SettledLetter]:
    """Put letters that nobody has settled back on their way, the oldest first: the n-th leaves after `delay_s` and
    (n - 1) / `rate_per_s` seconds. What leaves and what is settled commit together, so none is lost or doubled."""
    values = {"delay_s": delay_s, "rate_per_s": rate_per_s, "note": None}
    return _settle(session, chosen, DeadLetterState.REDRIVEN, _SENT, by_member=by_member, limit=limit, more=values)


def discard(
    session: Session, chosen: Sequence[int] | LetterFilter, *, by_member: int | None, why: str, limit: int
) -> list[SettledLetter]:
    """Let letters that nobody has settled go for good, the oldest first."""
    more = {"note": why}
    return _settle(session, chosen, DeadLetterState.DISCARDED, "", by_member=by_member, limit=limit, more=more)


def _settle(
    session: Session,
    chosen: Sequence[int] | LetterFilter,
    state: DeadLetterState,
    sent: str,
    *,
    by_member: int | None,
    limit: int,
    more: dict[str, Any],
) -> list[SettledLetter]:
    if isinstance(chosen, LetterFilter):
        which, values = _conditions(chosen), _values(chosen)
    else:
        which, values = "l.id = ANY (:ids)", {"ids": list(chosen)}
    rows = session.execute(
        text(_CHOSEN.format(which=which) + sent + _TOLD),
        values | {"state": state.value, "member": by_member, "limit": limit} | more,
    )
    return [SettledLetter(**row) for row in rows.mappings()]


def _conditions(wanted: LetterFilter) -> str:
    conditions = ["true"]
    if wanted.queue is not None:
        conditions.append("l.queue = :queue")
    if wanted.reason is not None:
        conditions.append("l.reason = :reason")
    if wanted.state is not None:
        conditions.append("l.state = :of_state")
    if wanted.up_to is not None:
        conditions.append("l.id <= :up_to")
    return " AND ".join(conditions)


def _values(wanted: LetterFilter) -> dict[str, Any]:
    return {"queue": wanted.queue, "reason": wanted.reason, "of_state": wanted.state, "up_to": wanted.up_to}
