"""Dead letters straight back on SQS: with its own call, told by a client that answers as AWS does, and without it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from runtime.aws import AwsEndpoint, aws_client
from runtime.dead_letters import DeadQueues, Taken
from runtime.moving import MoveFailed, move_back
from schema.enums import Topic
from tests.harness import Stack
from tests.integration.letters import bury_text, queues_of

LIVE, DEAD = "https://sqs/decide", "https://sqs/decide-dead"
LIVE_ARN, DEAD_ARN = "arn:aws:sqs:us-east-1:1:decide", "arn:aws:sqs:us-east-1:1:decide-dead"


@pytest.fixture
def sqs() -> Any:
    return aws_client("sqs", endpoint=AwsEndpoint("http://127.0.0.1:9", "us-east-1", "test", "test"))


@pytest.fixture
def aws(sqs: Any) -> Iterator[Stubber]:
    """AWS as it answers what comes before a move; every parameter is checked against its description."""
    with Stubber(sqs) as stub:
        count = {"Attributes": {"ApproximateNumberOfMessages": "3"}}
        for url in (LIVE, DEAD):
            stub.add_response("get_queue_url", {"QueueUrl": url})
            stub.add_response("get_queue_attributes", count)
        for arn in (DEAD_ARN, LIVE_ARN):
            stub.add_response("get_queue_attributes", {"Attributes": {"QueueArn": arn}})
        yield stub
        stub.assert_no_pending_responses()


def started(aws: Stubber, *, rate: int) -> None:
    wanted = {"SourceArn": DEAD_ARN, "DestinationArn": LIVE_ARN, "MaxNumberOfMessagesPerSecond": rate}
    aws.add_response("start_message_move_task", {"TaskHandle": "h"}, wanted)


def looked(aws: Stubber, status: str, moved: int, **more: Any) -> None:
    task = {"Status": status, "ApproximateNumberOfMessagesMoved": moved, "ApproximateNumberOfMessagesToMove": 3} | more
    aws.add_response("list_message_move_tasks", {"Results": [task]}, {"SourceArn": DEAD_ARN, "MaxResults": 1})


def move(sqs: Any, *, rate: int = 50) -> tuple[int, list[int]]:
    told: list[int] = []
    queues = DeadQueues(prefix="p", client=sqs)
    moved = move_back(queues, sqs, Topic.DECIDE, rate_per_s=rate, on_moved=told.append, sleep=lambda _: None)
    return moved, told


def test_aws_moves_at_the_rate_and_is_waited_for(sqs: Any, aws: Stubber) -> None:
    started(aws, rate=50)
    looked(aws, "RUNNING", 0)
    looked(aws, "RUNNING", 2)
    looked(aws, "COMPLETED", 3)
    assert move(sqs) == (3, [0, 2, 1])


def test_aws_is_stopped_once_what_was_there_has_moved(sqs: Any, aws: Stubber) -> None:
    """Or what dies meanwhile would go in circles."""
    started(aws, rate=50)
    looked(aws, "RUNNING", 3)
    aws.add_response("cancel_message_move_task", {"ApproximateNumberOfMessagesMoved": 3}, {"TaskHandle": "h"})
    looked(aws, "CANCELLING", 4)
    looked(aws, "CANCELLED", 4)
    assert move(sqs)[0] == 4


def test_task_that_ended_before_it_was_stopped_is_as_good(sqs: Any, aws: Stubber) -> None:
    started(aws, rate=50)
    looked(aws, "RUNNING", 3)
    aws.add_client_error("cancel_message_move_task", "ResourceNotFoundException")
    looked(aws, "COMPLETED", 3)
    assert move(sqs)[0] == 3


def test_task_that_fails_says_why(sqs: Any, aws: Stubber) -> None:
    started(aws, rate=50)
    looked(aws, "FAILED", 1, FailureReason="CouldNotDetermineMessageSource")
    with pytest.raises(MoveFailed, match="CouldNotDetermineMessageSource"):
        move(sqs)


def test_refusal_of_aws_is_no_missing_call(sqs: Any, aws: Stubber) -> None:
    aws.add_client_error("start_message_move_task", "AccessDenied")
    with pytest.raises(sqs.exceptions.ClientError, match="AccessDenied"):
        move(sqs)


def test_missing_call_is_made_up_for_one_by_one(sqs: Any, aws: Stubber) -> None:
    aws.add_client_error("start_message_move_task", "InvalidAction")
    letter = {"MessageId": "m", "ReceiptHandle": "r", "Body": "x", "Attributes": {"SentTimestamp": "1000"}}
    aws.add_response("receive_message", {"Messages": [letter]})
    aws.add_response(
        "send_message", {"MessageId": "n", "MD5OfMessageBody": "x"}, {"QueueUrl": LIVE, "MessageBody": "x"}
    )
    aws.add_response("delete_message", {}, {"QueueUrl": DEAD, "ReceiptHandle": "r"})
    aws.add_response("receive_message", {})
    assert move(sqs) == (1, [1])


def test_letters_are_sent_no_faster_than_asked(stack: Stack) -> None:
    bury_text(stack, Topic.DECIDE, "a", "b", "c")
    pauses: list[float] = []
    moved = move_back(
        queues_of(stack), stack.sqs, Topic.DECIDE, rate_per_s=1, on_moved=lambda _: None, sleep=pauses.append
    )
    assert moved == 3
    assert sum(pauses) > 1  # the third waits for two seconds at least, less what the calls took


class Younger(DeadQueues):
    """A letter that is called `again` died after the move began."""

    def take(self, topic: Topic, *, wait_s: int = 0) -> list[Taken]:
        return [self._aged(letter) for letter in super().take(topic, wait_s=wait_s)]

    def _aged(self, letter: Taken) -> Taken:
        if letter.message.body != "again":
            return letter
        return replace(letter, message=replace(letter.message, sent_at=datetime.now(UTC) + timedelta(hours=1)))


def test_what_dies_meanwhile_is_left_where_it_is(stack: Stack) -> None:
    bury_text(stack, Topic.DECIDE, "first", "again", "second")
    queues = Younger(prefix=stack.settings.queue_prefix, client=stack.sqs)
    assert move_back(queues, stack.sqs, Topic.DECIDE, rate_per_s=500, on_moved=lambda _: None) == 2
    assert sorted(stack.receive_all(Topic.DECIDE)) == ["first", "second"]
    assert [letter.message.body for letter in queues.take(Topic.DECIDE)] == ["again"]
