"""SQL of the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from domain.tracing import get_trace_id
from schema.enums import Topic
from schema.messages import Message


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message that is due: a `body` for an envelope, or a text that leaves as it is."""

    id: int
    topic: str
    body: dict[str, Any] | None
    verbatim: str | None
    trace_id: UUID | None
    created_at: datetime


_INSERT = text(
    "INSERT INTO outbox (topic, key, body, trace_id, not_before) "
    "VALUES (:topic, :key, :body, :trace_id, now() + make_interval(secs => :delay_s))"
).bindparams(bindparam("body", type_=JSONB))


def insert_message(session: Session, topic: Topic, key: int, message: Message, *, delay_s: float = 0.0) -> None:
    """Write a message of this trace that leaves once the transaction has committed and `delay_s` has passed."""
    values = {
        "topic": topic.value,
        "key": key,
        "body": message.model_dump(mode="json"),
        "trace_id": get_trace_id(),
        "delay_s": delay_s,
    }
    session.execute(_INSERT, values)


def list_due_topics(session: Session) -> dict[Topic, float]:
    """Return the topics that have something due, each with how long its oldest message has been due, in seconds.

    One look at the head of each topic's part of the index, whatever lies behind it.
    """
    rows = session.execute(
        text(
            "SELECT t.topic, extract(epoch FROM now() - head.not_before) AS due_s "
            "FROM unnest(CAST(:topics AS text[])) AS t (topic) CROSS JOIN LATERAL ("
            "  SELECT o.not_before FROM outbox o WHERE o.topic = t.topic AND o.not_before <= now() "
            "  ORDER BY o.not_before LIMIT 1) head"
        ),
        {"topics": [topic.value for topic in Topic]},
    )
    return {Topic(row.topic): float(row.due_s) for row in rows}


def take_due(session: Session, topic: Topic, *, limit: int) -> list[OutboxRow]:
    """Lock and return due messages of a topic, oldest first; those another relay holds are passed over."""
    rows = session.execute(
        text(
            "SELECT id, topic, body, verbatim, trace_id, created_at FROM outbox "
            "WHERE topic = :topic AND not_before <= now() "
            "ORDER BY not_before, id LIMIT :limit FOR UPDATE SKIP LOCKED"
        ),
        {"topic": topic.value, "limit": limit},
    )
    return [OutboxRow(**row) for row in rows.mappings()]


def delete_sent(session: Session, ids: Sequence[int]) -> None:
    session.execute(text("DELETE FROM outbox WHERE id = ANY (:ids)"), {"ids": list(ids)})


def count_due(session: Session, topic: Topic, *, most: int) -> int:
    """Count the messages of a topic that should have left by now, no further than to `most`."""
    statement = text(
        "SELECT count(*) FROM (SELECT FROM outbox WHERE topic = :topic AND not_before <= now() LIMIT :most) due"
    )
    return int(session.execute(statement, {"topic": topic.value, "most": most}).scalar_one())
