"""Pages of lists that are walked: whole, short at the bound, and with where the next one starts."""

from collections.abc import Callable, Sequence

import pytest

from domain.walk import CHUNK, MOST_CHUNKS, walk


def read(last: int) -> Callable[[int, int], Sequence[int]]:
    """Return a reader of the numbers 1 … last."""
    return lambda after, count: range(after + 1, min(after + count, last) + 1)


def every(nth: int) -> Callable[[Sequence[int]], Sequence[int]]:
    return lambda keys: [key for key in keys if key % nth == 0]


def none(keys: Sequence[int]) -> Sequence[int]:
    return []


@pytest.mark.parametrize(
    ("last", "limit", "keys", "following"),
    [(5, 2, (1, 2), 2), (2, 2, (1, 2), None), (0, 2, (), None)],
)
def test_page_without_a_condition_is_as_long_as_it_may_be(
    last: int, limit: int, keys: Sequence[int], following: int | None
) -> None:
    walked = walk(read(last), None, after=0, limit=limit)
    assert (walked.keys, walked.next) == (keys, following)


def test_page_with_a_condition_goes_on_where_it_stopped() -> None:
    found: list[int] = []
    after: int | None = 0
    while after is not None:
        walked = walk(read(3 * CHUNK), every(700), after=after, limit=2)
        found += walked.keys
        after = walked.next
    assert found == [700, 1400, 2100, 2800]


def test_walk_that_finds_nothing_stops_at_its_bound() -> None:
    walked = walk(read(10**9), none, after=0, limit=2)
    assert (walked.keys, walked.next) == ((), CHUNK * MOST_CHUNKS)


def test_walk_that_ends_with_a_full_page_has_no_next() -> None:
    walked = walk(read(CHUNK), every(CHUNK // 2), after=0, limit=2)
    assert (walked.keys, walked.next) == ((500, 1000), None)
