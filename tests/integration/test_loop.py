"""The consumer loop against real queues: acknowledged once done, retried when not, never run twice at a time."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from schema.enums import Topic
from tests.harness import Stack
from tests.integration.real_loop import consume, counts
from workers.work import Work


class Recorder:
    """A handler that remembers its calls and does what the test says."""

    def __init__(self, act: Callable[[int], None] = lambda _: None) -> None:
        self.calls: list[dict[str, Any]] = []
        self._act = act
        self._lock = threading.Lock()

    def __call__(self, work: Work, body: dict[str, Any]) -> None:
        with self._lock:
            self.calls.append(body)
            number = len(self.calls)
        self._act(number)


def send(stack: Stack, topic: Topic, body: object) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    stack.sqs.send_message(QueueUrl=stack.queue_url(topic), MessageBody=text)


@pytest.mark.usefixtures("aws")
def test_handled_messages_are_deleted(stack: Stack) -> None:
    handler = Recorder()
    for number in range(12):
        send(stack, Topic.DECIDE, {"number": number})
    consume(stack, Topic.DECIDE, handler, until=lambda: counts(stack, Topic.DECIDE) == 0)
    assert sorted(body["number"] for body in handler.calls) == list(range(12))


@pytest.mark.usefixtures("aws")
def test_failed_message_comes_back_and_succeeds(stack: Stack) -> None:
    def fail_once(number: int) -> None:
        if number == 1:
            raise RuntimeError("the first try fails")

    handler = Recorder(fail_once)
    send(stack, Topic.DECIDE, {"number": 1})
    consume(stack, Topic.DECIDE, handler, until=lambda: counts(stack, Topic.DECIDE) == 0)
    assert len(handler.calls) == 2


@pytest.mark.usefixtures("aws")
def test_handler_that_outlasts_the_visibility_timeout_is_not_run_twice(stack: Stack) -> None:
    object.__setattr__(stack.work, "settings", stack.settings.model_copy(update={"visibility_timeout_s": 1}))
    stack.sqs.set_queue_attributes(QueueUrl=stack.queue_url(Topic.DECIDE), Attributes={"VisibilityTimeout": "1"})
    handler = Recorder(lambda _: time.sleep(3.5))
    send(stack, Topic.DECIDE, {"number": 1})
    consume(stack, Topic.DECIDE, handler, until=lambda: counts(stack, Topic.DECIDE) == 0)
    assert len(handler.calls) == 1


@pytest.mark.usefixtures("aws")
def test_text_that_is_no_message_is_buried_with_the_reason(stack: Stack) -> None:
    send(stack, Topic.DECIDE, "no JSON at all")
    consume(stack, Topic.DECIDE, Recorder(), until=lambda: counts(stack, Topic.DECIDE, dead=True) == 1)
    url = stack.queue_url(Topic.DECIDE, dead=True)
    [buried] = stack.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    said = {name: value["StringValue"] for name, value in buried["MessageAttributes"].items()}
    assert said == {"reason": "message_unknown", "error": "the message is not JSON", "attempts": "1"}
    assert counts(stack, Topic.DECIDE) == 0


@pytest.mark.usefixtures("aws")
def test_stop_finishes_what_was_received(stack: Stack) -> None:
    handler = Recorder(lambda _: time.sleep(1.0))
    send(stack, Topic.DECIDE, {"number": 1})
    consume(stack, Topic.DECIDE, handler, until=lambda: len(handler.calls) == 1)
    assert counts(stack, Topic.DECIDE) == 0
