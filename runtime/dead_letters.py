"""What an operator sees of the queues and does about dead letters: how many, why, and back into their queue."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from runtime.provision import queue_name
from runtime.queues import BATCH, COUNTS
from schema.enums import Topic

# Long enough to look at or move what was received; then it is visible again by itself.
HELD_S = 60


@dataclass(frozen=True, slots=True)
class Depth:
    """About how many messages a queue holds, by what they do."""

    waiting: int
    in_flight: int
    delayed: int
    dead: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up; `error` is there when a worker said why."""

    id: str
    sent_at: datetime
    error: str | None
    attributes: Mapping[str, str]
    body: str


class QueueDesk:
    """The queues of one installation and their dead-letter queues."""

    def __init__(self, *, prefix: str, client: Any) -> None:
        self._prefix = prefix
        self._sqs = client

    def count(self, topic: Topic) -> Depth:
        live, dead = self._counts(self._url(topic)), self._counts(self._url(topic, dead=True))
        return Depth(
            waiting=live["ApproximateNumberOfMessages"],
            in_flight=live["ApproximateNumberOfMessagesNotVisible"],
            delayed=live["ApproximateNumberOfMessagesDelayed"],
            dead=sum(dead.values()),
        )

    def list_dead(self, topic: Topic, *, limit: int) -> list[DeadLetter]:
        """Look at dead letters without taking them away; those that somebody else looks at now are left out."""
        url = self._url(topic, dead=True)
        found = list(self._receive(url, limit=limit))
        for message in found:
            self._let_go(url, message)
        return sorted((_letter(message) for message in found), key=lambda letter: letter.sent_at)

    def redrive(self, topic: Topic, *, limit: int, on_done: Callable[[int], None]) -> int:
        """Move dead letters back into their queue; return how many.

        What dies while this runs is left there, or a message that nobody understands would go in circles.
        """
        live, dead = self._url(topic), self._url(topic, dead=True)
        moved, began = 0, datetime.now(UTC)
        for message in self._receive(dead, limit=limit):
            if _sent_at(message) > began:
                self._let_go(dead, message)
                break
            self._sqs.send_message(QueueUrl=live, MessageBody=message["Body"])
            self._sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
            on_done(1)
        return moved

    def _receive(self, url: str, *, limit: int) -> Iterator[dict[str, Any]]:
        """Yield messages, hidden from others meanwhile, until there are no more or enough."""
        left = limit
        while left > 0:
            answer = self._sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(left, BATCH),
                WaitTimeSeconds=1,
                VisibilityTimeout=HELD_S,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            messages = answer.get("Messages", ())
            if not messages:
                return
            yield from messages
            left -= len(messages)

    def _let_go(self, url: str, message: Mapping[str, Any]) -> None:
        self._sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)

    def _counts(self, url: str) -> dict[str, int]:
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(COUNTS))["Attributes"]
        return {name: int(found.get(name, 0)) for name in COUNTS}

    def _url(self, topic: Topic, *, dead: bool = False) -> str:
        return str(self._sqs.get_queue_url(QueueName=queue_name(self._prefix, topic, dead=dead))["QueueUrl"])


def _sent_at(message: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)


def _letter(message: Mapping[str, Any]) -> DeadLetter:
    given = {name: str(value.get("StringValue", "")) for name, value in message.get("MessageAttributes", {}).items()}
    return DeadLetter(
        id=message["MessageId"],
        sent_at=_sent_at(message),
        error=given.pop("error", None),
        attributes=given | {name: str(value) for name, value in message.get("Attributes", {}).items()},
        body=message["Body"],
    )
