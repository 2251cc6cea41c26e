"""A queue in memory with a visibility timeout of fractions of a second: what SQS promises a consumer, and no more."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from runtime.queues import AsyncQueue, Received


@dataclass
class FakeQueue(AsyncQueue):
    """Messages that are visible from a time on; each delivery has a receipt of its own, only the newest counts."""

    visible_at: dict[str, float] = field(default_factory=dict)
    messages: dict[str, Received] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    dead: list[tuple[Received, str, str]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    batches: list[int] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    lost_deletes: int = 0
    refused_hides: int = 0

    def send(self, body: object, *, count: int = 1) -> None:
        for _ in range(count):
            number = str(len(self.messages) + self.calls["deleted"])
            text = body if isinstance(body, str) else json.dumps(body)
            self.messages[number] = Received(number, "", text, 0, time.time())
            self.visible_at[number] = 0.0

    @property
    def left(self) -> int:
        return len(self.messages)

    @property
    def visible(self) -> int:
        return sum(at <= time.monotonic() for at in self.visible_at.values())

    def _fail(self, action: str) -> None:
        self.calls[action] += 1
        if action in self.failing:
            raise ConnectionError(f"{action} does not answer")

    async def receive(self, *, limit: int, hide_s: float, wait_s: float = 20) -> list[Received]:
        self._fail("receive")
        until = time.monotonic() + wait_s
        while not self.visible and time.monotonic() < until:
            await asyncio.sleep(0.005)
        taken = [i for i, at in self.visible_at.items() if at <= time.monotonic()][: min(limit, 10)]
        return [self._deliver(number, hide_s) for number in taken]

    def _deliver(self, number: str, hide_s: float) -> Received:
        message = self.messages[number]
        receipt = f"{number}/{message.receives + 1}"
        self.messages[number] = replace(message, receives=message.receives + 1, receipt=receipt)
        self.receipts[number] = receipt
        self.visible_at[number] = time.monotonic() + hide_s
        return self.messages[number]

    async def delete(self, messages: Sequence[Received]) -> list[Received]:
        self._fail("delete")
        self.batches.append(len(messages))
        if self.lost_deletes:
            self.lost_deletes -= 1
            return list(messages)
        for message in messages:
            if self.messages.pop(message.id, None):
                del self.visible_at[message.id]
                self.calls["deleted"] += 1
        return []

    async def hide(self, messages: Sequence[tuple[Received, float]]) -> list[Received]:
        self._fail("hide")
        if self.refused_hides:
            self.refused_hides -= 1
            return [message for message, _ in messages]
        lost = [m for m, _ in messages if self.receipts.get(m.id) != m.receipt or m.id not in self.messages]
        for message, seconds in messages:
            if message not in lost:
                self.visible_at[message.id] = time.monotonic() + seconds
        return lost

    async def bury(self, message: Received, *, reason: str, error: str) -> None:
        self._fail("bury")
        self.dead.append((message, reason, error))


def body_of(number: int) -> dict[str, Any]:
    return {"id": str(number), "body": {"type": "decide", "task_id": number}}
