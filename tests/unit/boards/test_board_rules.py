"""Rates, orders, months, and what verdicts make of objects."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.boards.rules import BoardLine, BoardSort, month_of, sort_lines, whole_hours
from domain.review.rules import ContestedObject, ObjectVerdict, count_overturned
from schema.enums import Choice, Origin
from schema.geometry import Box
from schema.ids import new_object_id
from schema.objects import LabelObject

EMPTY = BoardLine("a", 1, None, None, None, None, None, 0, 0, 0, 0, 0.0, 0, 0, 0, 0, 0)


def test_nothing_done_has_no_rate() -> None:
    rates = (EMPTY.skip_rate, EMPTY.seconds_per_answer, EMPTY.answers_per_active_hour, EMPTY.acceptance)
    assert rates == (None, None, None, None)
    assert EMPTY.prelabels_accepted is None


def test_more_answers_back_than_came_are_all() -> None:
    assert replace(EMPTY, submits=2, returned=3).acceptance == 0


def test_rates_are_of_what_they_say() -> None:
    line = replace(EMPTY, submits=6, skips=2, expiries=1, releases=1, active_s=1200.0, accepted=3, edited=2, deleted=1)
    assert (line.skip_rate, line.seconds_per_answer, line.answers_per_active_hour) == (0.2, 200.0, 18.0)
    assert line.prelabels_accepted == 0.5


@pytest.mark.parametrize("sort", list(BoardSort))
def test_lines_without_a_value_come_last_and_equal_ones_by_name(sort: BoardSort) -> None:
    lines = [replace(EMPTY, who=who) for who in "cab"]
    assert [line.who for line in sort_lines(lines, sort)] == ["a", "b", "c"]
    busy = replace(EMPTY, who="z", submits=1, skips=1, active_s=2.0, accepted=1)
    if sort.value.removeprefix("-") in {"seconds_per_answer", "answers_per_active_hour", "skip_rate", "acceptance"}:
        assert sort_lines([*lines, busy], sort)[0] is busy


def test_a_span_is_widened_to_whole_hours() -> None:
    at = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
    assert whole_hours(at.replace(minute=59), at.replace(hour=11)) == (at, at.replace(hour=11))
    assert whole_hours(at, at.replace(hour=11, microsecond=1)) == (at, at.replace(hour=12))


def test_a_month_ends_where_the_next_begins() -> None:
    assert month_of("2024-02").until == datetime(2024, 3, 1, tzinfo=UTC)
    assert month_of("2026-12").until == datetime(2027, 1, 1, tzinfo=UTC)


def drawn() -> LabelObject:
    return LabelObject(id=new_object_id(), class_id=1, shape=Box(x0=0, y0=0, x1=9, y1=9), origin=Origin.DRAWN)


def verdict(about: UUID, choice: Choice, lease: int | None = None) -> ObjectVerdict:
    return ObjectVerdict(about, choice, lease_id=lease, fixed=drawn() if choice is Choice.FIX else None)


@pytest.mark.parametrize(
    ("choice", "lease", "changed"),
    [
        (Choice.MERGED, None, {}),
        (Choice.VERSION, 7, {8: 1}),
        (Choice.VERSION, 8, {7: 1}),
        (Choice.FIX, None, {7: 1, 8: 1}),
        (Choice.REMOVE, None, {7: 1, 8: 1}),
    ],
)
def test_a_verdict_changes_what_it_does_not_keep(choice: Choice, lease: int | None, changed: dict[int, int]) -> None:
    contested = ContestedObject(drawn(), (), {7: drawn(), 8: drawn()})
    untouched = ContestedObject(drawn(), (), {7: drawn()})
    assert count_overturned([contested, untouched], [verdict(contested.merged.id, choice, lease)]) == changed
