"""Makes the bucket, the queues and the bucket notifications that the stack needs, idempotently. On AWS Terraform does
this; the calls are the same, so they also work there. Never deletes anything."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from domain.sources.setup import EVENTS
from runtime.aws import DEFAULT_REGION, LONG_POLL_S, AwsEndpoint, aws_client
from schema.enums import Topic

DAY_S: Final = 86_400
SOURCE_RETENTION_S: Final = 4 * DAY_S
# A dead letter keeps the age of its first sending, so its queue must keep messages longer than the source queue.
DEAD_RETENTION_S: Final = 14 * DAY_S
UNFINISHED_DAYS: Final = 7
# A worker gives a message up at the `max_receives`-th delivery and says why. The queue itself waits for some more:
# those that were handed back unbegun, or whose worker was killed, say nothing against a message.
SPARE_RECEIVES: Final = 5
_UNFINISHED: Final = "plumbline-unfinished-uploads"


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue: its address for clients and its ARN for policies and notifications."""

    url: str
    arn: str


def queue_name(prefix: str, topic: Topic, *, dead: bool = False) -> str:
    """Return `<prefix>-<topic>`, or `<prefix>-<topic>-dead` for its dead-letter queue."""
    return f"{prefix}-{topic}-dead" if dead else f"{prefix}-{topic}"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def ensure_bucket(s3: Any, name: str) -> bool:
    """Create the bucket unless it is there and ours; returns whether it was created.

    Raises botocore's ClientError (403) when the name belongs to somebody else.
    """
    try:
        s3.head_bucket(Bucket=name)
        return False
    except ClientError as error:
        if _code(error) not in ("404", "NoSuchBucket", "NotFound"):
            raise
    region = s3.meta.region_name
    place = {} if region == DEFAULT_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=name, **place)
    except ClientError as error:
        if _code(error) != "BucketAlreadyOwnedByYou":
            raise
        return False
    return True


def _ensure_queue(sqs: Any, name: str, attributes: Mapping[str, str]) -> Queue:
    # create_queue refuses a queue that has other attributes, so an existing one is brought up to date instead.
    try:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes=dict(attributes))
    except ClientError as error:
        if not _code(error).endswith(("NonExistentQueue", "QueueDoesNotExist")):
            raise
        url = sqs.create_queue(QueueName=name, Attributes=dict(attributes))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return Queue(url=url, arn=arn)


def _s3_may_send(arn: str) -> str:
    """Return a queue policy that lets S3 of the queue's own account send events."""
    account = arn.split(":")[4]
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "EventsOfBuckets",
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": arn,
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                }
            ],
        }
    )


def ensure_queues(sqs: Any, *, prefix: str, visibility_timeout_s: int, max_receives: int) -> dict[Topic, Queue]:
    """Create or update the queue and dead-letter queue of every topic; returns the queues that consumers read."""
    queues: dict[Topic, Queue] = {}
    for topic in Topic:
        dead = _ensure_queue(
            sqs, queue_name(prefix, topic, dead=True), {"MessageRetentionPeriod": str(DEAD_RETENTION_S)}
        )
        redrive = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": max_receives + SPARE_RECEIVES}
        queues[topic] = _ensure_queue(
            sqs,
            queue_name(prefix, topic),
            {
                "VisibilityTimeout": str(visibility_timeout_s),
                "ReceiveMessageWaitTimeSeconds": str(LONG_POLL_S),
                "MessageRetentionPeriod": str(SOURCE_RETENTION_S),
                "RedrivePolicy": json.dumps(redrive),
            },
        )
    images = queues[Topic.IMAGES]
    sqs.set_queue_attributes(QueueUrl=images.url, Attributes={"Policy": _s3_may_send(images.arn)})
    return queues


def provision(
    *,
    bucket: str,
    upload_bucket: str,
    queue_prefix: str,
    visibility_timeout_s: int,
    max_receives: int,
    endpoint: AwsEndpoint | None = None,
) -> dict[Topic, Queue]:
    """Make our own buckets and all queues; running it again changes nothing.

    `upload_bucket` is heard of like a client's bucket: what people upload comes in the way everything does.
    """
    s3 = aws_client("s3", endpoint=endpoint)
    for name in (bucket, upload_bucket):
        ensure_bucket(s3, name)
        forget_unfinished_uploads(s3, name)
    queues = ensure_queues(
        aws_client("sqs", endpoint=endpoint),
        prefix=queue_prefix,
        visibility_timeout_s=visibility_timeout_s,
        max_receives=max_receives,
    )
    connect_bucket(upload_bucket, prefix="", queue_prefix=queue_prefix, endpoint=endpoint)
    return queues


def forget_unfinished_uploads(s3: Any, bucket: str) -> None:
    """Have S3 throw away uploads that were never completed, keeping the bucket's other lifecycle rules."""
    try:
        rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except ClientError as error:
        if _code(error) != "NoSuchLifecycleConfiguration":
            raise
        rules = []
    ours = {
        "ID": _UNFINISHED,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_DAYS},
    }
    others = [rule for rule in rules if rule.get("ID") != _UNFINISHED]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [*others, ours]})


def _notification_id(prefix: str) -> str:
    return f"plumbline-{hashlib.sha256(prefix.encode()).hexdigest()[:16]}"


def connect_bucket(bucket: str, *, prefix: str, queue_prefix: str, endpoint: AwsEndpoint | None = None) -> None:
    """Send events of all objects of `bucket` below `prefix` to the images queue, creating the bucket if absent.

    Notifications that others configured on the bucket are kept; ours for this prefix is replaced.
    """
    s3, sqs = aws_client("s3", endpoint=endpoint), aws_client("sqs", endpoint=endpoint)
    ensure_bucket(s3, bucket)
    url = sqs.get_queue_url(QueueName=queue_name(queue_prefix, Topic.IMAGES))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    wanted: dict[str, Any] = {"Id": _notification_id(prefix), "QueueArn": arn, "Events": list(EVENTS)}
    if prefix:
        wanted["Filter"] = {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}
    present = s3.get_bucket_notification_configuration(Bucket=bucket)
    present.pop("ResponseMetadata", None)
    others = [entry for entry in present.get("QueueConfigurations", []) if entry["Id"] != wanted["Id"]]
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={**present, "QueueConfigurations": [*others, wanted]}
    )
