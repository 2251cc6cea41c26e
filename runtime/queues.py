"""SQS: asynchronous for consumers, blocking for the relay. Knows envelopes as text only."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from runtime.aws import DEFAULT_REGION, LONG_POLL_S, aws_client
from runtime.provision import queue_name
from schema.enums import Topic

BATCH = 10
COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery of a message. `receives` counts deliveries, this one included."""

    id: str
    receipt: str
    body: str
    receives: int


class AsyncQueue:
    """One queue of a consumer and its dead-letter queue."""

    def __init__(self, client: Any, *, url: str, dead_url: str) -> None:
        self._sqs = client
        self._url = url
        self._dead_url = dead_url

    async def receive(self, *, limit: int, wait_s: int = LONG_POLL_S) -> list[Received]:
        answer = await self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(limit, BATCH),
            WaitTimeSeconds=wait_s,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [
            Received(
                m["MessageId"],
                m["ReceiptHandle"],
                m["Body"],
                int(m.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
            )
            for m in answer.get("Messages", ())
        ]

    async def delete(self, message: Received) -> None:
        await self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    async def hide(self, message: Received, *, seconds: int) -> None:
        """Keep a received message from others for this long from now on; 0 gives it back."""
        await self._sqs.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=seconds
        )

    async def bury(self, message: Received, *, error: str) -> None:
        """Move a message that can never be handled to the dead-letter queue, with the reason."""
        reason = {"error": {"DataType": "String", "StringValue": error[:1000] or "unknown"}}
        await self._sqs.send_message(QueueUrl=self._dead_url, MessageBody=message.body, MessageAttributes=reason)
        await self.delete(message)


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


class Sender:
    """Sends batches to any topic; what the queue did not take is reported, not raised."""

    def __init__(self, *, prefix: str, client: Any = None) -> None:
        self._prefix = prefix
        self._sqs = client or aws_client("sqs")
        self._urls: dict[Topic, str] = {}

    def send(self, topic: Topic, messages: Sequence[tuple[int, str]]) -> list[int]:
        """Send up to ten (id, body) messages; return the ids that the queue took."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in messages]
        answer = self._sqs.send_message_batch(QueueUrl=self._url(topic), Entries=entries)
        return [int(sent["Id"]) for sent in answer.get("Successful", ())]

    def count(self, topic: Topic) -> int:
        """Return about how many messages the queue holds: waiting, being handled and hidden until a retry."""
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url(topic), AttributeNames=list(COUNTS))
        return sum(int(answer["Attributes"].get(name, 0)) for name in COUNTS)

    def _url(self, topic: Topic) -> str:
        if topic not in self._urls:
            self._urls[topic] = self._sqs.get_queue_url(QueueName=queue_name(self._prefix, topic))["QueueUrl"]
        return self._urls[topic]
