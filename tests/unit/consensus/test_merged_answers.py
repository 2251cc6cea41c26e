"""From answers to a consensus: what is contested and why, ids, and that no object is ever lost."""

import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.answers import Answer
from domain.consensus.rules import Consensus, merge_answers
from schema.enums import Cause, Origin
from schema.geometry import Box, Polygon, Tag
from schema.ids import new_object_id
from schema.objects import LabelObject, ObjectDocument
from schema.projects import Policy

POLICY = Policy()


def box(x0: float, y0: float, x1: float, y1: float, *, class_id: int = 1, object_id: UUID | None = None) -> LabelObject:
    return LabelObject(id=object_id or new_object_id(), class_id=class_id, shape=Box(x0=x0, y0=y0, x1=x1, y1=y1))


def merge(*answers: tuple[LabelObject, ...], policy: Policy = POLICY) -> Consensus:
    given = [Answer(lease_id=i + 1, member_id=50 - i, objects=objects) for i, objects in enumerate(answers)]
    return merge_answers(given, height=100, width=200, policy=policy)


def causes(*answers: tuple[LabelObject, ...]) -> list[tuple[Cause, ...]]:
    return [o.causes for o in merge(*answers).objects]


def test_what_everyone_drew_alike_is_not_contested() -> None:
    assert causes((box(0, 0, 50, 50),), (box(1, 0, 50, 50),), (box(0, 1, 50, 50),)) == [()]


def test_one_answer_contests_nothing() -> None:
    assert causes((box(0, 0, 50, 50), box(60, 0, 90, 40))) == [(), ()]


def test_what_one_of_two_drew_may_be_missing_from_the_other() -> None:
    assert causes((box(0, 0, 50, 50),), ()) == [(Cause.MISSING,)]


def test_what_one_of_three_drew_is_extra() -> None:
    assert causes((box(0, 0, 50, 50),), (), ()) == [(Cause.EXTRA,)]


def test_what_two_of_three_drew_has_its_quorum() -> None:
    assert causes((box(0, 0, 50, 50),), (box(0, 0, 50, 50),), ()) == [()]


def test_different_classes_are_contested() -> None:
    assert causes((box(0, 0, 50, 50),), (box(0, 0, 50, 50, class_id=2),)) == [(Cause.CLASS,)]


def test_loose_outlines_are_contested() -> None:
    assert causes((box(0, 0, 50, 50),), (box(0, 0, 50, 70),)) == [(Cause.BOUNDARY,)]


def test_one_thing_drawn_as_two_halves_is_a_split() -> None:
    found = causes((box(0, 0, 100, 50),), (box(0, 0, 49, 50), box(51, 0, 100, 50)))
    assert len(found) == 2 and all(Cause.SPLIT_MERGE in c for c in found)


def test_one_thing_drawn_as_three_parts_is_a_split() -> None:
    found = causes((box(0, 0, 33, 50), box(33, 0, 66, 50), box(66, 0, 99, 50)), (box(0, 0, 99, 50),))
    assert len(found) == 4 and all(Cause.SPLIT_MERGE in c for c in found)


def test_wheels_that_one_person_left_out_do_not_split_the_car() -> None:
    car, wheels = box(0, 0, 100, 50), (box(10, 40, 20, 50), box(80, 40, 90, 50))
    assert causes((car,), (box(0, 0, 100, 50), *wheels)) == [(), (Cause.MISSING,), (Cause.MISSING,)]


def test_one_group_box_among_many_people_contests_only_itself() -> None:
    faces = [(box(0, 0, 30, 50), box(30, 0, 60, 50), box(60, 0, 90, 50)) for _ in range(4)]
    found = causes(*faces, (box(0, 0, 90, 50),))
    assert found == [(), (), (), (Cause.EXTRA, Cause.SPLIT_MERGE)]


def test_a_merged_object_keeps_the_earliest_id_and_names_all_it_came_from() -> None:
    first, second = box(0, 0, 50, 50), box(0, 0, 50, 50)
    merged = merge((first,), (second,)).objects[0]
    assert merged.object.id == first.id
    assert merged.object.derived_from == tuple(sorted((first.id, second.id)))
    assert merged.versions == ((1, first.id), (2, second.id))
    assert merged.object.origin is Origin.CONSENSUS


def test_one_prelabel_carried_to_two_places_gives_two_ids() -> None:
    shared = new_object_id()
    found = merge((box(0, 0, 20, 20, object_id=shared),), (box(100, 50, 120, 70, object_id=shared),))
    ObjectDocument(objects=tuple(o.object for o in found.objects))
    again = merge((box(0, 0, 20, 20, object_id=shared),), (box(100, 50, 120, 70, object_id=shared),))
    assert [o.object.id for o in found.objects] == [o.object.id for o in again.objects]


def test_polygons_merge_between_their_outlines() -> None:
    def polygon(x1: float) -> LabelObject:
        ring = ((10.0, 10.0), (x1, 10.0), (x1, 60.0), (10.0, 60.0))
        return LabelObject(id=new_object_id(), class_id=1, shape=Polygon(parts=((ring,),)))

    merged = merge((polygon(60),), (polygon(66),)).objects[0].object.shape
    assert isinstance(merged, Polygon)
    assert max(x for x, _ in merged.parts[0][0]) == pytest.approx(63, abs=1)


def test_two_empty_answers_agree_fully() -> None:
    found = merge((), ())
    assert (found.objects, found.agreement.match_f1) == ((), 1.0)


def test_no_answers_give_no_objects() -> None:
    assert merge().objects == ()


def test_agreement_counts_matches_and_their_iou_for_each_pair() -> None:
    found = merge((box(0, 0, 50, 50), box(60, 0, 90, 40)), (box(0, 0, 50, 40, class_id=2),)).agreement
    pair = found.pairs[0]
    assert (pair.member_a, pair.member_b, pair.objects_a, pair.objects_b) == (49, 50, 1, 2)
    assert (pair.matched, pair.same_class) == (1, 0)
    assert pair.iou_sum == pytest.approx(0.8)
    assert found.match_f1 == pytest.approx(2 / 3)
    assert found.coincidences == (("1", "2", 1.0), ("2", "1", 1.0))


def test_tags_are_judged_over_the_item_and_have_no_iou() -> None:
    def tag(class_id: int) -> LabelObject:
        return LabelObject(id=new_object_id(), class_id=class_id, shape=Tag())

    found = merge((tag(3),), (tag(3),), (tag(7), tag(3))).agreement
    assert found.mean_iou is None and found.coincidences == ()
    assert {f"{a}>{b}": w for a, b, w in found.tag_coincidences} == {"3>3": 1.0, "3>3+7": 1.0, "3+7>3": 1.0}


@st.composite
def drawings(draw: st.DrawFn) -> tuple[LabelObject, ...]:
    corners = draw(st.lists(st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 25)] * 2), max_size=4))
    return tuple(box(x, y, x + w, y + h, class_id=1 + (x + w) % 2) for x, y, w, h in corners)


@given(st.lists(drawings(), min_size=1, max_size=4))
def test_every_drawing_is_a_version_of_exactly_one_object(answers: list[tuple[LabelObject, ...]]) -> None:
    found = merge(*answers)
    versions = sorted(version for o in found.objects for version in o.versions)
    assert versions == sorted((i + 1, o.id) for i, objects in enumerate(answers) for o in objects)


@given(st.lists(drawings(), min_size=1, max_size=4), st.randoms())
def test_the_consensus_does_not_depend_on_the_order_of_the_answers(
    drawn: list[tuple[LabelObject, ...]], chance: random.Random
) -> None:
    answers = [Answer(lease_id=i + 1, member_id=9 - i, objects=objects) for i, objects in enumerate(drawn)]
    shuffled = chance.sample(answers, len(answers))
    assert merge_answers(shuffled, height=60, width=60, policy=POLICY) == merge_answers(
        answers, height=60, width=60, policy=POLICY
    )
