"""Kills a delivery before its n-th line: a trace function raises what no handler of ours catches.

Lines count when they are executed for the first time, so that a loop over pixels is one line; of the modules that
handle messages the second time counts too, which is the second page of whatever goes by pages. What a kill leaves
behind can only differ where something was committed, stored or sent in between: `effects` counts that.
"""

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# Where a line counts as often as it says. The rest of the product, like consensus and geometry, only computes.
COUNTED = {"workers/handlers/": 2, "workers/snapshot.py": 2, "domain/": 1, "runtime/": 1}
PURE = (
    "domain/consensus/",
    "domain/geometry/",
    "domain/agreement/",
    "runtime/metrics",
    "runtime/logs",
    "runtime/settings",
)


class Killed(BaseException):
    """The process ended here."""


@dataclass(frozen=True, slots=True)
class Point:
    """The n-th line of a delivery, and how much had taken effect before it."""

    number: int
    place: str
    effects: int


@dataclass
class Tracer:
    """Follows one delivery; `act` is called before line number `stop_before`, which counts from 1, or at a place."""

    effects: Callable[[], int]
    stop_before: int = 0
    stop_at: str = ""
    act: Callable[[], None] | None = None
    points: list[Point] = field(default_factory=list)
    _seen: Counter[tuple[str, int]] = field(default_factory=Counter)
    _most: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def follow(self, *, every_thread: bool = False) -> Iterator[None]:
        """Trace what this thread executes in the block; `every_thread`: and those that are started from now on."""
        before = sys.gettrace()
        sys.settrace(self._call)
        if every_thread:
            threading.settrace(self._call)
        try:
            yield
        finally:
            sys.settrace(before)

    def _call(self, frame: FrameType, event: str, arg: Any) -> Any:
        return self._line if self._limit(frame.f_code.co_filename) else None

    def _line(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event != "line":
            return self._line
        place = frame.f_code.co_filename, frame.f_lineno
        self._seen[place] += 1
        if self._seen[place] > self._limit(place[0]):
            return self._line
        name = f"{Path(place[0]).relative_to(ROOT)}:{place[1]}"
        self.points.append(Point(len(self.points) + 1, name, self.effects()))
        if self.act is not None and (len(self.points) == self.stop_before or name == self.stop_at):
            self.act()
        return self._line

    def _limit(self, filename: str) -> int:
        """Return how many times a line of this file counts."""
        if filename not in self._most:
            path = Path(filename)
            inside = path.is_relative_to(ROOT) and ".venv" not in path.parts
            name = str(path.relative_to(ROOT)) if inside else ""
            pure = name.startswith(PURE)
            self._most[filename] = 0 if pure else next((n for f, n in COUNTED.items() if name.startswith(f)), 0)
        return self._most[filename]


def kill() -> None:
    raise Killed


def one_of_each(points: list[Point]) -> list[Point]:
    """Return the first line after each effect: a kill anywhere before the next one leaves the same behind."""
    chosen: dict[int, Point] = {}
    for point in points:
        chosen.setdefault(point.effects, point)
    return list(chosen.values())
