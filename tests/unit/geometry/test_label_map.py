"""Polygons of a label map share their borders: filled again, every pixel belongs to one label."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.geometry.label_map import polygons_from_label_map
from domain.geometry.raster import rasterise
from domain.geometry.validity import are_valid_parts

TARGETS = [0.5, 0.8, 0.98, 1.0]


@st.composite
def label_maps(draw, longest=9, most_labels=4):
    height, width = draw(st.integers(1, longest)), draw(st.integers(1, longest))
    values = draw(st.lists(st.integers(0, most_labels), min_size=height * width, max_size=height * width))
    return np.array(values).reshape(height, width)


@st.composite
def landscapes(draw):
    """Voronoi cells of a few places, of fewer labels than places, on a map large enough for lines to be coarse."""
    size = draw(st.integers(20, 60))
    places = draw(st.lists(st.tuples(st.integers(0, size), st.integers(0, size)), min_size=2, max_size=12))
    labels = draw(st.lists(st.integers(0, 4), min_size=len(places), max_size=len(places)))
    y, x = np.mgrid[:size, :size]
    distances = np.stack([np.hypot(y - row, x - column) for row, column in places])
    return np.array(labels)[distances.argmin(axis=0)]


def fill(polygons, labels):
    """Return how many polygons claim each pixel, and which label does."""
    claims, filled = np.zeros(labels.shape, int), np.zeros(labels.shape, int)
    for label, polygon in polygons.items():
        raster = rasterise(polygon, height=labels.shape[0], width=labels.shape[1])
        claims += raster
        filled[raster] = label
    return claims, filled


def assert_shares_out(labels, target):
    """Nothing is claimed twice, and what lies off the background's own border is claimed."""
    polygons = polygons_from_label_map(labels, target_iou=target)
    claims, filled = fill(polygons, labels)
    assert set(polygons) == set(np.unique(labels).tolist()) - {0}
    assert all(are_valid_parts(polygon.parts) for polygon in polygons.values())
    assert claims.max() <= 1
    for label in polygons:
        is_filled, is_label = filled == label, labels == label
        assert (is_filled & is_label).sum() / (is_filled | is_label).sum() >= target
    return claims, filled


@given(label_maps())
def test_exact_polygons_fill_back_to_the_same_map(labels):
    _, filled = assert_shares_out(labels, 1.0)
    np.testing.assert_array_equal(filled, labels)


@given(label_maps() | landscapes(), st.sampled_from(TARGETS))
def test_no_pixel_is_claimed_by_two_labels(labels, target):
    assert_shares_out(labels, target)


@given(label_maps() | landscapes(), st.sampled_from(TARGETS))
def test_no_pixel_is_lost_where_every_place_has_a_label(labels, target):
    claims, _ = assert_shares_out(labels + 1, target)
    assert claims.min() == 1
