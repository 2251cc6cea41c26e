"""SQS: asynchronous for consumers, blocking for the relay. Knows envelopes as text only."""

import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError

from runtime.aws import AWS_ERRORS, DEFAULT_REGION, LONG_POLL_S, aws_client
from runtime.provision import queue_name
from schema.enums import Topic

BATCH = 10
MOST_TOLD = 1000
# What every SQS takes in one request; newer ones take four times as much, and of a single message we let them say so.
MOST_BATCH_BYTES = 262_144
_TOO_LARGE = frozenset({"BatchRequestTooLong", "InvalidMessageContents", "InvalidParameterValue"})
# Faults of a sender that are not about the message: keys, rights and rates get mended, and then it is taken.
_ABOUT_SENDER = re.compile("kms|access|throttl|limit|rate|token|signature|security", re.IGNORECASE)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery of a message. `receives` counts deliveries, this one included; `sent_at` is a Unix time in s."""

    id: str
    receipt: str
    body: str
    receives: int
    sent_at: float


class AsyncQueue:
    """One queue of a consumer and its dead-letter queue. Batches are of at most ten."""

    def __init__(self, client: Any, *, url: str, dead_url: str) -> None:
        self._sqs = client
        self._url = url
        self._dead_url = dead_url

    async def receive(self, *, limit: int, hide_s: int, wait_s: int = LONG_POLL_S) -> list[Received]:
        """Take up to `limit` messages, hidden from others for `hide_s`; wait for the first one up to `wait_s`."""
        answer = await self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(limit, BATCH),
            WaitTimeSeconds=wait_s,
            VisibilityTimeout=hide_s,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        )
        return [_received(message) for message in answer.get("Messages", ())]

    async def delete(self, messages: Sequence[Received]) -> list[Received]:
        """Acknowledge up to ten messages; return those that the queue did not delete."""
        entries = [{"Id": str(i), "ReceiptHandle": m.receipt} for i, m in enumerate(messages)]
        return _failed(messages, await self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries))

    async def hide(self, messages: Sequence[tuple[Received, int]]) -> list[Received]:
        """Keep up to ten received messages from others, each for its seconds from now on (0 gives it back).

        Returns those that this process does not hold any more.
        """
        entries = [
            {"Id": str(i), "ReceiptHandle": m.receipt, "VisibilityTimeout": seconds}
            for i, (m, seconds) in enumerate(messages)
        ]
        answer = await self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
        return _failed([message for message, _ in messages], answer)

    async def bury(self, message: Received, *, reason: str, error: str) -> None:
        """Send a copy of a message to the dead-letter queue, saying why. Deleting the original is the next step.

        In this order nothing is lost: after a crash between the two it is given up once more.
        """
        told = {"reason": reason, "error": error, "attempts": str(message.receives)}
        attributes = {
            name: {"DataType": "String", "StringValue": plain_text(value) or "unknown"} for name, value in told.items()
        }
        await self._sqs.send_message(QueueUrl=self._dead_url, MessageBody=message.body, MessageAttributes=attributes)


def _received(message: dict[str, Any]) -> Received:
    attributes = message.get("Attributes", {})
    return Received(
        message["MessageId"],
        message["ReceiptHandle"],
        message["Body"],
        int(attributes.get("ApproximateReceiveCount", 1)),
        int(attributes.get("SentTimestamp", 0)) / 1000,
    )


def _failed(messages: Sequence[Received], answer: dict[str, Any]) -> list[Received]:
    return [messages[int(entry["Id"])] for entry in answer.get("Failed", ())]


def plain_text(value: str) -> str:
    """Return what SQS takes as the text of an attribute: up to 1,000 characters, none of those that XML forbids."""
    return _NO_XML.sub(" ", value)[:MOST_TOLD]


class AsyncQueues:
    """Opens the client that all consumers of a process share."""

    def __init__(self, *, prefix: str) -> None:
        self._prefix = prefix
        self._session = get_session()

    def connect(self) -> AbstractAsyncContextManager[Any]:
        config = AioConfig(
            connect_timeout=5,
            read_timeout=LONG_POLL_S + 40,
            retries={"mode": "standard", "max_attempts": 5},
            max_pool_connections=64,
        )
        region = self._session.get_config_variable("region") or DEFAULT_REGION
        manager: AbstractAsyncContextManager[Any] = self._session.create_client(
            "sqs", region_name=region, config=config
        )
        return manager

    async def open(self, client: Any, topic: Topic) -> AsyncQueue:
        url = await client.get_queue_url(QueueName=queue_name(self._prefix, topic))
        dead = await client.get_queue_url(QueueName=queue_name(self._prefix, topic, dead=True))
        return AsyncQueue(client, url=url["QueueUrl"], dead_url=dead["QueueUrl"])


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a batch: ids that the queue took, and ids that it never will take, each with its words."""

    taken: list[int]
    refused: dict[int, str]


class Sender:
    """Sends batches to any topic; what the queue did not take is reported, not raised."""

    def __init__(self, *, prefix: str, client: Any = None) -> None:
        self._prefix = prefix
        self._sqs = client or aws_client("sqs")
        self._urls: dict[Topic, str] = {}

    def find_queue(self, topic: Topic) -> None:
        """Learn where the topic's queue is, once: so that `send` asks nothing else."""
        self._url(topic)

    def send(self, topic: Topic, messages: Sequence[tuple[int, str]]) -> Sent:
        """Send up to ten (id, body) messages, in as many requests as their sizes need.

        A request that fails is raised only if none before it went through.
        """
        sent = Sent([], {})
        for batch in _by_size(messages):
            try:
                self._send(topic, batch, sent)
            except AWS_ERRORS:
                if not sent.taken and not sent.refused:
                    raise
                break
        return sent

    def _send(self, topic: Topic, batch: Sequence[tuple[int, str]], sent: Sent) -> None:
        entries = [{"Id": str(number), "MessageBody": body} for number, body in batch]
        try:
            answer = self._sqs.send_message_batch(QueueUrl=self._url(topic), Entries=entries)
        except ClientError as error:
            told = error.response.get("Error", {})
            if len(batch) > 1 or str(told.get("Code")).rpartition(".")[2] not in _TOO_LARGE:
                raise
            sent.refused[batch[0][0]] = f"{told.get('Code')}: {told.get('Message', '')}"
            return
        sent.taken.extend(int(entry["Id"]) for entry in answer.get("Successful", ()))
        for entry in answer.get("Failed", ()):
            if entry.get("SenderFault") and not _ABOUT_SENDER.search(entry["Code"]):
                sent.refused[int(entry["Id"])] = f"{entry['Code']}: {entry.get('Message', '')}"

    def count(self, topic: Topic) -> int:
        """Return about how many messages the queue holds: waiting, being handled and hidden until a retry."""
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url(topic), AttributeNames=list(COUNTS))
        return sum(int(answer["Attributes"].get(name, 0)) for name in COUNTS)

    def _url(self, topic: Topic) -> str:
        if topic not in self._urls:
            self._urls[topic] = self._sqs.get_queue_url(QueueName=queue_name(self._prefix, topic))["QueueUrl"]
        return self._urls[topic]


def _by_size(messages: Sequence[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """Cut messages into batches that any SQS takes; one that is larger by itself goes alone."""
    batches: list[list[tuple[int, str]]] = []
    room = 0
    for number, body in messages:
        size = len(body.encode())
        if not batches or size > room:
            batches.append([])
            room = MOST_BATCH_BYTES
        batches[-1].append((number, body))
        room -= size
    return batches
