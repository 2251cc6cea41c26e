"""Annotators as they are: they crash half-way and come back on another device, click twice, answer late, skip, vanish.

Each notes in the book what they were told; nobody looks into the database.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from bench.load.book import Book, Ids
from bench.load.drawings import draw
from bench.load.wire import ConnectionLost, Wire
from schema.enums import SkipKind
from schema.ids import new_object_id

RETRY_PAUSE_S = 0.5
IDLE_S = (0.5, 1.5)
AWAY_S = (0.5, 3.0)


class Deed(StrEnum):
    """What somebody does with a lease."""

    SUBMIT = "submit"
    DRAFT_THEN_SUBMIT = "draft_then_submit"
    SUBMIT_AGAIN = "submit_again"
    DOUBLE_CLICK = "double_click"
    CRASH_IN_SUBMIT = "crash_in_submit"
    CRASH_WITH_DRAFT = "crash_with_draft"
    ANSWER_LATE = "answer_late"
    UNDO = "undo"
    SKIP = "skip"
    GIVE_BACK = "give_back"
    VANISH = "vanish"


# Of 100 leases.
DEEDS = {
    Deed.SUBMIT: 30,
    Deed.DRAFT_THEN_SUBMIT: 14,
    Deed.SUBMIT_AGAIN: 8,
    Deed.DOUBLE_CLICK: 8,
    Deed.CRASH_IN_SUBMIT: 8,
    Deed.CRASH_WITH_DRAFT: 8,
    Deed.ANSWER_LATE: 8,
    Deed.UNDO: 4,
    Deed.SKIP: 4,
    Deed.GIVE_BACK: 4,
    Deed.VANISH: 4,
}
# Of 100 claims: how many are clicked twice, and how many lose their answer to a crash.
CLAIMED_TWICE, CLAIM_LOST = 6, 5


@dataclass(frozen=True, slots=True)
class Work:
    """Where all of them work. `expire` lets the lease of that id run out now, as time would."""

    url: str
    project_id: int
    think_s: float
    expire: Callable[[int], Awaitable[None]]


@dataclass(slots=True)
class Wayward:
    """One annotator with two devices."""

    member_id: int
    token: str
    work: Work
    book: Book
    rng: Random
    stop: asyncio.Event
    deeds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _desk: Wire = field(init=False)
    _phone: Wire = field(init=False)
    _known: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._desk, self._phone = (Wire(self.work.url, token=self.token) for _ in range(2))

    async def run(self) -> None:
        """Work until the day is over; what is in hand then is left."""
        try:
            while not self.stop.is_set():
                leases = await self._claim()
                if not leases:
                    await self._pause(*IDLE_S)
                for lease in leases:
                    await self._do(lease)
        finally:
            self._desk.close()
            self._phone.close()

    async def _do(self, lease: dict[str, Any]) -> None:
        deed = self.rng.choices(list(DEEDS), weights=list(DEEDS.values()))[0]
        self.deeds[deed] += 1
        await self._pause(0.0, 2 * self.work.think_s)
        if deed in (Deed.CRASH_WITH_DRAFT, Deed.DRAFT_THEN_SUBMIT, Deed.ANSWER_LATE, Deed.VANISH):
            await self._save_draft(lease)
        await _ACTS[deed](self, lease)

    async def _claim(self) -> list[dict[str, Any]]:
        body = json.dumps({"project_id": self.work.project_id}).encode()
        chance = self.rng.randrange(100)
        if chance < CLAIMED_TWICE:
            self.deeds["claim_twice"] += 1
            both = await asyncio.gather(*(self._call(w, "POST", "/v1/leases", body) for w in (self._desk, self._phone)))
            found = [lease for status, lease in both if status == 201]
        elif chance < CLAIMED_TWICE + CLAIM_LOST:
            self.deeds["claim_lost"] += 1
            await self._phone.leave_unanswered("POST", "/v1/leases", body)
            await self._pause(*AWAY_S)
            found = await self._take_up()
        else:
            status, lease = await self._call(self._desk, "POST", "/v1/leases", body)
            found = [lease] if status == 201 else []
        self._known.update(int(lease["lease_id"]) for lease in found)
        return found

    async def _take_up(self) -> list[dict[str, Any]]:
        """Find what one holds without knowing."""
        _, held = await self._call(self._desk, "GET", "/v1/leases")
        found = []
        for entry in (held or {}).get("items", ()):
            if entry["lease_id"] not in self._known:
                status, lease = await self._call(self._desk, "GET", f"/v1/leases/{entry['lease_id']}")
                found += [lease] if status == 200 else []
        return found

    async def _submit(self, lease: dict[str, Any], wires: Sequence[Wire] | None = None) -> int:
        """Send an answer, a different one over each wire, and note the receipt; return the last status."""
        status = 0
        place = {"task_id": int(lease["task_id"]), "member_id": self.member_id}
        lease_id = int(lease["lease_id"])
        sends = []
        for wire in wires or (self._desk,):
            objects = self._draw(lease)
            self.book.note_sent(lease_id, _ids(objects), **place)
            body = json.dumps({"objects": objects}).encode()
            sends.append(self._call(wire, "POST", f"/v1/leases/{lease_id}/annotation", body))
        for status, told in await asyncio.gather(*sends):
            if status in (200, 201):
                self.book.note_receipt(told["lease_id"], task_id=told["task_id"], member_id=self.member_id)
        return status

    async def _save_draft(self, lease: dict[str, Any]) -> None:
        objects = self._draw(lease)
        kept = lease.get("draft") or {"sequence": 0}
        body = json.dumps({"sequence": kept["sequence"] + 1, "objects": objects}).encode()
        status, told = await self._call(self._desk, "PUT", f"/v1/leases/{lease['lease_id']}/draft", body)
        if status == 200 and told["stored"]:
            self.book.note_draft(_ids(objects), task_id=int(lease["task_id"]), member_id=self.member_id)
        beat = json.dumps({"active_s": 2.0}).encode()
        await self._call(self._desk, "POST", f"/v1/leases/{lease['lease_id']}/heartbeat", beat)

    async def _submit_again(self, lease: dict[str, Any]) -> None:
        await self._submit(lease)
        await self._submit(lease)

    async def _double_click(self, lease: dict[str, Any]) -> None:
        await self._submit(lease, (self._desk, self._phone))

    async def _crash_in_submit(self, lease: dict[str, Any]) -> None:
        objects = self._draw(lease)
        place = {"task_id": int(lease["task_id"]), "member_id": self.member_id}
        self.book.note_sent(int(lease["lease_id"]), _ids(objects), **place)
        body = json.dumps({"objects": objects}).encode()
        await self._desk.leave_unanswered("POST", f"/v1/leases/{lease['lease_id']}/annotation", body)
        await self._pause(*AWAY_S)
        await self._submit(lease)

    async def _crash_with_draft(self, lease: dict[str, Any]) -> None:
        """Come back on the other device, and go on from what it shows."""
        self._desk.close()
        await self._pause(*AWAY_S)
        status, shown = await self._call(self._phone, "GET", f"/v1/leases/{lease['lease_id']}")
        if status == 200:
            draft = shown.get("draft")
            seen = None if draft is None else _ids(draft["objects"])
            self.book.expect_draft(seen, task_id=int(lease["task_id"]), member_id=self.member_id)
        await self._submit(lease, (self._phone,))

    async def _answer_late(self, lease: dict[str, Any]) -> None:
        """Answer after the lease has run out; a refused answer must be kept as a draft."""
        await self.work.expire(int(lease["lease_id"]))
        await self._pause(*AWAY_S)
        if await self._submit(lease) == 409:
            status, shown = await self._call(self._desk, "GET", f"/v1/leases/{lease['lease_id']}")
            sent = self.book.sent[int(lease["lease_id"])][-1]
            if status == 200:
                draft = shown.get("draft")
                self.book.note_draft(sent, task_id=int(lease["task_id"]), member_id=self.member_id)
                seen = None if draft is None else _ids(draft["objects"])
                self.book.expect_draft(seen, task_id=int(lease["task_id"]), member_id=self.member_id)

    async def _undo(self, lease: dict[str, Any]) -> None:
        await self._submit(lease)
        status, again = await self._call(self._desk, "POST", f"/v1/leases/{lease['lease_id']}/undo")
        if status == 201:
            self._known.add(int(again["lease_id"]))
            await self._submit(again)

    async def _skip(self, lease: dict[str, Any]) -> None:
        kind = self.rng.choice(list(SkipKind))
        body = json.dumps({"kind": kind.value, "reason": "too dark to tell"}).encode()
        for _ in range(self.rng.randint(1, 2)):
            await self._call(self._desk, "POST", f"/v1/leases/{lease['lease_id']}/skip", body)

    async def _give_back(self, lease: dict[str, Any]) -> None:
        await self._call(self._desk, "DELETE", f"/v1/leases/{lease['lease_id']}")

    async def _vanish(self, lease: dict[str, Any]) -> None:
        if self.rng.random() < 0.5:
            await self.work.expire(int(lease["lease_id"]))

    def _draw(self, lease: dict[str, Any]) -> list[dict[str, Any]]:
        """Draw what most see in this picture, now and then something else; object ids are of this answer alone."""
        seed = self.rng.getrandbits(32) if self.rng.randrange(100) < 5 else int(lease["task_id"])
        return [drawn | {"id": str(new_object_id())} for drawn in draw(Random(seed))]

    async def _call(self, wire: Wire, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
        """Ask until there is an answer, as a client does; (0, None) when the day ends first."""
        while not self.stop.is_set():
            try:
                status, told = await wire.ask(method, path, body)
            except (ConnectionLost, TimeoutError, OSError) as error:
                self.refused[type(error).__name__] += 1
            else:
                if status < 500:
                    if status >= 400:
                        self.refused[f"{status} {told.get('code')}"] += 1
                    return status, told
                self.refused[f"{status} {told.get('code') if told else ''}"] += 1
            await self._pause(RETRY_PAUSE_S, RETRY_PAUSE_S)
        return 0, None

    async def _pause(self, least_s: float, most_s: float) -> None:
        try:
            await asyncio.wait_for(self.stop.wait(), self.rng.uniform(least_s, most_s))
        except TimeoutError:
            return


def _ids(objects: Sequence[dict[str, Any]]) -> Ids:
    return frozenset(o["id"] for o in objects)


_ACTS: dict[Deed, Callable[[Wayward, dict[str, Any]], Awaitable[object]]] = {
    Deed.SUBMIT: Wayward._submit,
    Deed.DRAFT_THEN_SUBMIT: Wayward._submit,
    Deed.SUBMIT_AGAIN: Wayward._submit_again,
    Deed.DOUBLE_CLICK: Wayward._double_click,
    Deed.CRASH_IN_SUBMIT: Wayward._crash_in_submit,
    Deed.CRASH_WITH_DRAFT: Wayward._crash_with_draft,
    Deed.ANSWER_LATE: Wayward._answer_late,
    Deed.UNDO: Wayward._undo,
    Deed.SKIP: Wayward._skip,
    Deed.GIVE_BACK: Wayward._give_back,
    Deed.VANISH: Wayward._vanish,
}
