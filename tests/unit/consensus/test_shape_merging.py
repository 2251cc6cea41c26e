"""Merging: one shape, class and set of attributes from several, with a toy example for each kind."""

import numpy as np
import pytest
from numpy.typing import NDArray

from domain.consensus.areas import vote_mask, vote_polygon
from domain.consensus.boxes import merge_boxes, merge_rotated_boxes
from domain.consensus.merging import mean_pairwise, medoid, merge_shapes
from domain.consensus.pixel_vote import pixel_vote, signed_distance_px
from domain.consensus.points import geometric_median, merge_points
from domain.consensus.votes import majority_attributes, majority_class
from domain.geometry.raster import rasterise
from domain.geometry.rle import decode, encode
from schema.geometry import Box, Mask, Points, Polygon, Polyline, RotatedBox
from schema.ids import new_object_id
from schema.objects import AttributeValue, LabelObject


def box(x0: float, y0: float, x1: float, y1: float) -> Box:
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return Polygon(parts=((((x0, y0), (x1, y0), (x1, y1), (x0, y1)),),))


def disc(x: float, y: float, radius_px: float) -> Polygon:
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = tuple((x + radius_px * float(np.cos(t)), y + radius_px * float(np.sin(t))) for t in turns)
    return Polygon(parts=((ring,),))


def bar(length_px: int) -> NDArray[np.bool_]:
    raster = np.zeros((3, 12), dtype=np.bool_)
    raster[:, :length_px] = True
    return raster


def drawn(class_id: int, **attributes: AttributeValue) -> LabelObject:
    return LabelObject(id=new_object_id(), class_id=class_id, shape=box(0, 0, 1, 1), attributes=attributes)


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / (one | other).sum())


def alike(_one: int, _other: int) -> float:
    return 0.8


def test_boxes_merge_to_the_median_of_each_side() -> None:
    merged = merge_boxes([box(0, 0, 10, 10), box(1, 2, 12, 9), box(2, 1, 50, 11)])
    assert merged == box(1, 1, 12, 10)


def test_boxes_that_round_to_no_area_merge_to_nothing() -> None:
    assert merge_boxes([box(0.03, 0, 0.04, 1), box(0.04, 0, 0.05, 1)]) is None


def test_rotated_boxes_meet_across_the_half_turn() -> None:
    pair = [RotatedBox(cx=5, cy=5, width=8, height=4, angle_deg=a) for a in (1, 179)]
    merged = merge_rotated_boxes(pair, reference=pair[0])
    assert merged is not None and (merged.angle_deg, merged.width, merged.height) == (0, 8, 4)


def test_a_rotated_box_written_with_its_sides_swapped_is_the_same_box() -> None:
    one = RotatedBox(cx=5, cy=5, width=8, height=4, angle_deg=10)
    swapped = RotatedBox(cx=5, cy=5, width=4, height=8, angle_deg=100)
    assert merge_rotated_boxes([one, swapped], reference=one) == one


def test_a_pixel_needs_more_than_half_of_the_drawers() -> None:
    assert np.array_equal(pixel_vote([bar(2), bar(5), bar(9)]), bar(5))


def test_two_drawers_meet_half_way() -> None:
    assert np.array_equal(pixel_vote([bar(2), bar(6)]), bar(4))


def test_weights_decide_the_vote() -> None:
    assert np.array_equal(pixel_vote([bar(2), bar(6)], weights=[1, 3]), bar(6))


def test_the_distance_to_the_outline_is_half_a_pixel_beside_it() -> None:
    assert signed_distance_px(bar(2))[1, :4].tolist() == [1.5, 0.5, -0.5, -1.5]


def test_polygons_merge_to_a_polygon_that_keeps_the_vote() -> None:
    shapes = [disc(50, 50, 30), disc(54, 50, 30), disc(50, 53, 33)]
    merged = vote_polygon(shapes, height=100, width=120)
    voted = pixel_vote([rasterise(s, height=100, width=120) for s in shapes])
    assert merged is not None and iou(rasterise(merged, height=100, width=120), voted) >= 0.99


def test_masks_merge_to_a_mask_of_the_picture() -> None:
    merged = vote_mask([encode(bar(2)), encode(bar(5)), encode(bar(9))], height=3, width=12)
    assert isinstance(merged, Mask) and np.array_equal(decode(merged), bar(5))


def test_a_vote_that_leaves_no_pixel_falls_back_to_a_drawing() -> None:
    outside = [rectangle(-9, -9, -3, -3), rectangle(-9, -9, -3, -4)]
    assert merge_shapes(outside, alike, height=10, width=10) == outside[0]


def test_equal_shapes_stand_as_they_were_drawn() -> None:
    polygon = disc(20.25, 20.75, 9.5)
    assert merge_shapes([polygon, polygon], alike, height=40, width=40) == polygon


def test_areas_of_several_kinds_become_the_commonest() -> None:
    merged = merge_shapes([box(0, 0, 10, 10), rectangle(0, 0, 12, 10), box(0, 0, 14, 10)], alike, height=20, width=20)
    assert merged == box(0, 0, 12, 10)


def test_equally_common_kinds_become_the_finest() -> None:
    merged = merge_shapes([box(0, 0, 10, 10), rectangle(0, 0, 12, 10)], alike, height=20, width=20)
    assert isinstance(merged, Polygon)


def test_a_polyline_merges_to_the_most_central_drawing() -> None:
    lines = [Polyline(points=((0, 0), (9, y))) for y in (0, 4, 9)]
    closeness = {(0, 1): 0.7, (1, 2): 0.6, (0, 2): 0.1}
    assert merge_shapes(lines, lambda i, j: closeness[i, j], height=10, width=10) == lines[1]


def test_the_geometric_median_resists_an_outlier() -> None:
    assert geometric_median(np.array([[0.0, 0.0], [0.0, 0.0], [9.0, 0.0]])) == pytest.approx([0, 0], abs=0.01)


def test_the_geometric_median_of_a_triangle_sees_its_sides_at_equal_angles() -> None:
    height = float(np.sqrt(3) / 2)
    found = geometric_median(np.array([[0.0, 0.0], [1.0, 0.0], [0.5, height]]))
    assert found == pytest.approx([0.5, height / 3], abs=1e-4)


def test_two_points_merge_to_the_middle() -> None:
    assert merge_points([Points(points=((0, 0),)), Points(points=((4, 2),))]).points == ((2, 1),)


def test_a_point_is_merged_from_those_who_placed_it() -> None:
    given = [
        Points(points=((4, 4), (0, 0)), visibility=(2, 0)),
        Points(points=((4, 4), (8, 8)), visibility=(2, 2)),
        Points(points=((4, 4), (8, 8)), visibility=(1, 2)),
    ]
    assert merge_points(given) == Points(points=((4, 4), (8, 8)), visibility=(2, 2))


def test_the_class_is_the_majoritys_and_a_tie_goes_to_the_earliest() -> None:
    assert majority_class([drawn(2), drawn(1), drawn(1), drawn(1)]) == (1, 0.75)
    assert majority_class([drawn(2), drawn(1)]) == (2, 0.5)


def test_attributes_are_voted_among_those_who_gave_the_class() -> None:
    voters = [drawn(1, colour="red"), drawn(1, colour="red", parked=True), drawn(2, colour="blue"), drawn(1)]
    assert majority_attributes(voters, class_id=1) == {"colour": "red"}


def test_one_and_true_are_different_answers() -> None:
    assert majority_attributes([drawn(1, seen=1), drawn(1, seen=True), drawn(1, seen=True)], class_id=1)["seen"] is True


def test_one_drawing_alone_agrees_with_itself() -> None:
    assert (medoid(1, alike), mean_pairwise(1, alike)) == (0, 1.0)
