"""Simulated annotators and their supervisor do what their description says."""

from dataclasses import replace
from uuid import UUID

import pytest

from cli.demo.personality import ANNOTATORS, Personality, Slip
from cli.demo.settle import settle
from cli.demo.simulate import edit_prelabels, finish_object, plan_photograph
from cli.demo.truth import TruthObject, TruthPicture
from cli.demo.truth_score import score_to_truth
from cli.demo.wobble import generator_for, redraw, widen
from domain.consensus.answers import Answer
from domain.consensus.rules import merge_answers
from domain.geometry.overlap import iou_matrix
from domain.geometry.rle import area_px
from schema.enums import Cause, Choice, Origin
from schema.geometry import Polygon
from schema.objects import LabelObject
from schema.projects import Policy

HEIGHT, WIDTH = 200, 300
STEADY = Personality(name="steady", jitter_px=0.0)


def make_square(x0: float, y0: float, side: float) -> Polygon:
    return Polygon(parts=((((x0, y0), (x0 + side, y0), (x0 + side, y0 + side), (x0, y0 + side)),),))


def make_truth(x0: float = 50, y0: float = 50, *, side: float = 60, name: str = "thing") -> TruthObject:
    points = ((x0, y0), (x0, y0), (x0 + side, y0), (x0, y0 + side))
    return TruthObject("picture.png", name, 1, points, make_square(x0, y0, side))


def make_label(shape: Polygon, *, number: int = 1, class_id: int = 1) -> LabelObject:
    return LabelObject(id=UUID(int=number), class_id=class_id, shape=shape, origin=Origin.MODEL, score=0.9)


def make_picture(*objects: TruthObject) -> TruthPicture:
    return TruthPicture("picture.png", HEIGHT, WIDTH, objects)


def edit(person: Personality, proposals: list[LabelObject], *truth: TruthObject) -> tuple[LabelObject, ...]:
    return edit_prelabels(person, proposals, truth, height=HEIGHT, width=WIDTH)


def slipping(slip: Slip) -> Personality:
    return replace(STEADY, slips={"picture.png/thing": slip})


def iou(a: LabelObject, b: Polygon) -> float:
    return float(iou_matrix([a.shape], [b], height=HEIGHT, width=WIDTH)[0, 0])


def test_a_steady_person_clicks_the_extreme_points() -> None:
    (planned,) = plan_photograph(STEADY, make_picture(make_truth()))
    assert planned.extreme_points == make_truth().extreme_points


def test_a_loose_person_clicks_outside_the_object() -> None:
    (planned,) = plan_photograph(replace(STEADY, loose_px=6, loose_share=1), make_picture(make_truth()))
    left, top, right, bottom = planned.extreme_points
    assert (left[0], top[1], right[0], bottom[1]) == (44, 44, 116, 116)


def test_looseness_stays_in_proportion_to_the_object() -> None:
    assert replace(STEADY, loose_px=6, loose_share=0.05).looseness_px("a/b", extent_px=40) == 2


def test_clicks_stay_inside_the_picture() -> None:
    person = replace(STEADY, loose_px=40, loose_share=1)
    (planned,) = plan_photograph(person, make_picture(make_truth(0, 0, side=190)))
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in planned.extreme_points)


def test_the_same_seed_gives_the_same_clicks() -> None:
    picture = make_picture(make_truth())
    assert plan_photograph(ANNOTATORS[0], picture, seed=3) == plan_photograph(ANNOTATORS[0], picture, seed=3)


def test_another_seed_gives_other_clicks() -> None:
    picture = make_picture(make_truth())
    assert plan_photograph(ANNOTATORS[0], picture, seed=3) != plan_photograph(ANNOTATORS[0], picture, seed=4)


def test_an_overlooked_object_is_not_planned() -> None:
    assert plan_photograph(slipping(Slip(missed=True)), make_picture(make_truth())) == ()


def test_a_misnamed_object_gets_the_wrong_class() -> None:
    (planned,) = plan_photograph(slipping(Slip(class_id=3)), make_picture(make_truth()))
    assert planned.class_id == 3


def test_a_good_mask_is_taken_as_it_is() -> None:
    (planned,) = plan_photograph(STEADY, make_picture(make_truth()))
    item = finish_object(STEADY, planned, make_square(51, 51, 59), height=HEIGHT, width=WIDTH)
    assert (item.shape, item.origin) == (make_square(51, 51, 59), Origin.ASSISTED)


@pytest.mark.parametrize("answer", [None, make_square(50, 50, 20)], ids=["none", "poor"])
def test_a_poor_or_absent_mask_is_drawn_by_hand(answer: Polygon | None) -> None:
    (planned,) = plan_photograph(STEADY, make_picture(make_truth()))
    item = finish_object(STEADY, planned, answer, height=HEIGHT, width=WIDTH)
    assert (iou(item, make_truth().polygon), item.origin) == (1.0, Origin.DRAWN)


def test_a_good_proposal_is_accepted_and_keeps_its_id() -> None:
    proposal = make_label(make_square(50, 50, 60))
    (item,) = edit(STEADY, [proposal], make_truth())
    assert (item.id, item.shape, item.origin) == (proposal.id, proposal.shape, Origin.PRELABEL_ACCEPTED)


def test_people_give_no_score() -> None:
    (item,) = edit(STEADY, [make_label(make_square(50, 50, 60))], make_truth())
    assert item.score is None


def test_a_proposal_of_the_wrong_class_is_edited() -> None:
    (item,) = edit(STEADY, [make_label(make_square(50, 50, 60), class_id=2)], make_truth())
    assert (item.class_id, item.origin) == (1, Origin.PRELABEL_EDITED)


def test_a_poor_proposal_is_drawn_again() -> None:
    (item,) = edit(STEADY, [make_label(make_square(50, 50, 45))], make_truth())
    assert (iou(item, make_truth().polygon), item.origin) == (1.0, Origin.PRELABEL_EDITED)


def test_junk_proposals_are_deleted() -> None:
    assert edit(STEADY, [make_label(make_square(200, 20, 30))]) == ()


def test_an_object_without_proposal_is_drawn() -> None:
    (item,) = edit(STEADY, [make_label(make_square(200, 20, 30))], make_truth())
    assert (item.origin, iou(item, make_truth().polygon)) == (Origin.DRAWN, 1.0)


def test_a_forgotten_object_is_missing_in_the_answer() -> None:
    assert edit(slipping(Slip(missed=True)), [make_label(make_square(50, 50, 60))], make_truth()) == ()


def test_a_loose_person_shifts_the_border_outwards() -> None:
    (item,) = edit(slipping(Slip(loose_px=5)), [make_label(make_square(50, 50, 60))], make_truth())
    assert area_px(item.shape, height=HEIGHT, width=WIDTH) == pytest.approx(70 * 70, rel=0.02)


def test_a_proposal_answers_one_object_only() -> None:
    near = (make_truth(name="one"), make_truth(60, 55, name="two"))
    items = edit(STEADY, [make_label(make_square(50, 50, 60))], *near)
    assert [item.origin for item in items] == [Origin.PRELABEL_ACCEPTED, Origin.DRAWN]


def test_widening_stays_inside_the_picture() -> None:
    wide = widen(make_square(0, 0, 100), 10, height=HEIGHT, width=WIDTH)
    assert min(min(point) for part in wide.parts for ring in part for point in ring) >= 0


def test_widening_keeps_a_hole() -> None:
    hole = ((80.0, 80.0), (80.0, 120.0), (120.0, 120.0), (120.0, 80.0))
    ring = Polygon(parts=((make_square(50, 50, 100).parts[0][0], hole),))
    assert widen(ring, 4, height=HEIGHT, width=WIDTH).has_holes


def test_another_hand_draws_nearly_the_same() -> None:
    drawn = redraw(make_square(50, 50, 60), generator_for("x"), jitter_px=1, height=HEIGHT, width=WIDTH)
    assert 0.85 < iou(make_label(drawn), make_square(50, 50, 60)) < 1


def test_one_who_misses_and_one_who_misnames_leave_an_object_contested() -> None:
    people = (slipping(Slip(missed=True)), slipping(Slip(class_id=3)), STEADY)
    answers = [Answer(n, n, edit(person, [], make_truth())) for n, person in enumerate(people)]
    (merged,) = merge_answers(answers, height=HEIGHT, width=WIDTH, policy=Policy()).contested
    assert merged.causes == (Cause.CLASS,)


def settle_with(
    merged: LabelObject, *versions: LabelObject, truth: tuple[TruthObject, ...]
) -> tuple[Choice, int | None]:
    found = settle(merged, versions, truth, height=HEIGHT, width=WIDTH)
    return found.choice, found.version


def test_the_supervisor_removes_what_is_not_there() -> None:
    assert settle_with(make_label(make_square(200, 20, 30)), truth=(make_truth(),))[0] is Choice.REMOVE


def test_the_supervisor_removes_everything_from_a_picture_of_nothing() -> None:
    assert settle_with(make_label(make_square(200, 20, 30)), truth=())[0] is Choice.REMOVE


def test_the_supervisor_keeps_a_merged_object_that_is_right() -> None:
    assert settle_with(make_label(make_square(50, 50, 60)), truth=(make_truth(),))[0] is Choice.MERGED


def test_the_supervisor_takes_the_version_that_is_right() -> None:
    merged = make_label(make_square(50, 50, 60), class_id=3)
    assert settle_with(merged, merged, make_label(make_square(50, 50, 60)), truth=(make_truth(),)) == (
        Choice.VERSION,
        1,
    )


def test_the_supervisor_draws_what_nobody_got_right() -> None:
    loose = make_label(make_square(40, 40, 80))
    found = settle(loose, [loose], [make_truth()], height=HEIGHT, width=WIDTH)
    assert (found.choice, found.shape, found.class_id) == (Choice.FIX, make_truth().polygon, 1)


def test_a_missed_object_counts_as_no_overlap() -> None:
    truth = (make_truth(), make_truth(180, 50, name="other"))
    score = score_to_truth([make_label(make_square(50, 50, 60))], truth, height=HEIGHT, width=WIDTH)
    assert (score.mean_iou, score.missed, score.extra) == (0.5, 1, 0)


def test_nothing_to_find_has_no_mean() -> None:
    assert score_to_truth([], (), height=HEIGHT, width=WIDTH).mean_iou is None
