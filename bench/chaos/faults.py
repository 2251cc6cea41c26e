"""Which message meets which fault. Pure: the fate of a message hangs on the seed and on what it says, not on when it
comes, so that a seed breaks the same messages again."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# How long a message that others shall overtake stays behind, and one that comes late; seconds.
REORDER_S = (1, 3)
DELAY_S = (5, 15)


class Fault(StrEnum):
    DROP = "drop"
    DUPLICATE = "duplicate"
    DELAY = "delay"
    REORDER = "reorder"


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to a message; `wait_s` is how long it, or its copy, stays behind."""

    fault: Fault | None
    wait_s: int = 0


class Fates:
    """Draws fates: a `share` in [0, 1] of all messages meets a fault, each kind as often as the others."""

    def __init__(self, *, seed: int, share: float) -> None:
        self._seed = seed
        self._share = share

    def of(self, identity: str) -> Fate:
        digest = hashlib.sha256(f"{self._seed}/{identity}".encode()).digest()
        drawn = int.from_bytes(digest[:8]) / 2**64
        if drawn >= self._share:
            return Fate(None)
        kinds = tuple(Fault)
        fault = kinds[digest[8] % len(kinds)]
        lowest, highest = {Fault.DELAY: DELAY_S, Fault.REORDER: REORDER_S}.get(fault, (0, REORDER_S[1]))
        return Fate(fault, lowest + digest[9] % (highest - lowest + 1))


def identity_of(text: str) -> tuple[str, bool]:
    """Return what tells a message from all others, and whether it is an event of S3.

    An envelope has its id, an event of S3 its key and sequencer; anything else is itself.
    """
    try:
        body = json.loads(text)
    except ValueError:
        return text, False
    if not isinstance(body, dict):
        return text, False
    records = body.get("Records")
    if isinstance(records, list) and records:
        return "/".join(_record_identity(record) for record in records), True
    return str(body.get("id", text)), False


def _record_identity(record: dict[str, Any]) -> str:
    thing = record.get("s3", {}).get("object", {})
    return f"{record.get('eventName')}:{thing.get('key')}:{thing.get('sequencer')}"


@dataclass(slots=True)
class Tally:
    """How many messages of either origin passed and how many met each fault."""

    passed: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)

    def count(self, origin: str, fate: Fate) -> None:
        self.passed[origin] += 1
        if fate.fault is not None:
            self.met[f"{origin}_{fate.fault.value}"] += 1

    def to_json(self) -> dict[str, int]:
        return {
            **{f"{origin}_messages": n for origin, n in sorted(self.passed.items())},
            **dict(sorted(self.met.items())),
        }
