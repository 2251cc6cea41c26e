"""A closed loop of next and submit, for as many annotators as are wanted: nobody asks before they were answered."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from bench.load.tally import Tally
from bench.load.wire import ConnectionLost, Wire

EMPTY_PAUSE_S = 0.05


class Door(Protocol):
    """How a system is asked for work and given answers. Each returns the status and what came with it."""

    async def next(self) -> tuple[int, Any]: ...

    async def submit(self, lease_id: int, payload: bytes) -> tuple[int, Any]: ...

    async def draft(self, lease_id: int, payload: bytes) -> tuple[int, Any]: ...

    async def beat(self, lease_id: int, active_s: float) -> tuple[int, Any]: ...

    def close(self) -> None: ...


class PlumblineDoor:
    """The routes of Plumbline, for one annotator in one project."""

    def __init__(self, url: str, *, token: str, project_id: int) -> None:
        self._wire = Wire(url, token=token)
        self._claim = json.dumps({"project_id": project_id}).encode()

    async def next(self) -> tuple[int, Any]:
        return await self._wire.ask("POST", "/v1/leases", self._claim)

    async def submit(self, lease_id: int, payload: bytes) -> tuple[int, Any]:
        return await self._wire.ask("POST", f"/v1/leases/{lease_id}/annotation", payload)

    async def draft(self, lease_id: int, payload: bytes) -> tuple[int, Any]:
        return await self._wire.ask("PUT", f"/v1/leases/{lease_id}/draft", b'{"sequence":1,' + payload[1:])

    async def beat(self, lease_id: int, active_s: float) -> tuple[int, Any]:
        body = json.dumps({"active_s": round(active_s, 1)}).encode()
        return await self._wire.ask("POST", f"/v1/leases/{lease_id}/heartbeat", body)

    def close(self) -> None:
        self._wire.close()


@dataclass(frozen=True, slots=True)
class Day:
    """How long it is measured, and how long people think over a task (mean in s, exponential; 0: not at all).

    Who thinks also saves a draft and sends a heartbeat on each task. What is answered while it warms up is not timed:
    everybody asks at once then.
    """

    duration_s: float
    think_s: float = 0.0
    warm_up_s: float = 0.0
    seed: int = 1


@dataclass(slots=True)
class _Annotator:
    number: int
    door: Door
    payloads: Sequence[bytes]
    day: Day
    tally: Tally
    since: float
    until: float

    async def work(self) -> None:
        rng = Random(self.day.seed * 1000 + self.number)
        try:
            while time.perf_counter() < self.until:
                await self._once(rng)
        finally:
            self.door.close()

    async def _once(self, rng: Random) -> None:
        lease = await self._ask("next", self.door.next, self.tally.next_ms, None)
        if lease is None:
            await asyncio.sleep(EMPTY_PAUSE_S)
            return
        lease_id, task_id = int(lease["lease_id"]), int(lease["task_id"])
        self.tally.note_handed(task_id, self.number)
        payload = self.payloads[task_id % len(self.payloads)]
        if self.day.think_s:
            think_s = rng.expovariate(1 / self.day.think_s)
            await asyncio.sleep(think_s / 2)
            await self._ask("draft", lambda: self.door.draft(lease_id, payload), self.tally.draft_ms, task_id)
            await asyncio.sleep(think_s / 2)
            await self._ask("beat", lambda: self.door.beat(lease_id, think_s), self.tally.beat_ms, task_id)
        told = await self._ask("submit", lambda: self.door.submit(lease_id, payload), self.tally.submit_ms, task_id)
        if told is not None:
            self.tally.note_answered(task_id, self.number)

    async def _ask(
        self, what: str, send: Callable[[], Awaitable[tuple[int, Any]]], times_ms: list[float], task_id: int | None
    ) -> Any:
        """Return the answer, None where there is none; only what was answered well and inside the day is timed."""
        started = time.perf_counter()
        try:
            status, body = await send()
        except (ConnectionLost, TimeoutError, OSError) as error:
            self.tally.note_refused(f"{what} {type(error).__name__}", task_id, self.number)
            await asyncio.sleep(EMPTY_PAUSE_S)
            return None
        ended = time.perf_counter()
        if status == 204:
            self.tally.empty += 1
            return None
        if status >= 400:
            code = body.get("code") if isinstance(body, dict) else ""
            self.tally.note_refused(f"{what} {status} {code}", task_id, self.number)
            await asyncio.sleep(EMPTY_PAUSE_S)
            return None
        if self.since <= ended <= self.until:
            times_ms.append((ended - started) * 1000)
        return body


async def work_all(doors: Sequence[Door], payloads: Sequence[bytes], day: Day, tally: Tally) -> Tally:
    """Have everybody work until the day is over."""
    since = time.perf_counter() + day.warm_up_s
    until = since + day.duration_s
    people = [_Annotator(number, door, payloads, day, tally, since, until) for number, door in enumerate(doors)]
    await asyncio.gather(*(person.work() for person in people))
    return tally
