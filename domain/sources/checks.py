"""What a connection test says of a bucket, as values; `runtime/source_checks.py` asks the bucket."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One question to a bucket. What did not pass and is only a `warning` keeps no image out."""

    code: str
    passed: bool
    warning: bool
    found: str
    remedy: str | None
    took_ms: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What a connection test compares with."""

    prefix: str
    proof_key: str
    nonce: str
    write_key: str
    region: str | None
    events: str
    queue_arn: str | None
    listed_every_s: float


def dump_checks(checks: Sequence[Check]) -> dict[str, Any]:
    return {"checks": [asdict(check) for check in checks]}


def load_checks(stored: dict[str, Any] | None) -> tuple[Check, ...] | None:
    """Return what a test found before, None when there was none."""
    return None if stored is None else tuple(Check(**check) for check in stored["checks"])
