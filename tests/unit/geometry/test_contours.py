"""Raster to polygon and back is exact, whatever touches whatever."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from domain.geometry.contours import trace_parts
from domain.geometry.raster import rasterise
from domain.geometry.simplify import polygon_from_mask
from domain.geometry.validity import are_valid_parts


@st.composite
def rasters(draw, longest=9):
    height, width = draw(st.integers(1, longest)), draw(st.integers(1, longest))
    bits = draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    return np.array(bits).reshape(height, width)


def draw_raster(text):
    return np.array([[mark == "#" for mark in row] for row in text.split()])


def make_blob(size=200):
    """An uneven blob with a hole."""
    y, x = np.mgrid[:size, :size] + 0.5 - size / 2
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    return (radius < size * (0.35 + 0.08 * np.sin(5 * angle))) & (radius > size * 0.08)


def iou_of(polygon, mask):
    filled = rasterise(polygon, height=mask.shape[0], width=mask.shape[1])
    return (filled & mask).sum() / (filled | mask).sum()


@given(rasters())
def test_exact_polygon_fills_back_to_the_same_raster(mask):
    polygon = polygon_from_mask(mask, target_iou=1.0)
    if polygon is None:
        assert not mask.any()
    else:
        np.testing.assert_array_equal(rasterise(polygon, height=mask.shape[0], width=mask.shape[1]), mask)


@given(rasters(), st.sampled_from([0.5, 0.8, 0.98, 1.0]))
def test_polygon_is_valid_and_keeps_the_target(mask, target):
    polygon = polygon_from_mask(mask, target_iou=target)
    if polygon is not None:
        assert are_valid_parts(polygon.parts)
        assert iou_of(polygon, mask) >= target


@pytest.mark.parametrize(
    ("picture", "rings_of_each_part"),
    [
        ("##. ##. ..#", [1, 1]),
        (".## ##. .##", [1]),
        ("#### #.## ##.# ####", [3]),
        ("##### #...# #.#.# #...# #####", [2, 1]),
        ("#### #..# #.#. ####", [2]),
    ],
    ids=[
        "parts touch at a corner",
        "bay",
        "holes touch at a corner",
        "island in a hole",
        "loop that closes at a corner",
    ],
)
def test_parts_and_holes_are_told_apart(picture, rings_of_each_part):
    assert [len(part.rings) for part in trace_parts(draw_raster(picture))] == rings_of_each_part


def test_ring_that_closes_at_a_corner_is_an_exterior_with_a_hole():
    parts = trace_parts(draw_raster("###. #.#. ##.# .###"))
    assert all(shapely.Polygon(part.exterior, part.holes).is_valid for part in parts)


def test_blob_needs_few_vertices():
    polygon = polygon_from_mask(make_blob())
    assert sum(len(ring) for part in polygon.parts for ring in part) <= 50


def test_hole_is_kept():
    assert polygon_from_mask(make_blob()).has_holes


def test_upright_rectangle_keeps_its_four_corners():
    mask = np.zeros((60, 80), bool)
    mask[10:40, 20:70] = True
    assert polygon_from_mask(mask).parts == ((((20, 10), (70, 10), (70, 40), (20, 40)),),)


def test_empty_mask_has_no_polygon():
    assert polygon_from_mask(np.zeros((5, 5), bool)) is None


def test_specks_are_dropped_and_small_holes_closed():
    mask = np.zeros((40, 40), bool)
    mask[5:30, 5:30], mask[10, 10], mask[35, 35] = True, False, True
    polygon = polygon_from_mask(mask, target_iou=1.0, min_part_px=4)
    assert polygon.parts == ((((5, 5), (30, 5), (30, 30), (5, 30)),),)


def test_noise_is_cut_to_the_most_parts_a_shape_may_have():
    mask = np.zeros((80, 80), bool)
    mask[::2, ::2] = True
    assert len(polygon_from_mask(mask).parts) == 500
