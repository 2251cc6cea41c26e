"""Polygons of a label map share their borders: filled again, every pixel belongs to one label."""

import numpy as np
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


def make_fields(size=240, cells=20):
    """Cells with wavy borders that fill the map, labelled 1 to `cells`."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:size, :size].astype(float)
    wavy_y, wavy_x = y + 6 * np.sin(x / 11) + 2 * np.sin(x / 3), x + 6 * np.sin(y / 13)
    places = rng.uniform(0, size, (cells, 2))
    return np.argmin([np.hypot(wavy_y - row, wavy_x - column) for row, column in places], axis=0) + 1


def vertices_of(polygon):
    return {vertex for part in polygon.parts for ring in part for vertex in ring}


def test_fields_have_few_vertices_and_leave_nothing_out():
    labels = make_fields()
    claims, _ = assert_shares_out(labels, 0.98)
    few = sum(len(vertices_of(polygon)) for polygon in polygons_from_label_map(labels).values())
    all_ = sum(len(vertices_of(polygon)) for polygon in polygons_from_label_map(labels, target_iou=1.0).values())
    assert claims.min() == 1
    assert few < all_ / 4


def test_neighbours_share_their_vertices():
    y, x = np.mgrid[:80, :80]
    labels = np.where(x + 5 * np.sin(y / 9) < 40, 1, 2)
    left, right = polygons_from_label_map(labels).values()
    inner = {vertex for vertex in vertices_of(left) if 0 < vertex[0] < 80 and 0 < vertex[1] < 80}
    assert inner
    assert inner == {vertex for vertex in vertices_of(right) if 0 < vertex[0] < 80 and 0 < vertex[1] < 80}


def test_junction_of_three_labels_stays_where_it_is():
    labels = np.full((60, 60), 1)
    labels[:, 30:], labels[30:, 30:] = 2, 3
    polygons = polygons_from_label_map(labels, target_iou=0.8)
    assert all((30, 30) in vertices_of(polygon) for polygon in polygons.values())


def test_island_near_a_coarse_border_is_not_swallowed():
    labels = np.zeros((60, 60), int)
    labels[30:] = 1
    labels[25:30, 20:40] = 1  # a bulge that a coarse line cuts off, and beside it
    labels[26:29, 45:48] = 2
    assert_shares_out(labels, 0.5)


def test_empty_map_has_no_polygons():
    assert polygons_from_label_map(np.zeros((5, 5), int)) == {}


def test_background_may_be_any_label():
    labels = np.array([[255, 255], [0, 7]], np.uint8)
    assert polygons_from_label_map(labels, background=255, target_iou=1.0).keys() == {0, 7}


def test_specks_go_to_what_lies_nearest():
    labels = np.full((40, 40), 1)
    labels[:, 20:] = 2
    clean = polygons_from_label_map(labels, target_iou=1.0)
    labels[5, 5], labels[5, 30], labels[0, 0] = 2, 0, 3
    assert polygons_from_label_map(labels, target_iou=1.0, min_part_px=4) == clean


def test_map_of_specks_alone_is_left_as_it_is():
    assert len(polygons_from_label_map(np.array([[1, 2], [3, 4]]), min_part_px=9)) == 4


def test_noise_is_cut_to_the_most_parts_a_shape_may_have():
    labels = np.zeros((80, 80), int)
    labels[::2, ::2] = 1
    assert len(polygons_from_label_map(labels)[1].parts) == 500
