"""What a dead letter says of itself: its kind, whom it concerns, why it died and what helps. Pure. Believes no text:
whatever a queue held can be filed."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from schema.enums import Topic
from schema.message_kinds import S3_EVENT, kind_of
from schema.s3_events import KeyEvent, parse_s3_event

WORKER_DIED: Final = "worker_died"
REFUSED: Final = "message_refused"
MAX_ID: Final = 2**63 - 1
# Reasons and ids are parts of indexes, whose entries PostgreSQL keeps short.
MOST_ID = 200
MOST_ERROR = 2_000
MOST_ATTEMPTS = 32_767
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DIED = (
    "It was received {attempts} times, and each time the worker ended, or took too long, before it could say why: "
    "killed, out of memory, or never done. Look in the workers' logs for this message, then re-drive it."
)
REMEDIES: Final[Mapping[str, str]] = {
    WORKER_DIED: "Find out in the workers' logs what ended them (memory, a deadline, a kill), then re-drive it.",
    REFUSED: "The queue takes no such message: it is too large, or holds characters that the queue forbids. A re-drive "
    "ends here again; discard it once what it is about is mended by hand.",
    "message_unknown": "No running worker knows this form or version: upgrade the workers and re-drive it, or discard "
    "it if nothing of ours sent it.",
    "internal_error": "A fault of ours, or of what the worker needs: mend what the error names, then re-drive it.",
    "bucket_refused": "Let Plumbline read the bucket again (the source's test says what is missing), then re-drive it.",
    "unavailable": "Something the work needs did not answer each time; re-drive it once it does.",
    "key_moved": "The key was written again and again while it was looked at; re-drive it when it is at rest.",
    "not_found": "What it is about is gone: discard it, unless that comes back.",
    "conflict": "What it is about has changed since; discard it if nothing is missing, else re-drive it.",
    "source_unproven": "Verify the source again, then re-drive it.",
}
_ELSE = "Mend what the error names, then re-drive it; if it is of no use any more, discard it."


@dataclass(frozen=True, slots=True)
class DeadMessage:
    """A message as its dead-letter queue tells of it.

    `said` is what a worker attached when it gave up: `reason`, `error`, `attempts`. Nothing is said of one that the
    queue itself moved; `receives` then counts how often it was received, this time included.
    """

    queue: Topic
    id: str
    body: str
    said: Mapping[str, str]
    receives: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What is filed of a message. `organisations` are those its body names; `keys` are to be looked up by bucket."""

    queue: Topic
    message_id: str
    envelope_id: str
    kind: str
    body: str
    reason: str
    error: str
    attempts: int
    trace_id: UUID | None
    sent_at: datetime
    died_at: datetime
    organisations: tuple[int, ...]
    keys: tuple[KeyEvent, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What a message names: ids of its body, or the bucket and key of an event."""

    image_id: int | None = None
    task_id: int | None = None
    release_id: int | None = None
    import_id: int | None = None
    feed_id: int | None = None
    event_id: int | None = None
    delivery_id: int | None = None
    source_id: int | None = None
    bucket: str | None = None
    key: str | None = None


def read_message(
    message: DeadMessage, *, now: datetime, max_receives: int, trace_of: Callable[[str | None], UUID | None]
) -> Reading:
    """Return what is filed of a message, whatever it holds.

    One that a worker gave up came into the dead-letter queue then, and was sent when its envelope says; one that the
    queue moved keeps the time of its first sending and counts as dead from now on.
    """
    document = parse_document(message.body) or {}
    inner = _inner(document)
    kind = kind_of(document)
    reason = _reason_of(message.said)
    if reason is None:
        attempts, sent_at, died_at = max(message.receives - 1, max_receives), message.sent_at, now
        error = _DIED.format(attempts=attempts)
    else:
        attempts, died_at = _attempts_of(message), message.sent_at
        sent_at = min(_moment_of(document) or died_at, died_at)
        error = message.said.get("error", "")
    body = storable(message.body)
    return Reading(
        queue=message.queue,
        message_id=storable(message.id)[:MOST_ID],
        envelope_id=_envelope_id_of(document, body),
        kind=kind,
        body=body,
        reason=reason or WORKER_DIED,
        error=storable(error)[:MOST_ERROR],
        attempts=min(max(attempts, 0), MOST_ATTEMPTS),
        trace_id=trace_of(document.get("trace")),
        sent_at=sent_at,
        died_at=died_at,
        organisations=tuple(x for name in ("client_org", "organisation_id") if (x := _id(inner.get(name)))),
        keys=_keys_of(document) if kind == S3_EVENT else (),
    )


def target_of(text: str) -> Target:
    """Return what a message names; of an event with several keys the first."""
    document = parse_document(text) or {}
    inner = _inner(document)
    if not inner:
        events = _keys_of(document)
        return Target(bucket=storable(events[0].bucket), key=storable(events[0].key)) if events else Target()
    key = inner.get("key")
    return Target(
        image_id=_id(inner.get("image_id")),
        task_id=_id(inner.get("task_id")),
        release_id=_id(inner.get("release_id")),
        import_id=_id(inner.get("import_id")),
        feed_id=_id(inner.get("feed_id")),
        event_id=_id(inner.get("event_id")),
        delivery_id=_id(inner.get("delivery_id")),
        source_id=_id(inner.get("source_id")),
        key=storable(key) if isinstance(key, str) else None,
    )


def said_by(text: str) -> str:
    """Return what a message says without its envelope, on one line."""
    document = parse_document(text)
    if document is None:
        return " ".join(text.split())
    return json.dumps(_inner(document) or document, ensure_ascii=False)


def remedy_of(reason: str) -> str:
    """Return what helps against a reason, in a sentence."""
    return REMEDIES.get(reason, _ELSE)


def parse_document(text: str) -> dict[str, Any] | None:
    """Return the JSON object of a text; None for what is none, or could not be written as JSON again."""
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def storable(text: str) -> str:
    """Return a text without what PostgreSQL cannot hold: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _inner(document: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = document.get("body")
    return inner if isinstance(inner, dict) else {}


def _keys_of(document: dict[str, Any]) -> tuple[KeyEvent, ...]:
    try:
        return tuple(parse_s3_event(document) or ())
    except RecursionError:  # what SNS wraps is JSON once more
        return ()


def _id(value: object) -> int | None:
    return value if type(value) is int and 0 < value <= MAX_ID else None


def _reason_of(said: Mapping[str, str]) -> str | None:
    """Return the code that a worker attached; workers before the desk attached an error alone, to unknown forms."""
    reason = said.get("reason")
    if reason is None:
        return "message_unknown" if said.get("error") else None
    return reason if _CODE.fullmatch(reason) else "unknown"


def _attempts_of(message: DeadMessage) -> int:
    told = message.said.get("attempts", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 1


def _moment_of(document: Mapping[str, Any]) -> datetime | None:
    try:
        found = datetime.fromisoformat(document["occurred_at"])
        return found.astimezone(UTC) if found.tzinfo else None
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _envelope_id_of(document: Mapping[str, Any], body: str) -> str:
    """Return what stays the same each time a message dies: its id, or the hash of what has no envelope."""
    given = document.get("id")
    if _inner(document) and isinstance(given, str) and 0 < len(given) <= MOST_ID:
        return storable(given)
    return f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"
