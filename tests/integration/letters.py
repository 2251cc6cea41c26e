"""Dead letters for tests: put into a dead-letter queue as a worker or as SQS itself does, and filed by the clerk."""

import json
from threading import Event
from typing import Any

import psycopg

from runtime.dead_letters import DeadQueues
from schema.enums import Topic
from schema.messages import Envelope, Message
from tests.harness import Stack
from workers.clerk import file_queues

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def envelope(message: Message, *, id: str = "e-1") -> str:
    """Return a message as the relay sends it."""
    return Envelope.model_validate(
        {"id": id, "occurred_at": "2026-01-02T03:04:05Z", "trace": TRACE, "body": message}
    ).model_dump_json()


def bury(stack: Stack, topic: Topic, body: str, *, reason: str = "", error: str = "", attempts: int = 5) -> None:
    """Give a message up as a worker does; without a reason, put it there as if nobody had said anything."""
    said = {"reason": reason, "error": error, "attempts": str(attempts)} if reason else {}
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in said.items() if value}
    stack.sqs.send_message(QueueUrl=stack.queue_url(topic, dead=True), MessageBody=body, MessageAttributes=attributes)


def bury_text(stack: Stack, topic: Topic, *bodies: str) -> None:
    for body in bodies:
        bury(stack, topic, body)


def queues_of(stack: Stack) -> DeadQueues:
    return DeadQueues(prefix=stack.settings.queue_prefix, client=stack.sqs)


def file_letters(stack: Stack) -> int:
    """Let the clerk go round once; return how many letters left their queues."""
    return file_queues(stack.relay_database, queues_of(stack), max_receives=stack.settings.max_receives, stop=Event())


def rows_of(admin_url: str, columns: str = "organisation_id") -> list[tuple[Any, ...]]:
    """Return what is filed, whoever's it is, oldest first."""
    with psycopg.connect(admin_url) as admin:
        return admin.execute(f"SELECT {columns} FROM dead_letter ORDER BY id").fetchall()


def s3_event(bucket: str, key: str) -> str:
    """Return what a bucket sends of a new object."""
    thing = {"bucket": {"name": bucket}, "object": {"key": key, "sequencer": "1"}}
    return json.dumps({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": thing}]})
