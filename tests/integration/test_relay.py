"""The outbox: sent once it is due, by any number of relays, and lost by none."""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.outbox.queries import insert_message
from domain.scope import Scope
from domain.tracing import following
from runtime.queues import Sender, Sent
from schema.enums import OrganisationKind, Topic
from schema.messages import DecideMessage, ImageMessage, KeyMessage
from tests.harness import Stack
from workers.relay import relay_batch, run_relay

MOST_BYTES = 1_048_576  # of a message, as the emulator and SQS have it


def insert_verbatim(session: Session, topic: Topic, key: int, body: str) -> None:
    """Write a text that leaves as it is, like a dead letter on its way back."""
    values = {"topic": topic.value, "key": key, "verbatim": body}
    session.execute(text("INSERT INTO outbox (topic, key, verbatim) VALUES (:topic, :key, :verbatim)"), values)


def enqueue(stack: Stack, count: int, *, delay_s: float = 0.0) -> None:
    with stack.database.begin(Scope(1)) as session:
        for number in range(1, count + 1):
            message = ImageMessage(client_org=1, image_id=number)
            insert_message(session, Topic.IMAGES, number, message, delay_s=delay_s)


def enqueue_decisions(stack: Stack, count: int) -> None:
    with stack.database.begin(Scope(1)) as session:
        for number in range(1, count + 1):
            insert_message(session, Topic.DECIDE, number, DecideMessage(client_org=1, task_id=number, submits=1))


def left(stack: Stack) -> int:
    with stack.relay_database.begin(None) as session:
        return int(session.execute(text("SELECT count(*) FROM outbox")).scalar_one())


def envelopes(stack: Stack, topic: Topic = Topic.IMAGES) -> list[dict[str, object]]:
    return [found for found in map(json.loads, stack.receive_all(topic)) if "body" in found]


def sent(stack: Stack) -> Counter[int]:
    return Counter(e["body"]["image_id"] for e in envelopes(stack))  # type: ignore[index]


def lag_s() -> float:
    return REGISTRY.get_sample_value("plumbline_outbox_lag_seconds") or 0.0


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


def test_envelope_carries_the_trace_of_what_it_announces(stack: Stack) -> None:
    trace_id = uuid4()
    with following(trace_id):
        enqueue(stack, 1)
    stack.relay()
    [one] = envelopes(stack)
    assert str(one["trace"]).split("-")[1] == trace_id.hex


class BrokenSender(Sender):
    """A queue that is out of order."""

    def send(self, topic: Topic, messages: Sequence[tuple[int, str]]) -> Sent:
        raise ConnectionError("SQS does not answer")


class DecideBrokenSender(Sender):
    """Of all queues the one of decisions is out of order."""

    decide_asked = 0

    def send(self, topic: Topic, messages: Sequence[tuple[int, str]]) -> Sent:
        if topic is Topic.DECIDE:
            self.decide_asked += 1
            raise ConnectionError("this queue does not answer")
        return super().send(topic, messages)


class DecideHangingSender(Sender):
    """Of all queues the one of decisions takes and never answers, until `go`."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(prefix=stack.settings.queue_prefix, client=stack.sqs)
        self.go = threading.Event()

    def send(self, topic: Topic, messages: Sequence[tuple[int, str]]) -> Sent:
        if topic is Topic.DECIDE:
            self.go.wait(30)
        return super().send(topic, messages)


class HalfSender(Sender):
    """A queue that takes the first message of each batch only."""

    def send(self, topic: Topic, messages: Sequence[tuple[int, str]]) -> Sent:
        return super().send(topic, messages[:1])


class DyingSender(Sender):
    """Whoever sends dies when the queue has taken the batch, before its rows are deleted."""

    def send(self, topic: Topic, messages: Sequence[tuple[int, str]]) -> Sent:
        super().send(topic, messages)
        raise SystemExit("killed")


def test_outage_of_the_queue_loses_nothing(stack: Stack) -> None:
    enqueue(stack, 5)
    broken = BrokenSender(prefix=stack.settings.queue_prefix, client=stack.sqs)
    assert relay_batch(stack.relay_database, broken) == 0
    assert left(stack) == 5
    stack.relay()
    assert sent(stack) == Counter(range(1, 6))


def test_lag_is_told_while_nothing_can_leave(stack: Stack) -> None:
    with stack.relay_database.begin(None) as session:
        session.execute(
            text(
                "INSERT INTO outbox (topic, key, body, not_before, created_at) VALUES "
                "('images', 1, '{}', now() - interval '90 s', now() - interval '1 day'), "
                "('decide', 1, '{}', now() + interval '90 s', now() - interval '1 day')"
            )
        )
    relay_batch(stack.relay_database, BrokenSender(prefix=stack.settings.queue_prefix, client=stack.sqs))
    assert 90 <= lag_s() < 600


def test_lag_of_an_empty_outbox_is_none(stack: Stack) -> None:
    enqueue(stack, 1, delay_s=60)
    stack.relay()
    assert lag_s() == 0.0


def test_topic_whose_queue_is_out_of_order_holds_up_no_other(stack: Stack) -> None:
    enqueue_decisions(stack, 20)
    enqueue(stack, 5)
    half_broken = DecideBrokenSender(prefix=stack.settings.queue_prefix, client=stack.sqs)
    for _ in range(3):
        relay_batch(stack.relay_database, half_broken)
    assert sent(stack) == Counter(range(1, 6))
    assert left(stack) == 20


def relaying(stack: Stack, sender: Sender, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=run_relay, args=(stack.relay_database, sender, stop))
    thread.start()
    return thread


def wait_until_left(stack: Stack, count: int) -> None:
    for _ in range(600):
        if left(stack) == count:
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"{left(stack)} messages are left instead of {count}")


def test_topic_whose_queue_hangs_holds_up_no_other(stack: Stack) -> None:
    enqueue_decisions(stack, 1)
    enqueue(stack, 25)
    sender, stop = DecideHangingSender(stack), threading.Event()
    thread = relaying(stack, sender, stop)
    try:
        wait_until_left(stack, 1)  # the decision is still being sent
        assert sent(stack) == Counter(range(1, 26))
        sender.go.set()
        wait_until_left(stack, 0)
    finally:
        sender.go.set()
        stop.set()
        thread.join()


def test_queue_that_is_out_of_order_is_not_hammered(stack: Stack) -> None:
    enqueue_decisions(stack, 1)
    sender = DecideBrokenSender(prefix=stack.settings.queue_prefix, client=stack.sqs)
    stop = threading.Event()
    thread = relaying(stack, sender, stop)
    stop.wait(1.5)
    stop.set()
    thread.join()
    # At 0, 0.25, 0.75 and 1.75 s, and not with each look at the outbox.
    assert 1 <= sender.decide_asked <= 4


def test_messages_that_the_queue_did_not_take_are_sent_later(stack: Stack) -> None:
    enqueue(stack, 5)
    half = HalfSender(prefix=stack.settings.queue_prefix, client=stack.sqs)
    assert relay_batch(stack.relay_database, half) == 1
    assert left(stack) == 4
    stack.relay()
    assert sent(stack) == Counter(range(1, 6))


def test_batch_that_was_sent_and_not_deleted_comes_again_under_the_same_ids(stack: Stack) -> None:
    enqueue(stack, 3)
    with pytest.raises(SystemExit):
        relay_batch(stack.relay_database, DyingSender(prefix=stack.settings.queue_prefix, client=stack.sqs))
    stack.relay()
    ids = Counter(e["id"] for e in envelopes(stack))
    assert sorted(ids.values()) == [2, 2, 2]


def test_batch_larger_than_a_request_leaves_in_several(stack: Stack) -> None:
    with stack.relay_database.begin(None) as session:
        for number in range(10):
            insert_verbatim(session, Topic.RELEASE, number, json.dumps({"n": number, "filling": "é" * 100_000}))
    assert stack.relay() == 10
    assert sorted(json.loads(body)["n"] for body in stack.receive_all(Topic.RELEASE)) == list(range(10))


@pytest.mark.parametrize("text_", ["x" * (MOST_BYTES + 1), "no \uffff in XML"], ids=["too large", "forbidden"])
def test_message_that_the_queue_refuses_is_put_aside_and_blocks_nothing(stack: Stack, text_: str) -> None:
    client_org = stack.add_organisation(OrganisationKind.CLIENT)
    refused = json.dumps({"body": {"type": "image", "client_org": client_org, "x": text_}}, ensure_ascii=False)
    with stack.relay_database.begin(None) as session:
        insert_verbatim(session, Topic.IMAGES, 1, refused)
    enqueue(stack, 3)
    stack.relay()
    assert sent(stack) == Counter([1, 2, 3])
    assert left(stack) == 0
    with stack.database.begin(Scope(client_org)) as session:
        [letter] = session.execute(text("SELECT queue, reason, kind, body, error FROM dead_letter")).all()
    assert (letter.queue, letter.reason, letter.kind, letter.body) == ("images", "message_refused", "image", refused)
    assert "refuses" in letter.error


def test_refused_message_of_nobody_is_the_operators(stack: Stack) -> None:
    with stack.relay_database.begin(None) as session:
        insert_verbatim(
            session,
            Topic.IMAGES,
            1,
            json.dumps({"body": {"client_org": 999, "x": "\uffff"}}).replace("\\uffff", "\uffff"),
        )
    assert stack.relay() == 1
    assert left(stack) == 0
    with stack.relay_database.begin(None) as session:
        assert session.execute(text("SELECT organisation_id, reason FROM dead_letter")).all() == [
            (None, "message_refused")
        ]


def test_key_with_characters_that_a_queue_forbids_is_announced_all_the_same(stack: Stack) -> None:
    key = "höh\uffff\u0001 \U0001f600.png"
    with stack.database.begin(Scope(1)) as session:
        insert_message(session, Topic.IMAGES, 1, KeyMessage(client_org=1, source_id=1, key=key))
    stack.relay()
    assert [e["body"]["key"] for e in envelopes(stack)] == [key]  # type: ignore[index]


def test_message_of_a_form_that_this_relay_does_not_know_leaves_like_any_other(stack: Stack) -> None:
    with stack.relay_database.begin(None) as session:
        session.execute(text("INSERT INTO outbox (topic, key, body) VALUES ('images', 1, '{\"type\": \"newer\"}')"))
    enqueue(stack, 2)
    assert stack.relay() == 3
    bodies = [json.loads(body).get("body") for body in stack.receive_all(Topic.IMAGES)]
    assert {"type": "newer"} in bodies
    assert left(stack) == 0
