"""Tells when nothing is in motion any more: states, outbox and queues are empty, and a whole listing of the bucket
since then has found nothing to announce. A lost event moves nothing until somebody lists; hence the last condition."""

from collections.abc import Mapping
from typing import Any, Final

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from bench.chaos.reading import read_marks, read_moving
from runtime.aws import AwsEndpoint, aws_client
from runtime.provision import queue_name
from schema.enums import Topic

COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
# A listing may have been under way when the last thing moved; the one after it was not.
LISTINGS: Final = 2


class Rest:
    """Watches one stack; ask it every half second or so."""

    def __init__(self, *, database_url: str, endpoint: AwsEndpoint, queue_prefix: str) -> None:
        self._database_url = database_url
        self._sqs: Any = aws_client("sqs", endpoint=endpoint)
        self._prefix = queue_prefix
        self._urls: dict[str, str] = {}
        self._written: int | None = None
        self._listed: tuple[Any, ...] = ()
        self._listings = 0

    def find_moving(self) -> Mapping[str, int]:
        """Return what moves, by name; empty when nothing does."""
        try:
            moving = read_moving(self._database_url) | self.count_messages()
            written, listed = read_marks(self._database_url)
        except (psycopg.Error, BotoCoreError, ClientError) as error:
            self._written = None
            return {f"no answer ({type(error).__name__})": 1}
        if moving or written != self._written:
            self._written, self._listed, self._listings = written, listed, 0
            return moving or {"messages written just now": 1}
        if listed and listed != self._listed:
            self._listed = listed
            self._listings += 1
        return {} if self._listings >= LISTINGS else {"listings to wait for": LISTINGS - self._listings}

    def count_messages(self) -> dict[str, int]:
        """Count the messages of each queue, hidden and delayed ones too."""
        counts = {f"messages in {topic}": self._count(queue_name(self._prefix, topic)) for topic in Topic}
        return {name: n for name, n in counts.items() if n}

    def count_dead(self) -> int:
        """Count what lies in the dead-letter queues."""
        return sum(self._count(queue_name(self._prefix, topic, dead=True)) for topic in Topic)

    def _count(self, name: str) -> int:
        if name not in self._urls:
            self._urls[name] = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._urls[name], AttributeNames=list(COUNTS))
        return sum(int(answer["Attributes"].get(count, 0)) for count in COUNTS)
