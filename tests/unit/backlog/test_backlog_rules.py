"""How long what waits will take, from counts of a queue alone."""

import pytest

from domain.backlog.rules import ASSUMED_S, Counted, Pace, backlog_s, measure
from schema.enums import Topic


def test_backlog_needs_no_worker() -> None:
    assert backlog_s(Topic.IMAGES, 100, Pace()) == 100 * ASSUMED_S[Topic.IMAGES] > 0


def test_empty_queue_is_no_backlog() -> None:
    assert backlog_s(Topic.IMAGES, 0, Pace(3.0)) == 0


def test_every_queue_has_an_assumed_pace() -> None:
    assert set(ASSUMED_S) == set(Topic)


def test_shrinking_queue_tells_how_long_a_message_takes() -> None:
    """Ten hands, ten seconds, a hundred messages done: one second each."""
    pace = measure(Pace(), Counted(0.0, 1_000, 10), Counted(10.0, 900, 10))
    assert pace.message_s == pytest.approx(1.0)
    assert backlog_s(Topic.DECIDE, 900, pace) == pytest.approx(900.0)


def test_later_measurements_move_the_pace_by_a_part() -> None:
    pace = measure(Pace(2.0), Counted(0.0, 1_000, 10), Counted(10.0, 900, 10))
    assert pace.message_s == pytest.approx(0.7 * 2.0 + 0.3 * 1.0)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param(Counted(0.0, 100, 5), Counted(10.0, 200, 5), id="it grew"),
        pytest.param(Counted(0.0, 100, 5), Counted(10.0, 95, 5), id="too little was done"),
        pytest.param(Counted(0.0, 100, 5), Counted(10.0, 0, 5), id="it ran empty, hands were idle"),
        pytest.param(Counted(0.0, 100, 0), Counted(10.0, 50, 0), id="nobody held any, somebody purged it"),
        pytest.param(Counted(5.0, 100, 5), Counted(5.0, 50, 5), id="no time went by"),
    ],
)
def test_pace_stays_where_counts_tell_nothing(before: Counted, now: Counted) -> None:
    assert measure(Pace(2.0), before, now) == Pace(2.0)


def test_absurd_counts_give_no_absurd_pace() -> None:
    assert measure(Pace(), Counted(0.0, 10_000, 1), Counted(0.001, 1, 1)).message_s == 0.001
    assert measure(Pace(), Counted(0.0, 1_000, 9_000), Counted(3600.0, 980, 9_000)).message_s == 600.0
