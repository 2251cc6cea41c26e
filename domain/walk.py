"""Lists with conditions that no index answers: rows are walked in their order, chunk by chunk, up to a bound."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

CHUNK = 1_000
MOST_CHUNKS = 10

Key = TypeVar("Key")
Start = TypeVar("Start")


@dataclass(frozen=True, slots=True)
class Walked(Generic[Key]):
    """The keys of a page, and where the next one starts; None when nothing follows.

    A page may be short, even empty, and still have a next one: the walk stopped at its bound.
    """

    keys: tuple[Key, ...]
    next: Key | None


def walk(
    read: Callable[[Key | Start, int], Sequence[Key]],
    keep: Callable[[Sequence[Key]], Sequence[Key]] | None,
    *,
    after: Start,
    limit: int,
) -> Walked[Key]:
    """Return at most `limit` keys beyond `after` that `keep` keeps (all of them when it is None), in order.

    `read` takes (after, how many); `keep` returns those of a chunk that fit, in their order.
    """
    if keep is None:
        return _cut(read(after, limit + 1), limit, following=None)
    kept: list[Key] = []
    last: Key | None = None
    for _ in range(MOST_CHUNKS):
        chunk = read(after if last is None else last, CHUNK)
        if chunk:
            kept += keep(chunk)
            last = chunk[-1]
        if len(kept) > limit or len(chunk) < CHUNK:
            return _cut(kept, limit, following=None)
    return _cut(kept, limit, following=last)


def _cut(keys: Sequence[Key], limit: int, *, following: Key | None) -> Walked[Key]:
    shown = tuple(keys[:limit])
    return Walked(shown, shown[-1] if len(keys) > limit else following)
