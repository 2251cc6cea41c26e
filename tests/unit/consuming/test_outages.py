"""What a consumer does while something that all work needs is away."""

import time
from typing import Any

import pytest

from tests.consuming import Handler, Refused, away, consume
from tests.fake_queue import FakeQueue, body_of
from workers.loop import Consumer
from workers.work import Work


def test_outage_costs_no_delivery_and_buries_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.outage.FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr("workers.outage.MAX_PAUSE_S", 0.05)
    back_at = time.monotonic() + 1.0

    def meet_outage(_: int) -> None:
        if time.monotonic() < back_at:
            raise away()

    queue, handler = FakeQueue(), Handler(meet_outage)
    for number in range(30):
        queue.send(body_of(number))
    consume(queue, handler, until=lambda _: queue.left == 0, max_receives=2)
    assert queue.dead == []
    assert set(handler.seen) == set(range(30))
    # More runs than deliveries: the messages were kept meanwhile.
    assert len(handler.seen) > 31


def test_message_that_alone_meets_an_outage_holds_up_no_other_and_ends_at_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("workers.outage.FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr("workers.outage.MAX_WAIT_S", 0.3)
    monkeypatch.setattr("workers.outcomes.retry_pause_s", lambda *_: 0)
    queue = FakeQueue()
    seen: list[int] = []

    def handle(_: Work, body: dict[str, Any]) -> None:
        seen.append(body["body"]["task_id"])
        if body["body"]["task_id"] == 0:
            raise away()

    for number in range(20):
        queue.send(body_of(number))
    consume(queue, handle, until=lambda _: queue.left == 0, concurrency=1, max_receives=3)
    assert set(seen) == set(range(20))
    assert [(message.id, reason) for message, reason, _ in queue.dead] == [("0", "internal_error")]


def test_outage_that_ends_in_another_fault_is_over_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.outage.FIRST_PAUSE_S", 0.02)
    queue = FakeQueue()

    def first_away_then_refused(number: int) -> None:
        if number == 1:
            raise away()
        if number == 2:
            queue.failing.add("receive")  # the one poll that tells whether all is well again comes to nothing
            raise Refused("no")

    handler = Handler(first_away_then_refused)
    queue.send(body_of(1))

    def until(_: Consumer) -> bool:
        if len(handler.seen) == 2 and queue.left == 0 and queue.calls["receive"] > 3:
            queue.failing.clear()
            queue.send(body_of(2))
        return 2 in handler.seen

    monkeypatch.setattr("workers.loop.PAUSE_AFTER_FAULT_S", 0.02)
    consume(queue, handler, until=until)
    assert [reason for _, reason, _ in queue.dead] == ["refused"]
