"""Overlap is what the rasters share."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.geometry.overlap import iou_matrix, overlap_matrices
from domain.geometry.raster import rasterise
from domain.geometry.rle import encode
from schema.geometry import Box, Points, Polygon, Tag

HEIGHT, WIDTH = 30, 40


def make_box(x0, y0, width, height):
    return Box(x0=x0 / 4, y0=y0 / 4, x1=(x0 + width) / 4, y1=(y0 + height) / 4)


boxes = st.lists(st.builds(make_box, *[st.integers(-20, 150)] * 2, *[st.integers(1, 100)] * 2), min_size=0, max_size=4)


def count_slowly(a, b):
    rasters_a = [rasterise(shape, height=HEIGHT, width=WIDTH) for shape in a]
    rasters_b = [rasterise(shape, height=HEIGHT, width=WIDTH) for shape in b]
    shared = [[int((p & q).sum()) for q in rasters_b] for p in rasters_a]
    return np.array(shared, np.int64).reshape(len(a), len(b))


@given(boxes, boxes)
def test_boxes_share_what_their_rasters_share(a, b):
    shared = overlap_matrices(a, b, height=HEIGHT, width=WIDTH).intersection_px
    np.testing.assert_array_equal(shared, count_slowly(a, b))


@given(boxes, boxes)
def test_masks_share_what_their_boxes_share(a, b):
    masks = [encode(rasterise(box, height=HEIGHT, width=WIDTH)) for box in a]
    from_masks = overlap_matrices(masks, b, height=HEIGHT, width=WIDTH)
    from_boxes = overlap_matrices(a, b, height=HEIGHT, width=WIDTH)
    np.testing.assert_array_equal(from_masks.intersection_px, from_boxes.intersection_px)


def test_shape_has_iou_one_with_itself():
    triangle = Polygon(parts=((((2, 2), (30, 5), (10, 25)),),))
    assert iou_matrix([triangle], [triangle], height=HEIGHT, width=WIDTH).tolist() == [[1.0]]


def test_shape_without_area_overlaps_nothing():
    shapes = [Points(points=((5, 5),)), Tag(), make_box(0, 0, 80, 80)]
    assert iou_matrix(shapes, shapes, height=HEIGHT, width=WIDTH).tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_no_shapes_give_an_empty_matrix():
    assert iou_matrix([], [make_box(0, 0, 8, 8)], height=HEIGHT, width=WIDTH).shape == (0, 1)
