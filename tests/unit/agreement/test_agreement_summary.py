"""Agreement of a project from its items: micro averages, intervals, and sums that survive storage."""

import json

import numpy as np
import pytest

from domain.agreement.bootstrap import Interval, percentile_interval, resampled_sums
from domain.agreement.item import ClassSums, ItemAgreement, PairAgreement
from domain.agreement.krippendorff import coincidences
from domain.agreement.match_f1 import match_f1
from domain.agreement.summary import summarise, summarise_classes, summarise_pairs

NOTHING = Interval(None, None, None)


def pair(
    *, objects: tuple[int, int] = (2, 2), matched: int = 2, iou_sum: float = 1.6, members: tuple[int, int] = (1, 2)
) -> PairAgreement:
    return PairAgreement(
        member_a=members[0],
        member_b=members[1],
        objects_a=objects[0],
        objects_b=objects[1],
        matched=matched,
        located=matched,
        iou_sum=iou_sum,
        same_class=matched,
    )


def item(*pairs: PairAgreement, units: tuple[tuple[str, ...], ...] = ()) -> ItemAgreement:
    counted = coincidences(units)
    return ItemAgreement(pairs=pairs, coincidences=tuple((a, b, w) for (a, b), w in sorted(counted.items())))


def test_match_f1_of_toy_answers() -> None:
    assert match_f1(matched=2, objects=5) == 0.8
    assert match_f1(matched=0, objects=0) == 1.0


def test_an_item_averages_its_pairs() -> None:
    empty = pair(objects=(0, 0), matched=0, iou_sum=0)
    assert item(pair(objects=(2, 2), matched=1), empty).match_f1 == 0.75


def test_the_project_figure_is_a_ratio_of_sums() -> None:
    items = [item(pair(objects=(10, 10), matched=10, iou_sum=9)), item(pair(objects=(1, 1), matched=0, iou_sum=0))]
    found = summarise(items, classes=[], seed=1, samples=50)
    assert found.match_f1.value == pytest.approx(20 / 22)
    assert found.mean_iou.value == pytest.approx(0.9)


def test_two_empty_answers_count_as_one_object_that_both_have() -> None:
    items = [item(pair(objects=(0, 0), matched=0, iou_sum=0)), item(pair(objects=(1, 1), matched=0, iou_sum=0))]
    assert summarise(items, classes=[], seed=1, samples=50).match_f1.value == 0.5


def test_nothing_compared_has_no_figures() -> None:
    found = summarise([ItemAgreement()], classes=[1], seed=1)
    assert (found.match_f1, found.mean_iou, found.alpha, found.items) == (NOTHING, NOTHING, NOTHING, 0)


def test_one_item_has_a_figure_but_no_interval() -> None:
    found = summarise([item(pair())], classes=[], seed=1)
    assert found.match_f1 == Interval(1.0, None, None)


def test_alpha_of_a_project_is_alpha_of_all_its_units() -> None:
    items = [item(pair(), units=(("1", "1"), ("2", "2"))), item(pair(), units=(("1", "2"), ("1", "1")))]
    observed, expected = 2 / 8, 1 - (5 * 4 + 3 * 2) / (8 * 7)
    assert summarise(items, classes=[], seed=1, samples=50).alpha.value == pytest.approx(1 - observed / expected)


def test_the_interval_holds_the_figure_and_repeats_with_its_seed() -> None:
    items = [item(pair(objects=(4, 4), matched=k % 5, iou_sum=0.8 * (k % 5))) for k in range(40)]
    found = summarise(items, classes=[], seed=7).match_f1
    assert found == summarise(items, classes=[], seed=7).match_f1
    assert found.low is not None and found.value is not None and found.high is not None
    assert found.low < found.value < found.high


def test_the_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(3).normal(5, 1, size=400)
    rows = np.stack([values, np.ones(400)], axis=1)
    found = percentile_interval(rows, lambda sums: sums[..., 0] / sums[..., 1], seed=1)
    assert found.low is not None and found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 / 20, rel=0.15)


def test_every_resample_draws_as_many_items_as_there_are() -> None:
    assert (resampled_sums(np.ones((30, 1)), seed=1, samples=20) == 30).all()


def test_item_sums_survive_storage_as_json() -> None:
    stored = ItemAgreement(
        pairs=(pair(),),
        classes=(ClassSums(3, 4, 2, 2, 1.5),),
        coincidences=(("3", "3", 2.0),),
        tag_coincidences=(("", "3+7", 0.5), ("3+7", "", 0.5)),
    )
    assert ItemAgreement.from_json(json.loads(json.dumps(stored.to_json()))) == stored


def test_a_class_is_judged_on_matches_in_which_both_say_it() -> None:
    items = [ItemAgreement(classes=(ClassSums(3, 4, 1, 1, 0.8),)), ItemAgreement(classes=(ClassSums(3, 4, 3, 3, 2.4),))]
    car, unseen = summarise_classes(items, classes=[3, 9])
    assert car.match_f1 == 1.0
    assert car.mean_iou == pytest.approx(0.8)
    assert (unseen.class_id, unseen.match_f1, unseen.mean_iou) == (9, None, None)


def test_a_pair_of_people_is_judged_on_the_items_they_share() -> None:
    items = [item(pair(members=(1, 2))), item(pair(members=(1, 3), matched=0, iou_sum=0)), item(pair(members=(1, 2)))]
    first, second = summarise_pairs(items)
    assert (first.member_b, first.items, first.match_f1) == (2, 2, 1.0)
    assert first.mean_iou == pytest.approx(0.8)
    assert (second.member_b, second.items, second.match_f1, second.mean_iou) == (3, 1, 0.0, None)
