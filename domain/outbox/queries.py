"""SQL of the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from schema.enums import Topic
from schema.messages import Message


@dataclass(frozen=True, slots=True)
class OutboxRow:
    id: int
    topic: str
    body: dict[str, Any]
    created_at: datetime


_INSERT = text(
    "INSERT INTO outbox (topic, key, body, not_before) "
    "VALUES (:topic, :key, :body, now() + make_interval(secs => :delay_s))"
).bindparams(bindparam("body", type_=JSONB))


def insert_message(session: Session, topic: Topic, key: int, message: Message, *, delay_s: float = 0.0) -> None:
    """Write a message that leaves when this transaction has committed and `delay_s` has passed."""
    values = {"topic": topic.value, "key": key, "body": message.model_dump(mode="json"), "delay_s": delay_s}
    session.execute(_INSERT, values)


def take_due(session: Session, topic: Topic, *, limit: int) -> list[OutboxRow]:
    """Lock and return due messages of a topic, oldest first; those another relay holds are passed over."""
    rows = session.execute(
        text(
            "SELECT id, topic, body, created_at FROM outbox WHERE topic = :topic AND not_before <= now() "
            "ORDER BY not_before, id LIMIT :limit FOR UPDATE SKIP LOCKED"
        ),
        {"topic": topic.value, "limit": limit},
    )
    return [OutboxRow(r.id, r.topic, r.body, r.created_at) for r in rows]


def delete_sent(session: Session, ids: Sequence[int]) -> None:
    session.execute(text("DELETE FROM outbox WHERE id = ANY (:ids)"), {"ids": list(ids)})


def has_due(session: Session, topic: Topic) -> bool:
    """Tell whether a message of the topic should have left by now."""
    statement = text("SELECT EXISTS (SELECT FROM outbox WHERE topic = :topic AND not_before <= now())")
    return bool(session.execute(statement, {"topic": topic.value}).scalar_one())
