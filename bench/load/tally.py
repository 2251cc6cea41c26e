"""What the annotators saw: times, refusals, and whether anybody was handed what they must not get."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counted from what annotators were handed and told, without trusting the server.

    `over_held`: a task was handed out while those who hold it or answered it were as many as its overlap already;
    `repeats`: a task was handed to somebody who had answered it.
    """

    overlap: int
    next_ms: list[float] = field(default_factory=list)
    submit_ms: list[float] = field(default_factory=list)
    draft_ms: list[float] = field(default_factory=list)
    beat_ms: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    empty: int = 0
    over_held: int = 0
    repeats: int = 0
    _holders: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    _authors: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def note_handed(self, task_id: int, person: int) -> None:
        if person in self._authors[task_id]:
            self.repeats += 1
        elif len(self._authors[task_id] | self._holders[task_id] - {person}) >= self.overlap:
            self.over_held += 1
        self._holders[task_id].add(person)

    def note_answered(self, task_id: int, person: int) -> None:
        self._authors[task_id].add(person)
        self._holders[task_id].discard(person)

    def note_refused(self, what: str, task_id: int | None, person: int) -> None:
        self.refused[what] += 1
        if task_id is not None:
            self._holders[task_id].discard(person)

    @property
    def done(self) -> int:
        return len(self.submit_ms)

    @property
    def doubled(self) -> int:
        """How often something went to too many, or twice to one."""
        too_many = sum(len(authors) > self.overlap for authors in self._authors.values())
        return too_many + self.over_held + self.repeats


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of the values do not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
