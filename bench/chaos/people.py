"""Simulated people at work over HTTP while the API comes and goes: annotators and a supervisor, a thread each.

What gets no answer is sent again, as a real client would. They know nothing of the database.
"""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from bench.chaos.evidence import Receipt
from bench.chaos.habits import Deed, Habits
from bench.chaos.receipts import ReceiptBook
from plumbline_client import PlumblineError, Unreachable
from plumbline_client.connection import Connection

TIMEOUT_S: Final = 15.0
RETRY_PAUSE_S: Final = 0.4
THINK_S: Final = (0.2, 0.7)
IDLE_S: Final = (0.8, 2.0)
# By how much a late answer comes after its lease ran out.
LATE_S: Final = 2.0


class Over(Exception):
    """The working day ended while somebody waited for an answer."""


@dataclass(slots=True)
class Line:
    """One person's way to the API; a request that got no answer is repeated until the day is over."""

    connection: Connection
    stop: threading.Event
    repeated: int = 0

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Return the answer; raises PlumblineError for what the API refuses, Over at the end of the day."""
        while True:
            found, answer = self.try_once(method, path, body)
            if found:
                return answer
            self.repeated += 1
            self.wait(RETRY_PAUSE_S)

    def try_once(self, method: str, path: str, body: object = None) -> tuple[bool, Any]:
        """Return whether there was an answer, and the answer."""
        try:
            return True, self.connection.call(method, path, json=body)
        except Unreachable:
            return False, None
        except PlumblineError as error:
            if error.status is not None and error.status >= 500:
                return False, None
            raise

    def wait(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Over


@dataclass(slots=True)
class Late:
    """An answer that is sent only after its lease has run out."""

    due: float
    lease: dict[str, Any]


@dataclass(slots=True)
class Annotator:
    """Somebody who labels. `deeds` counts what they did, `refused` what was turned away, by the code."""

    member_id: int
    line: Line
    habits: Habits
    receipts: ReceiptBook
    project_id: int
    lease_ttl_s: float
    leaves_after: int | None = None
    deeds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _late: list[Late] = field(default_factory=list)
    _known: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Work until the day is over, or leave for good after so many leases, with the last one in hand."""
        try:
            while self.leaves_after is None or self.deeds.total() < self.leaves_after:
                self._submit_late_ones()
                lease = self._claim()
                if lease is None:
                    self.line.wait(self.habits.random.uniform(*IDLE_S))
                    continue
                self.line.wait(self.habits.random.uniform(*THINK_S))
                self._work_on(lease)
            self._claim()
        except Over:
            return

    def _claim(self) -> dict[str, Any] | None:
        """Claim the next task; where the answer was lost, take up what one holds without knowing."""
        found, lease = self._try("POST", "/v1/leases", {"project_id": self.project_id})
        if not found:
            self.line.wait(RETRY_PAUSE_S)
            held = self.line.call("GET", "/v1/leases")["items"]
            unknown = [entry["lease_id"] for entry in held if entry["lease_id"] not in self._known]
            if not unknown:
                return None
            lease = self.line.call("GET", f"/v1/leases/{unknown[0]}")
        if lease is not None:
            self._known.add(lease["lease_id"])
        return dict(lease) if lease is not None else None

    def _try(self, method: str, path: str, body: object = None) -> tuple[bool, Any]:
        try:
            return self.line.try_once(method, path, body)
        except PlumblineError as error:
            self.refused[error.code] += 1
            return True, None

    def _work_on(self, lease: dict[str, Any]) -> None:
        deed = self.habits.next_deed()
        self.deeds[deed.value] += 1
        path = f"/v1/leases/{lease['lease_id']}"
        try:
            if deed is Deed.GIVE_BACK:
                self.line.call("DELETE", path)
            elif deed is Deed.SUBMIT_LATE:
                self._late.append(Late(time.monotonic() + self.lease_ttl_s + LATE_S, lease))
            elif deed is not Deed.VANISH:
                self._finish(lease, deed)
        except PlumblineError as error:
            self.refused[error.code] += 1

    def _finish(self, lease: dict[str, Any], deed: Deed) -> None:
        path = f"/v1/leases/{lease['lease_id']}"
        objects = self._draw(lease)
        if deed is Deed.DRAFT_THEN_SUBMIT:
            self._try("PUT", f"{path}/draft", {"sequence": 1, "objects": objects[:1]})
            self._try("POST", f"{path}/heartbeat")
        if deed is Deed.SEGMENT_THEN_SUBMIT:
            self._try("POST", f"{path}/segment", {"points": _extremes(objects[0])})
        self._submit(lease, objects)
        if deed is Deed.SUBMIT_TWICE:
            self._submit(lease, self._draw(lease))
        if deed is Deed.UNDO_THEN_SUBMIT:
            found, again = self._try("POST", f"{path}/undo")
            if found and again is not None:
                self._known.add(again["lease_id"])
                self._submit(again, self._draw(again))

    def _draw(self, lease: dict[str, Any]) -> list[dict[str, Any]]:
        image = lease["image"]
        return self.habits.answer(key=image["key"], width=image["width"], height=image["height"])

    def _submit(self, lease: dict[str, Any], objects: list[dict[str, Any]]) -> None:
        """Send an answer until it is answered, and keep the receipt. What was stored before is what was sent first."""
        path = f"/v1/leases/{lease['lease_id']}/annotation"
        sent = lease.setdefault("first_sent", tuple(o["id"] for o in objects))
        told = self.line.call("POST", path, {"objects": objects})
        self.receipts.keep(
            Receipt(
                lease_id=told["lease_id"],
                task_id=told["task_id"],
                member_id=self.member_id,
                version=told["version"],
                objects=sent,
            )
        )

    def _submit_late_ones(self) -> None:
        now = time.monotonic()
        for late in [one for one in self._late if one.due <= now]:
            self._late.remove(late)
            try:
                self._submit(late.lease, self._draw(late.lease))
            except PlumblineError as error:
                self.refused[error.code] += 1


def _extremes(drawn: dict[str, Any]) -> list[list[float]]:
    shape = drawn["shape"]
    x, y = (shape["x0"] + shape["x1"]) / 2, (shape["y0"] + shape["y1"]) / 2
    return [[shape["x0"], y], [x, shape["y0"]], [shape["x1"], y], [x, shape["y1"]]]


@dataclass(slots=True)
class Supervisor:
    """Somebody who settles what is contested: the merged object is right."""

    member_id: int
    line: Line
    random: Random
    receipts: ReceiptBook
    project_id: int
    settled: int = 0

    def run(self) -> None:
        while True:
            try:
                if not self._settle_one():
                    self.line.wait(self.random.uniform(*IDLE_S))
            except PlumblineError:
                continue  # the picture went away meanwhile, or the lease
            except Over:
                return

    def _settle_one(self) -> bool:
        lease = self.line.call("POST", "/v1/leases", {"project_id": self.project_id, "stage": "review"})
        if lease is None:
            return False
        self.line.wait(self.random.uniform(*THINK_S))
        path = f"/v1/leases/{lease['lease_id']}/review"
        contested = [entry for entry in self.line.call("GET", path)["objects"] if entry["causes"]]
        verdicts = [{"object_id": entry["object"]["id"], "choice": "merged"} for entry in contested]
        told = self.line.call("POST", path, {"verdicts": verdicts})
        self.receipts.keep(
            Receipt(lease_id=told["lease_id"], task_id=told["task_id"], member_id=self.member_id, is_review=True)
        )
        self.settled += 1
        return True
