"""What came of it: the table for people, the one JSON line for machines, and the exit code."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.chaos.compare import Finding, Harm
from bench.chaos.evidence import Evidence
from domain.routing.queries import REVIEW_SEAT
from schema.enums import ImageState, TaskState

EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """Findings with all that the table tells. `broken_promises`: what chaos itself was to do and did not."""

    evidence: Evidence
    findings: list[Finding]
    broken_promises: list[str]
    seed: int
    seconds: float
    kills: Mapping[str, int]
    stops: Mapping[str, int]
    restarts: Mapping[str, int]
    faults: Mapping[str, int]
    people: Mapping[str, int]
    dead_letters: int
    images: int
    database_url: str | None = None

    @property
    def holds(self) -> bool:
        return not self.findings and not self.broken_promises

    def count(self, harm: Harm) -> int:
        return sum(finding.kind.harm is harm for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return the line; its first ten names are an interface."""
        rows = self.evidence.rows
        return {
            "images": self.images,
            "kills": sum(self.kills.values()),
            "restarts": sum(self.restarts.values()),
            "lost": self.count(Harm.LOST),
            "doubled": self.count(Harm.DOUBLED),
            "quarantined": sum(image.state == ImageState.QUARANTINED for image in rows.images),
            "stuck": self.count(Harm.STUCK),
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "database_url": self.database_url,
            "stops": sum(self.stops.values()),
            "listed": len(self.evidence.listing),
            "readable": sum(self.evidence.readable[etag] for etag in self.evidence.listing.values()),
            "accepted": sum(task.state == TaskState.ACCEPTED for task in rows.tasks),
            "annotations": len(rows.annotations),
            "receipts": len({receipt.lease_id for receipt in self.evidence.receipts}),
            "reviews": sum(a.seat_no >= REVIEW_SEAT for a in rows.annotations),
            "dead_letters": self.dead_letters,
            "faults": dict(self.faults),
            "people": dict(self.people),
            "broken_promises": self.broken_promises,
            "findings": dict(Counter(finding.kind.value for finding in self.findings)),
        }


def print_outcome(outcome: Outcome) -> None:
    """Print the table, and some of each kind of finding."""
    console = Console(soft_wrap=True)
    processes = Table("process", "killed", "stopped", "restarts", title="What was broken")
    for name, restarts in outcome.restarts.items():
        counts = (outcome.kills.get(name, 0), outcome.stops.get(name, 0), restarts)
        processes.add_row(name, *(str(n) for n in counts))
    console.print(processes)
    figures = Table("what", "number", title="What was compared")
    for name, value in outcome.to_json().items():
        if isinstance(value, int | float) and name != "seed":
            figures.add_row(name, str(value))
    for name, value in [*outcome.faults.items(), *outcome.people.items()]:
        figures.add_row(name, str(value))
    console.print(figures)
    shown: Counter[str] = Counter()
    for finding in outcome.findings:
        shown[finding.kind] += 1
        if shown[finding.kind] <= EXAMPLES:
            console.print(f"{finding.kind.harm.value}: {finding.kind.value}: {finding.about}", markup=False)
    for promise in outcome.broken_promises:
        console.print(f"not done: {promise}", markup=False)
