"""What the relay is told of a batch: taken, refused for good, or to be sent again."""

from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from runtime.aws import Patience, client_config
from runtime.queues import MOST_BATCH_BYTES, Sender, Sent
from schema.enums import Topic

MESSAGES = [(1, "one"), (2, "two")]


class Sqs:
    """A queue that answers what it is told to, one answer a request; an error is raised."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self.answers = list(answers)
        self.batches: list[list[str]] = []

    def get_queue_url(self, **_: Any) -> dict[str, str]:
        return {"QueueUrl": "u"}

    def send_message_batch(self, *, Entries: Sequence[dict[str, str]], **_: Any) -> dict[str, Any]:  # noqa: N803 - as boto3 names it
        self.batches.append([entry["Id"] for entry in Entries])
        answer: dict[str, Any] | Exception = {"Successful": [{"Id": entry["Id"]} for entry in Entries]}
        answer = self.answers.pop(0) if self.answers else answer
        if isinstance(answer, Exception):
            raise answer
        return answer


def send(sqs: Sqs, messages: Sequence[tuple[int, str]] = MESSAGES) -> Sent:
    return Sender(prefix="p", client=sqs).send(Topic.IMAGES, messages)


def failed(code: str, *, sender_fault: bool) -> dict[str, Any]:
    entry = {"Id": "2", "Code": code, "Message": "why", "SenderFault": sender_fault}
    return {"Successful": [{"Id": "1"}], "Failed": [entry]}


def test_what_the_sender_is_at_fault_for_is_refused_for_good() -> None:
    sent = send(Sqs(failed("InvalidMessageContents", sender_fault=True)))
    assert (sent.taken, sent.refused) == ([1], {2: "InvalidMessageContents: why"})


@pytest.mark.parametrize(
    ("code", "sender_fault"),
    [("InternalError", False), ("KMS.ThrottlingException", True), ("KmsAccessDenied", True), ("OverLimit", True)],
)
def test_what_another_time_or_another_key_mends_is_sent_again(code: str, sender_fault: bool) -> None:
    sent = send(Sqs(failed(code, sender_fault=sender_fault)))
    assert (sent.taken, sent.refused) == ([1], {})


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.BatchRequestTooLong", "InvalidParameterValue"])
def test_single_message_that_is_too_large_for_any_request_is_refused(code: str) -> None:
    too_large = ClientError({"Error": {"Code": code, "Message": "too long"}}, "SendMessageBatch")
    assert send(Sqs(too_large), [(1, "x")]).refused == {1: f"{code}: too long"}


def test_request_that_fails_is_raised() -> None:
    with pytest.raises(ConnectTimeoutError):
        send(Sqs(ConnectTimeoutError(endpoint_url="u")))


def test_batch_is_cut_by_size_and_a_large_message_goes_alone() -> None:
    sqs, half = Sqs(), "x" * (MOST_BATCH_BYTES // 2)
    sent = send(sqs, [(1, half), (2, half), (3, "é"), (4, half * 3), (5, "a"), (6, "b")])
    assert sqs.batches == [["1", "2"], ["3"], ["4"], ["5", "6"]]
    assert sent.taken == [1, 2, 3, 4, 5, 6]


def test_what_left_before_a_request_failed_counts() -> None:
    whole = "x" * MOST_BATCH_BYTES
    ok = {"Successful": [{"Id": "1"}]}
    sent = send(Sqs(ok, ConnectTimeoutError(endpoint_url="u")), [(1, whole), (2, whole), (3, whole)])
    assert (sent.taken, sent.refused) == ([1], {})


def test_patience_of_one_attempt_never_repeats() -> None:
    assert client_config(path_style=True, patience=Patience(attempts=1)).retries["total_max_attempts"] == 1
