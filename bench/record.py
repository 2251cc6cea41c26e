"""The form of every benchmark's result; names and targets of checks are part of the interface."""

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Kept beside the benchmarks, unless a run in small is asked to leave those figures alone.
RESULTS = Path(os.environ.get("BENCH_RESULTS", Path(__file__).parent / "results"))


@dataclass(frozen=True, slots=True)
class Check:
    """A figure held against its target; `at_least` tells the direction."""

    what: str
    value: float
    target: float
    at_least: bool

    @property
    def holds(self) -> bool:
        return self.value >= self.target if self.at_least else self.value <= self.target


def machine() -> str:
    """Describe the machine without naming it."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def report(name: str, *, figures: Mapping[str, float | int | str], checks: Sequence[Check]) -> int:
    """Keep the result, print it as the last line, and return the exit code: 1 when a check does not hold."""
    result = {
        "name": name,
        "machine": machine(),
        "figures": {k: round(v, 4) if isinstance(v, float) else v for k, v in figures.items()},
        "checks": [
            {
                "what": c.what,
                "value": round(c.value, 4),
                "target": f"{'>=' if c.at_least else '<='} {c.target:g}",
                "holds": c.holds,
            }
            for c in checks
        ],
    }
    line = json.dumps(result)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(line + "\n")
    print(line, flush=True)
    return 0 if all(c.holds for c in checks) else 1


def say(what: str) -> None:
    """Print progress."""
    print(what, file=sys.stderr, flush=True)
