"""The outbox: sent once it is due, by any number of relays, and lost by none."""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import text

from domain.outbox.queries import insert_message
from domain.scope import Scope
from runtime.queues import Sender
from schema.enums import Topic
from schema.messages import DecideMessage, ImageMessage
from tests.harness import Stack
from workers.relay import relay_batch


def enqueue(stack: Stack, count: int, *, delay_s: float = 0.0) -> None:
    with stack.database.begin(Scope(1)) as session:
        for number in range(1, count + 1):
            message = ImageMessage(client_org=1, image_id=number)
            insert_message(session, Topic.IMAGES, number, message, delay_s=delay_s)


def left(stack: Stack) -> int:
    with stack.relay_database.begin(None) as session:
        return int(session.execute(text("SELECT count(*) FROM outbox")).scalar_one())


def sent(stack: Stack) -> Counter[int]:
    bodies = [json.loads(body) for body in stack.receive_all(Topic.IMAGES)]
    return Counter(b["body"]["image_id"] for b in bodies if "body" in b)


def test_two_relays_send_every_message_once(stack: Stack) -> None:
    enqueue(stack, 60)
    threads = [threading.Thread(target=stack.relay) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stack.relay()
    assert sent(stack) == Counter(range(1, 61))
    assert left(stack) == 0


def test_message_that_is_not_due_waits(stack: Stack) -> None:
    enqueue(stack, 1, delay_s=60)
    assert stack.relay() == 0
    assert left(stack) == 1


def test_message_leaves_only_when_its_transaction_has_committed(stack: Stack) -> None:
    with stack.database.begin(Scope(1)) as session:
        insert_message(session, Topic.IMAGES, 1, ImageMessage(client_org=1, image_id=1))
        session.flush()
        assert stack.relay() == 0
    assert stack.relay() == 1


class BrokenSender(Sender):
    """A queue that is out of order."""

    def send(self, topic: Topic, messages: Sequence[tuple[int, str]]) -> list[int]:
        raise ConnectionError("SQS does not answer")


class DecideBrokenSender(Sender):
    """Of all queues the one of decisions is out of order."""

    def send(self, topic: Topic, messages: Sequence[tuple[int, str]]) -> list[int]:
        if topic is Topic.DECIDE:
            raise ConnectionError("this queue does not answer")
        return super().send(topic, messages)


class HalfSender(Sender):
    """A queue that takes the first message of each batch only."""

    def send(self, topic: Topic, messages: Sequence[tuple[int, str]]) -> list[int]:
        return super().send(topic, messages[:1])


def test_outage_of_the_queue_loses_nothing(stack: Stack) -> None:
    enqueue(stack, 5)
    broken = BrokenSender(prefix=stack.settings.queue_prefix, client=stack.sqs)
    assert relay_batch(stack.relay_database, broken, now=datetime.now(UTC)) == 0
    assert left(stack) == 5
    stack.relay()
    assert sent(stack) == Counter(range(1, 6))


def test_topic_whose_queue_is_out_of_order_holds_up_no_other(stack: Stack) -> None:
    with stack.database.begin(Scope(1)) as session:
        for number in range(1, 21):
            insert_message(session, Topic.DECIDE, number, DecideMessage(client_org=1, task_id=number, submits=1))
    enqueue(stack, 5)
    half_broken = DecideBrokenSender(prefix=stack.settings.queue_prefix, client=stack.sqs)
    for _ in range(3):
        relay_batch(stack.relay_database, half_broken, now=datetime.now(UTC))
    assert sent(stack) == Counter(range(1, 6))
    assert left(stack) == 20


def test_messages_that_the_queue_did_not_take_are_sent_later(stack: Stack) -> None:
    enqueue(stack, 5)
    half = HalfSender(prefix=stack.settings.queue_prefix, client=stack.sqs)
    assert relay_batch(stack.relay_database, half, now=datetime.now(UTC)) == 1
    assert left(stack) == 4
    stack.relay()
    assert sent(stack) == Counter(range(1, 6))
