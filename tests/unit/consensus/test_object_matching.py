"""Matching: what is one thing, and that nothing is lost or depends on the order of the answers."""

import random
from collections.abc import Sequence
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from domain.consensus.answers import Answer, in_lease_order
from domain.consensus.matching import Cluster, cluster, match_objects
from schema.geometry import Box, Mask, Points, Polygon, Polyline, RotatedBox, Tag
from schema.ids import new_object_id
from schema.objects import LabelObject

AnyShape = Box | RotatedBox | Polygon | Mask | Points | Polyline | Tag
Named = frozenset[tuple[int, UUID]]
SIDE_PX = 64


def answer(lease_id: int, *shapes: AnyShape, class_id: int = 1) -> Answer:
    objects = tuple(LabelObject(id=new_object_id(), class_id=class_id, shape=shape) for shape in shapes)
    return Answer(lease_id=lease_id, member_id=100 - lease_id, objects=objects)


def box(x0: float, y0: float, x1: float, y1: float) -> Box:
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def match(*answers: Answer, side_px: int = SIDE_PX) -> tuple[Cluster, ...]:
    return match_objects(answers, height=side_px, width=side_px, match_iou=0.4)


def matrix(*rows: Sequence[float]) -> NDArray[np.float64]:
    return np.array(rows, dtype=np.float64)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x0, y0 = draw(st.integers(-4, 20)), draw(st.integers(-4, 20))
    return box(x0, y0, x0 + draw(st.integers(1, 12)), y0 + draw(st.integers(1, 12)))


ANSWERS = st.lists(st.lists(boxes(), max_size=5), min_size=1, max_size=4).map(
    lambda drawn: [answer(i + 1, *shapes) for i, shapes in enumerate(drawn)]
)


def test_the_best_pair_is_joined_first() -> None:
    similarity = {(0, 1): matrix([0.5, 0.9])}
    assert cluster([1, 2], similarity, 0.4) == (Cluster(((0, 0), (1, 1))), Cluster(((1, 0),)))


def test_clusters_that_share_an_annotator_are_not_joined() -> None:
    similarity = {(0, 1): matrix([0.9, 0.0]), (0, 2): matrix([0.0, 0.7]), (1, 2): matrix([0.8, 0.0], [0.0, 0.0])}
    found = cluster([1, 2, 2], similarity, 0.4)
    assert found[0] == Cluster(((0, 0), (1, 0), (2, 0))) and Cluster(((2, 1),)) in found


def test_a_pair_below_the_threshold_is_not_joined() -> None:
    assert len(cluster([1, 1], {(0, 1): matrix([0.39])}, 0.4)) == 2


def test_shapes_without_any_overlap_do_not_match_at_a_threshold_of_zero() -> None:
    assert len(cluster([1, 1], {(0, 1): matrix([0.0])}, 0.0)) == 2


def test_objects_of_different_classes_are_one_thing() -> None:
    assert len(match(answer(1, box(0, 0, 10, 10)), answer(2, box(0, 0, 10, 10), class_id=2))) == 1


def test_a_box_matches_a_polygon_and_a_mask_of_the_same_place() -> None:
    polygon = Polygon(parts=(((((2, 2), (12, 2), (12, 12), (2, 12))),),))
    rotated = RotatedBox(cx=7, cy=7, width=10, height=10, angle_deg=90)
    assert len(match(answer(1, box(2, 2, 12, 12)), answer(2, polygon), answer(3, rotated))) == 1


@pytest.mark.parametrize(
    "other",
    [Points(points=((5, 5),)), Polyline(points=((0, 0), (10, 10))), Tag()],
    ids=["points", "polyline", "tag"],
)
def test_kinds_of_different_dimension_never_match(other: AnyShape) -> None:
    assert len(match(answer(1, box(0, 0, 10, 10)), answer(2, other))) == 2


def test_tags_match_by_class() -> None:
    assert len(match(answer(1, Tag(), class_id=3), answer(2, Tag(), class_id=3), answer(3, Tag(), class_id=4))) == 2


@pytest.mark.parametrize(("distance_px", "clusters"), [(5, 1), (60, 2)])
def test_points_match_by_their_distance(distance_px: float, clusters: int) -> None:
    one, other = Points(points=((100, 100),)), Points(points=((100 + distance_px, 100),))
    assert len(match(answer(1, one), answer(2, other), side_px=1000)) == clusters


def test_point_sets_of_different_lengths_never_match() -> None:
    one, other = Points(points=((1, 1), (2, 2))), Points(points=((1, 1),))
    assert len(match(answer(1, one), answer(2, other))) == 2


def test_points_that_both_left_out_do_not_count_against_a_match() -> None:
    one = Points(points=((1, 1), (0, 0), (9, 9)), visibility=(2, 0, 1))
    other = Points(points=((1, 1), (50, 50), (9, 9)), visibility=(2, 0, 2))
    assert len(match(answer(1, one), answer(2, other))) == 1


def test_a_line_matches_itself_drawn_backwards_with_other_vertices() -> None:
    one = Polyline(points=((10, 10), (900, 500)))
    other = Polyline(points=((900, 500), (455, 255), (10, 10)))
    assert len(match(answer(1, one), answer(2, other), side_px=1000)) == 1


def test_a_third_of_a_line_does_not_match_the_line() -> None:
    one, other = Polyline(points=((0, 0), (900, 0))), Polyline(points=((0, 0), (250, 0)))
    assert len(match(answer(1, one), answer(2, other), side_px=1000)) == 2


def test_equal_shapes_too_thin_to_cover_a_pixel_match() -> None:
    assert len(match(answer(1, box(5.1, 5.1, 5.3, 9)), answer(2, box(5.1, 5.1, 5.3, 9)))) == 1


def test_one_member_has_one_vote() -> None:
    with pytest.raises(ValueError, match="one answer"):
        in_lease_order([Answer(1, 7), Answer(2, 7)])


@given(ANSWERS)
def test_every_object_is_in_exactly_one_cluster_and_no_annotator_twice(answers: list[Answer]) -> None:
    found = match(*answers)
    assert sorted(member for c in found for member in c.members) == [
        (i, k) for i, a in enumerate(answers) for k in range(len(a.objects))
    ]
    assert all(len({i for i, _ in c.members}) == len(c.members) for c in found)


@given(ANSWERS, st.randoms())
def test_the_clusters_do_not_depend_on_the_order_of_the_answers(answers: list[Answer], chance: random.Random) -> None:
    shuffled = chance.sample(answers, len(answers))
    assert named(shuffled, match(*shuffled)) == named(answers, match(*answers))


def named(answers: Sequence[Answer], clusters: Sequence[Cluster]) -> set[Named]:
    return {frozenset((answers[i].lease_id, answers[i].objects[k].id) for i, k in c.members) for c in clusters}
