"""What the API needs of AWS for all that comes in: uploads, connection tests, the queue that hears of images."""

from dataclasses import dataclass
from typing import Any

from domain.errors import Unavailable
from runtime.aws import AWS_ERRORS, AwsEndpoint, aws_client
from runtime.provision import queue_name
from runtime.source_checks import SourceChecker
from runtime.uploads import UploadStore
from schema.enums import Topic


class ImagesQueue:
    """Knows the ARN of the queue to which buckets send their events."""

    def __init__(self, *, prefix: str, client: Any = None) -> None:
        self._name = queue_name(prefix, Topic.IMAGES)
        self._sqs = client or aws_client("sqs")
        self._arn: str | None = None

    def get_arn(self) -> str:
        """Return the queue's ARN; raises Unavailable when SQS does not tell it."""
        if self._arn is None:
            try:
                url = self._sqs.get_queue_url(QueueName=self._name)["QueueUrl"]
                found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            except AWS_ERRORS as error:
                raise Unavailable("the queue of images does not answer; try again", part="sqs") from error
            self._arn = str(found["Attributes"]["QueueArn"])
        return self._arn

    def find_arn(self) -> str | None:
        try:
            return self.get_arn()
        except Unavailable:
            return None


@dataclass(frozen=True, slots=True)
class Incoming:
    uploads: UploadStore
    checker: SourceChecker
    images_queue: ImagesQueue


def build_incoming(*, queue_prefix: str, endpoint: AwsEndpoint | None = None) -> Incoming:
    """Build the parts; nothing is connected before it is used."""
    return Incoming(
        uploads=UploadStore(client=aws_client("s3", endpoint=endpoint)),
        checker=SourceChecker(endpoint=endpoint),
        images_queue=ImagesQueue(prefix=queue_prefix, client=aws_client("sqs", endpoint=endpoint)),
    )
