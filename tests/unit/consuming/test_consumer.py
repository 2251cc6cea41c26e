"""The consumer's promises, against a queue in memory: nothing is lost, nothing is held that cannot be finished."""

import threading
import time
from typing import Any

import pytest

from domain.errors import Unavailable
from domain.tracing import get_trace_id
from tests.consuming import Handler, Refused, consume
from tests.fake_queue import FakeQueue, body_of
from workers.loop import Consumer
from workers.work import Work

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_what_was_handled_is_deleted_in_batches() -> None:
    queue, handler = FakeQueue(), Handler()
    for number in range(100):
        queue.send(body_of(number))
    consumer = consume(queue, handler, until=lambda _: queue.left == 0)
    assert sorted(handler.seen) == list(range(100))
    assert len(queue.batches) < 50
    assert consumer.held == 0


def test_slow_work_is_not_hoarded() -> None:
    """With handlers of a quarter of the visibility timeout, two at a time, more than four could not be finished."""
    queue, handler = FakeQueue(), Handler(lambda _: time.sleep(0.1))
    for number in range(40):
        queue.send(body_of(number))
    most = 0

    def until(consumer: Consumer) -> bool:
        nonlocal most
        most = max(most, consumer.held)
        return len(handler.seen) >= 12

    consume(queue, handler, until=until, concurrency=2, visibility_timeout_s=0.4)
    assert handler.most_at_once == 2
    # What is being deleted is held too, for a moment.
    assert most <= 8


def test_work_that_outlasts_the_visibility_timeout_is_not_run_twice() -> None:
    queue, handler = FakeQueue(), Handler(lambda _: time.sleep(2.4))
    queue.send(body_of(1))
    consume(queue, handler, until=lambda _: queue.left == 0, visibility_timeout_s=0.8)
    assert handler.seen == [1]


def test_what_waits_its_turn_stays_hidden_too() -> None:
    queue = FakeQueue()
    handler = Handler(lambda number: time.sleep(1.7 if number == 20 else 0.001))
    for number in range(60):
        queue.send(body_of(number))
    consume(queue, handler, until=lambda _: queue.left == 0, concurrency=1, visibility_timeout_s=0.8)
    assert sorted(handler.seen) == list(range(60))


def test_failure_comes_back_later_with_its_count() -> None:
    def fail_once(number: int) -> None:
        if number == 1:
            raise Unavailable("not yet")

    queue, handler = FakeQueue(), Handler(fail_once)
    queue.send(body_of(1))
    consume(queue, handler, until=lambda _: queue.left == 0)
    assert handler.seen == [1, 1]
    assert queue.dead == []


def test_error_that_no_repeat_can_mend_is_given_up_at_once_with_its_reason() -> None:
    def refuse(_: int) -> None:
        raise Refused("there is no such release")

    queue, handler = FakeQueue(), Handler(refuse)
    queue.send(body_of(1))
    consume(queue, handler, until=lambda _: queue.left == 0)
    [(message, reason, error)] = queue.dead
    assert (len(handler.seen), message.receives, reason, error) == (1, 1, "refused", "there is no such release")


def test_last_delivery_that_fails_is_given_up_with_what_was_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.outcomes.retry_pause_s", lambda *_: 0)

    def fail(_: int) -> None:
        raise RuntimeError("always")

    queue, handler = FakeQueue(), Handler(fail)
    queue.send(body_of(1))
    consume(queue, handler, until=lambda _: queue.left == 0, max_receives=3)
    [(message, reason, error)] = queue.dead
    assert (len(handler.seen), message.receives, reason, error) == (3, 3, "internal_error", "RuntimeError: always")


def test_queue_that_takes_no_deletes_is_asked_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.settling.PAUSE_AFTER_FAULT_S", 0.05)
    queue, handler = FakeQueue(failing={"delete"}), Handler()
    for number in range(300):
        queue.send(body_of(number))
    most = 0

    def until(consumer: Consumer) -> bool:
        nonlocal most
        most = max(most, consumer.held)
        return queue.calls["delete"] > 3

    consume(queue, handler, until=until)
    assert most < 100


def test_message_that_was_not_hidden_is_hidden_at_the_next_beat() -> None:
    """Refused once, half of the timeout is gone; the next try must come before the rest is."""
    queue, handler = FakeQueue(refused_hides=1), Handler(lambda _: time.sleep(2.4))
    queue.send(body_of(1))
    consume(queue, handler, until=lambda _: queue.left == 0, visibility_timeout_s=1.2)
    assert handler.seen == [1]


def test_queue_of_the_dead_that_refuses_holds_up_no_deletes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.settling.PAUSE_AFTER_FAULT_S", 0.3)
    queue = FakeQueue(failing={"bury"})

    def refuse_some(number: int) -> None:
        if number <= 3:
            raise Refused("no")

    handler = Handler(refuse_some)
    for number in range(50):
        queue.send(body_of(number))
    started = time.monotonic()
    consume(queue, handler, until=lambda _: queue.left <= 3)
    assert time.monotonic() - started < 3 * 5 * 0.3 + 2


def test_stop_hands_back_at_once_what_was_not_begun() -> None:
    queue, release = FakeQueue(), threading.Event()

    def wait(number: int) -> None:
        if number > 10:
            release.wait(0.3)

    handler = Handler(wait)
    for number in range(40):
        queue.send(body_of(number))
    consume(queue, handler, until=lambda _: len(handler.seen) == 11, concurrency=1, visibility_timeout_s=30)
    assert len(handler.seen) == 11
    assert queue.left == queue.visible == 29


def test_stop_hands_back_what_runs_for_too_long() -> None:
    queue, release = FakeQueue(), threading.Event()
    handler = Handler(lambda _: bool(release.wait(5)))  # type: ignore[arg-type, return-value]
    queue.send(body_of(1))
    started = time.monotonic()
    consume(queue, handler, until=lambda _: len(handler.seen) == 1, visibility_timeout_s=30, drain_s=0.1)
    took_s = time.monotonic() - started
    release.set()
    assert queue.visible == 1
    assert took_s < 4


def test_stop_finishes_what_runs() -> None:
    queue, handler = FakeQueue(), Handler(lambda _: time.sleep(0.3))
    queue.send(body_of(1))
    consume(queue, handler, until=lambda _: len(handler.seen) == 1)
    assert queue.left == 0


def test_deletes_that_the_queue_did_not_take_are_sent_again() -> None:
    queue, handler = FakeQueue(lost_deletes=2), Handler()
    queue.send(body_of(1))
    consume(queue, handler, until=lambda _: queue.left == 0)
    assert handler.seen == [1]


def test_queue_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.loop.PAUSE_AFTER_FAULT_S", 0.01)
    monkeypatch.setattr("workers.settling.PAUSE_AFTER_FAULT_S", 0.01)
    queue, handler = FakeQueue(failing={"receive", "delete"}), Handler()
    queue.send(body_of(1))

    def until(_: Consumer) -> bool:
        if queue.calls["receive"] > 3:
            queue.failing.discard("receive")
        if queue.calls["delete"] > 2:
            queue.failing.clear()
        return queue.left == 0

    consume(queue, handler, until=until)
    assert handler.seen == [1]


def test_handlers_work_in_the_trace_of_their_message() -> None:
    queue = FakeQueue()
    traces: list[str] = []

    def note(work: Work, body: dict[str, Any]) -> None:
        trace_id = get_trace_id()
        assert trace_id is not None
        traces.append(trace_id.hex)

    queue.send(body_of(1) | {"trace": f"00-{TRACE}-{TRACE[16:]}-00"})
    consume(queue, note, until=lambda _: queue.left == 0)
    queue.send(body_of(2) | {"trace": ["nonsense"]})
    consume(queue, note, until=lambda _: queue.left == 0)
    assert traces[0] == TRACE
    assert traces[1] not in ("", TRACE)


def test_text_that_is_no_message_is_given_up_unhandled() -> None:
    queue, handler = FakeQueue(), Handler()
    for text in ("no JSON at all", "[1]", "[" * 100_000):
        queue.send(text)
    consume(queue, handler, until=lambda _: queue.left == 0)
    assert handler.seen == []
    assert {reason for _, reason, _ in queue.dead} == {"message_unknown"}
    assert len(queue.dead) == 3


class Broken(BaseException):
    """What no handler should raise and nobody catches."""


def test_broken_thread_ends_the_consumer_instead_of_hanging_it(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = FakeQueue()

    def leave(work: Work, body: dict[str, Any]) -> None:
        raise Broken

    queue.send(body_of(1))
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with pytest.raises(Broken):
        consume(queue, leave, until=lambda _: False, timeout_s=5)
