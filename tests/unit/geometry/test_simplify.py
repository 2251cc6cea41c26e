"""A simplified polygon keeps what it promises: validity, its IoU, the limits of a shape; and has few vertices."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.geometry.candidates import choose_candidates
from domain.geometry.fitting import fit_vertices
from domain.geometry.raster import rasterise
from domain.geometry.simplify import polygon_from_mask
from domain.geometry.thinning import rank_removals
from domain.geometry.validity import are_valid_parts
from schema.geometry import MAX_VERTICES, Polygon


@st.composite
def patchworks(draw):
    """Boxes, discs and lines, painted and cut out of one another: thin parts, holes, touches, borders."""
    size = draw(st.integers(15, 70))
    y, x = np.mgrid[:size, :size] + 0.5
    mask = np.zeros((size, size), bool)
    place = st.integers(-3, size + 3)
    for _ in range(draw(st.integers(1, 7))):
        row, column = draw(place), draw(place)
        height, width = draw(st.integers(1, size)), draw(st.integers(1, size))
        kind = draw(st.sampled_from(["box", "disc", "line"]))
        if kind == "box":
            patch = (abs(y - row) < height / 2) & (abs(x - column) < width / 2)
        elif kind == "disc":
            patch = np.hypot((y - row) / height, (x - column) / width) < 0.5
        else:
            patch = abs((y - row) * width - (x - column) * height) < 0.7 * np.hypot(height, width)
        mask = mask & ~patch if draw(st.booleans()) and mask.any() else mask | patch
    return mask


def iou_of(polygon, mask):
    filled = rasterise(polygon, height=mask.shape[0], width=mask.shape[1])
    return (filled & mask).sum() / (filled | mask).sum()


def vertices_of(polygon):
    return np.array([vertex for part in polygon.parts for ring in part for vertex in ring])


@given(patchworks(), st.sampled_from([0.6, 0.9, 0.98, 0.995, 1.0]))
def test_polygon_keeps_target_and_validity_and_the_box_of_its_pixels(mask, target):
    polygon = polygon_from_mask(mask, target_iou=target)
    if polygon is None:
        assert not mask.any()
        return
    rows, columns = np.nonzero(mask)
    vertices = vertices_of(polygon)
    assert are_valid_parts(polygon.parts)
    assert Polygon.model_validate_json(polygon.model_dump_json()) == polygon
    assert iou_of(polygon, mask) >= target
    assert (vertices.min(axis=0) >= [columns.min(), rows.min()]).all()
    assert (vertices.max(axis=0) <= [columns.max() + 1, rows.max() + 1]).all()


def test_disc_needs_few_vertices():
    y, x = np.mgrid[:300, :300] + 0.5
    polygon = polygon_from_mask(np.hypot(y - 150, x - 150) < 120)
    assert len(vertices_of(polygon)) <= 14  # an inscribed polygon needs 19 for that area


def test_noise_keeps_its_target():
    mask = np.random.default_rng(1).random((150, 150)) < 0.9
    assert iou_of(polygon_from_mask(mask), mask) >= 0.98


def test_ring_of_too_many_vertices_is_made_coarser():
    comb = np.zeros((4, MAX_VERTICES // 2 + 100), bool)
    comb[2:], comb[1, ::2] = True, True
    polygon = polygon_from_mask(comb, target_iou=1.0)
    assert are_valid_parts(polygon.parts)
    assert len(vertices_of(polygon)) <= MAX_VERTICES


def circle(radius_px, count):
    angles = np.arange(count) * 2 * np.pi / count
    return np.round(radius_px * (1.1 + np.stack([np.cos(angles), np.sin(angles)], axis=1)) * 2) / 2


def area_of(ring):
    x, y = ring.T
    return abs(x @ np.roll(y, -1) - np.roll(x, -1) @ y) / 2


def test_fitted_lines_run_amidst_the_outline():
    ring = circle(200, 720)
    candidates = choose_candidates([ring], 12.0)
    kept = np.arange(len(candidates.points))
    assert area_of(candidates.points) < 0.98 * area_of(ring)
    assert abs(area_of(fit_vertices(candidates, kept)) / area_of(ring) - 1) < 0.01


def test_vertex_of_a_straight_stretch_goes_first_and_three_stay():
    square = np.array([[0, 0], [50, 0], [100, 0], [100, 100], [0, 100.0]])
    square[1, 1] = 1.5  # just enough to be a candidate
    candidates = choose_candidates([square], 1.0)
    ranks, areas_px = rank_removals(candidates)
    assert ranks.argmin() == 1
    assert sorted(ranks.tolist()) == [0, 1, 5, 5, 5]
    assert (np.diff(areas_px) > 0).all()
