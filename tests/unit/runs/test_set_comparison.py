"""How two sets of objects differ: one-to-one matches in place and class first, then in place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.runs.comparison import ComparisonSums, match_picture
from schema.geometry import Box, Polygon, Shape, Tag
from schema.ids import new_object_id
from schema.objects import LabelObject

SIZE = {"height": 100, "width": 100}


def thing(shape: Shape, class_id: int = 1) -> LabelObject:
    return LabelObject(id=new_object_id(), class_id=class_id, shape=shape)


def box(x0: float, x1: float, class_id: int = 1) -> LabelObject:
    return thing(Box(x0=x0, y0=0, x1=x1, y1=10), class_id)


def figures(a: list[LabelObject], b: list[LabelObject], match_iou: float = 0.5) -> dict[int, tuple[object, ...]]:
    sums = ComparisonSums()
    sums.add(tuple(a), tuple(b), match_picture(tuple(a), tuple(b), **SIZE, match_iou=match_iou))
    return {c.class_id: (c.objects_a, c.objects_b, c.matched, c.mean_iou, c.f1) for c in sums.figures()}


def test_toy_example() -> None:
    # 0..10 with 0..8: IoU 0.8. 20..30 stands alone in a, 50..60 in b.
    found = figures([box(0, 10), box(20, 30)], [box(0, 8), box(50, 60)])
    assert found == {1: (2, 2, 1, pytest.approx(0.8), 0.5)}


def test_best_pair_matches_first_and_nothing_twice() -> None:
    a, b = [box(0, 10), box(0, 12)], [box(0, 12)]
    matches = match_picture(tuple(a), tuple(b), **SIZE, match_iou=0.5)
    assert [(m.a, m.b, m.iou) for m in matches.same_class] == [(1, 0, 1.0)]
    assert matches.other_class == ()


def test_pair_in_place_only_counts_apart_and_gives_way_to_one_of_its_class() -> None:
    a, b = (box(0, 10, 1),), (box(0, 10, 2), box(0, 8, 1))
    matches = match_picture(a, b, **SIZE, match_iou=0.5)
    assert [(m.a, m.b) for m in matches.same_class] == [(0, 1)]
    assert matches.other_class == ()
    assert [(m.a, m.b) for m in match_picture(a, b[:1], **SIZE, match_iou=0.5).other_class] == [(0, 0)]


def test_boxes_and_outlines_compare_on_their_pixels() -> None:
    ring = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
    assert figures([box(0, 10)], [thing(Polygon(parts=((ring,),)))])[1][3] == 1.0


def test_tags_match_by_class_and_have_no_place() -> None:
    assert figures([thing(Tag(), 3)], [thing(Tag(), 3)])[3] == (1, 1, 1, None, 1.0)


def test_nothing_against_nothing_and_nothing_against_something() -> None:
    assert figures([], []) == {}
    assert figures([], [box(0, 10)]) == {1: (0, 1, 0, None, 0.0)}


SPANS = st.tuples(st.integers(0, 40), st.integers(1, 30), st.integers(1, 2))
SETS = st.lists(SPANS.map(lambda s: box(s[0], s[0] + s[1], s[2])), max_size=6)


@given(SETS, SETS, st.floats(0.05, 1))
def test_greedy_matches_are_those_of_the_slow_oracle(
    a: list[LabelObject], b: list[LabelObject], match_iou: float
) -> None:
    found = match_picture(tuple(a), tuple(b), **SIZE, match_iou=match_iou)
    slow = oracle(a, b, match_iou)
    assert sorted((m.a, m.b) for m in found.same_class) == sorted(slow)


def oracle(a: list[LabelObject], b: list[LabelObject], match_iou: float) -> list[tuple[int, int]]:
    """All pairs of one class by falling IoU, each taken when both are free; equal ones by their places."""
    pairs = sorted((-iou(one, other), i, j) for i, one in enumerate(a) for j, other in enumerate(b))
    taken: list[tuple[int, int]] = []
    for negative, i, j in pairs:
        is_free = all(i != k and j != m for k, m in taken)
        if is_free and a[i].class_id == b[j].class_id and -negative >= match_iou:
            taken.append((i, j))
    return taken


def iou(one: LabelObject, other: LabelObject) -> float:
    rasters = []
    for drawn in (one, other):
        raster = np.zeros(100, bool)
        assert isinstance(drawn.shape, Box)
        raster[int(drawn.shape.x0) : int(drawn.shape.x1)] = True
        rasters.append(raster)
    both = rasters[0] & rasters[1]
    return float(both.sum() / (rasters[0] | rasters[1]).sum())
