"""A pixel belongs to a shape iff its centre is inside: checked against exact fractions, pixel by pixel."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.geometry.errors import MaskSizeDiffers, ShapeHasNoArea
from domain.geometry.raster import rasterise, rasterise_window, rings_of
from domain.geometry.rle import area_px, bbox, decode, encode, runs_of
from domain.geometry.scan import Window, count_inside, crossing_keys
from schema.geometry import Box, Mask, Points, Polygon, Polyline, RotatedBox, Tag

HEIGHT, WIDTH = 9, 12

coordinate = st.integers(-300, 1500).map(lambda v: v / 100) | st.integers(-4, 30).map(lambda v: v / 2)
ring = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=9)


def make_polygon(*rings):
    return Polygon(parts=((tuple(tuple(r) for r in rings)),))


def is_inside(rings, x, y):
    """Count the edges crossed by a ray to the left, in fractions."""
    crossings = 0
    for corners in rings:
        points = [(Fraction(round(px * 100), 100), Fraction(round(py * 100), 100)) for px, py in corners]
        for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
            if (y0 <= y) != (y1 <= y) and x0 + (y - y0) * (x1 - x0) / (y1 - y0) <= x:
                crossings += 1
    return crossings % 2 == 1


def fill_slowly(rings):
    half = Fraction(1, 2)
    return np.array([[is_inside(rings, c + half, r + half) for c in range(WIDTH)] for r in range(HEIGHT)])


@given(st.lists(ring, min_size=1, max_size=3))
def test_fill_agrees_with_the_even_odd_rule_pixel_by_pixel(rings):
    filled = rasterise(Polygon.model_construct(parts=(tuple(rings),)), height=HEIGHT, width=WIDTH)
    np.testing.assert_array_equal(filled, fill_slowly(rings))


@given(coordinate, coordinate, st.floats(0.5, 20), st.floats(0.5, 20), st.floats(0, 179.9))
def test_rotated_box_fills_its_corners_polygon(cx, cy, width, height, angle):
    box = RotatedBox(cx=cx, cy=cy, width=width, height=height, angle_deg=angle)
    np.testing.assert_array_equal(rasterise(box, height=HEIGHT, width=WIDTH), fill_slowly(rings_of(box)))


@given(coordinate, coordinate, st.integers(1, 900), st.integers(1, 900))
def test_box_fills_as_its_four_corners_do(x0, y0, width, height):
    box = Box(x0=x0, y0=y0, x1=x0 + width / 100, y1=y0 + height / 100)
    np.testing.assert_array_equal(rasterise(box, height=HEIGHT, width=WIDTH), fill_slowly(rings_of(box)))


@given(ring, st.integers(0, 5), st.integers(0, 5))
def test_window_is_a_cut_of_the_whole(corners, row, column):
    shape = Polygon.model_construct(parts=((corners,),))
    whole = rasterise(shape, height=HEIGHT, width=WIDTH)
    cut = rasterise_window(shape, Window(row, column, 3, 4), height=HEIGHT, width=WIDTH)
    np.testing.assert_array_equal(cut, whole[row : row + 3, column : column + 4])


@given(ring, ring)
def test_crossings_of_two_shapes_count_their_symmetric_difference(a, b):
    window = Window(0, 0, HEIGHT, WIDTH)
    keys = np.concatenate([crossing_keys([a], window), crossing_keys([b], window)])
    assert count_inside(keys) == int((fill_slowly([a]) ^ fill_slowly([b])).sum())


def test_hole_is_left_out():
    square = [(0, 0), (6, 0), (6, 6), (0, 6)]
    hole = [(2, 2), (4, 2), (4, 4), (2, 4)]
    assert area_px(make_polygon(square, hole), height=9, width=9) == 32


@pytest.mark.parametrize(
    "shape", [Points(points=((1, 1),)), Polyline(points=((1, 1), (2, 2))), Tag()], ids=lambda shape: shape.type
)
def test_shape_without_area_has_no_raster(shape):
    with pytest.raises(ShapeHasNoArea):
        rasterise(shape, height=4, width=4)


def test_mask_of_another_size_is_refused():
    with pytest.raises(MaskSizeDiffers):
        rasterise(encode(np.ones((2, 3), bool)), height=3, width=2)


@given(st.integers(1, 7), st.integers(1, 7), st.randoms(use_true_random=False))
def test_mask_decodes_to_the_raster_it_was_made_of(height, width, random):
    raster = np.array([[random.random() < 0.5 for _ in range(width)] for _ in range(height)])
    np.testing.assert_array_equal(decode(encode(raster)), raster)


@given(ring)
def test_runs_of_a_window_are_the_runs_of_the_whole_raster(corners):
    shape = Polygon.model_construct(parts=((corners,),))
    mask = encode(rasterise(shape, height=HEIGHT, width=WIDTH))
    assert runs_of(shape, height=HEIGHT, width=WIDTH)["counts"] == mask.counts.encode()


def test_bbox_spans_the_pixels_with_far_edges_exclusive():
    assert bbox(Box(x0=1.4, y0=2, x1=3.6, y1=5), height=9, width=9) == (1, 2, 4, 5)


def test_bbox_of_a_shape_outside_the_picture_is_none():
    assert bbox(Box(x0=20, y0=20, x1=30, y1=30), height=9, width=9) is None


def test_full_mask_round_trips_through_text():
    mask = encode(np.ones((300, 200), bool))
    assert Mask.model_validate_json(mask.model_dump_json()) == mask
