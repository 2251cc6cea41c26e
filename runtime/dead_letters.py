"""Dead-letter queues of SQS: counted, taken off for the desk, or moved straight back into their queues.

Knows no database: `domain/dead_letters` files what is taken.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.dead_letters.rules import DeadMessage
from runtime.provision import queue_name
from runtime.queues import BATCH, COUNTS
from schema.enums import Topic

# Long enough to file or move what was received; then it is visible again by itself.
HELD_S = 60
# The queue itself moved a message that has this; whatever is attached to it is of an earlier time that it died.
_MOVED = "DeadLetterQueueSourceArn"


@dataclass(frozen=True, slots=True)
class Depth:
    """About how many messages a queue holds, by what they do; `dead` are those that nobody has filed."""

    waiting: int
    in_flight: int
    delayed: int
    dead: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A dead letter that is hidden from others for a minute; `receipt` ends that."""

    message: DeadMessage
    receipt: str


class DeadQueues:
    """The queues of one installation and their dead-letter queues."""

    def __init__(self, *, prefix: str, client: Any) -> None:
        self._prefix = prefix
        self._sqs = client
        self._urls: dict[tuple[Topic, bool], str] = {}

    def count(self, topic: Topic) -> Depth:
        live, dead = self._counts(self.url(topic)), self._counts(self.url(topic, dead=True))
        return Depth(
            waiting=live["ApproximateNumberOfMessages"],
            in_flight=live["ApproximateNumberOfMessagesNotVisible"],
            delayed=live["ApproximateNumberOfMessagesDelayed"],
            dead=sum(dead.values()),
        )

    def take(self, topic: Topic, *, wait_s: int = 0) -> list[Taken]:
        """Return up to ten dead letters, hidden from others; none when there are none, or the rest is hidden."""
        answer = self._sqs.receive_message(
            QueueUrl=self.url(topic, dead=True),
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=wait_s,
            VisibilityTimeout=HELD_S,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return [_taken(topic, message) for message in answer.get("Messages", ())]

    def delete(self, topic: Topic, letters: Sequence[Taken]) -> None:
        """Delete up to ten letters; one that stays is taken again, and filed once."""
        entries = [{"Id": str(i), "ReceiptHandle": letter.receipt} for i, letter in enumerate(letters)]
        self._sqs.delete_message_batch(QueueUrl=self.url(topic, dead=True), Entries=entries)

    def let_go(self, topic: Topic, letters: Sequence[Taken]) -> None:
        """Make letters visible again at once."""
        for letter in letters:
            self._sqs.change_message_visibility(
                QueueUrl=self.url(topic, dead=True), ReceiptHandle=letter.receipt, VisibilityTimeout=0
            )

    def send_back(self, topic: Topic, letter: Taken) -> None:
        """Send a letter's text to its queue, without what was attached to it, and delete the letter."""
        self._sqs.send_message(QueueUrl=self.url(topic), MessageBody=letter.message.body)
        self._sqs.delete_message(QueueUrl=self.url(topic, dead=True), ReceiptHandle=letter.receipt)

    def url(self, topic: Topic, *, dead: bool = False) -> str:
        if (topic, dead) not in self._urls:
            name = queue_name(self._prefix, topic, dead=dead)
            self._urls[topic, dead] = str(self._sqs.get_queue_url(QueueName=name)["QueueUrl"])
        return self._urls[topic, dead]

    def arn(self, topic: Topic, *, dead: bool = False) -> str:
        wanted = {"QueueUrl": self.url(topic, dead=dead), "AttributeNames": ["QueueArn"]}
        return str(self._sqs.get_queue_attributes(**wanted)["Attributes"]["QueueArn"])

    def _counts(self, url: str) -> dict[str, int]:
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(COUNTS))["Attributes"]
        return {name: int(found.get(name, 0)) for name in COUNTS}


def _taken(topic: Topic, message: Mapping[str, Any]) -> Taken:
    attributes = message.get("Attributes", {})
    letter = DeadMessage(
        queue=topic,
        id=message["MessageId"],
        body=message["Body"],
        said={} if _MOVED in attributes else dict(_texts(message.get("MessageAttributes", {}))),
        receives=int(attributes.get("ApproximateReceiveCount", 1)),
        sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
    )
    return Taken(letter, message["ReceiptHandle"])


def _texts(attributes: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        if "StringValue" in value:
            yield name, str(value["StringValue"])
