"""What becomes of a message once its handler ended: the one map from errors to acknowledge, retry or give up. Pure."""

import random
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import DBAPIError

from domain.errors import DomainError
from runtime.faults import is_outage

RETRY_BASE_S: Final = 2
RETRY_MAX_S: Final = 60
INTERNAL_ERROR: Final = "internal_error"


@dataclass(frozen=True, slots=True)
class Ack:
    """Done: the message is deleted."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Something that all work needs is away: the message is kept and run again once that may be back."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The message comes back after `pause_s`, to whoever receives it then."""

    pause_s: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Trying again helps nobody: to the dead-letter queue, with a stable code and a sentence."""

    reason: str
    error: str


Outcome = Ack | Wait | Retry | GiveUp


def outcome_of(
    error: Exception | None, *, receives: int, max_receives: int, may_wait: bool, rng: random.Random
) -> Outcome:
    """Map how a handler ended, at the `receives`-th delivery (1, 2, …), to what becomes of its message.

    An error that says itself that trying again is no use ends at once, any other at the last delivery. An outage costs
    no delivery, for it says nothing about the message: where it `may_wait`, it is kept.
    """
    if error is None:
        return Ack()
    if may_wait and is_outage(error):
        return Wait()
    code = error.code if isinstance(error, DomainError) else INTERNAL_ERROR
    is_final = isinstance(error, DomainError) and not error.retryable
    if is_final or receives >= max_receives:
        return GiveUp(code, sentence_of(error))
    return Retry(retry_pause_s(receives, rng))


def sentence_of(error: Exception) -> str:
    """Return what a person reads of an error: its message, or for one that nobody expected its type too.

    A database tells statements and whole rows with its errors. Its code says enough; the log has the rest.
    """
    if isinstance(error, DomainError):
        return error.message
    if isinstance(error, DBAPIError):
        return f"{type(error.orig).__name__} of the database, SQLSTATE {getattr(error.orig, 'sqlstate', None)}"
    return f"{type(error).__name__}: {error}"


def retry_pause_s(receives: int, rng: random.Random) -> int:
    """Return the pause before the next delivery, ≥ 1 s: doubling from 2 s to 60 s, half to one and a half of it."""
    pause_s: float = min(RETRY_BASE_S * 2 ** min(receives - 1, 10), RETRY_MAX_S) * rng.uniform(0.5, 1.5)
    return max(1, round(pause_s))
