"""GrabCut from four extreme points finds what stands there, and always something."""

import numpy as np
import pytest

from workers.inference.grabcut import segment_extreme

CENTRE, RADIUS = (70, 60), 30
POINTS = [(40, 60), (70, 30), (100, 60), (70, 90)]


def make_disc(height=120, width=150):
    """A red disc on green, both a little noisy, and its mask."""
    y, x = np.mgrid[:height, :width] + 0.5
    mask = np.hypot(x - CENTRE[0], y - CENTRE[1]) < RADIUS
    image = np.where(mask[..., None], (200, 60, 50), (60, 150, 70))
    noise = np.random.default_rng(0).integers(-15, 16, image.shape)
    return (image + noise).clip(0, 255).astype(np.uint8), mask


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def test_disc_is_found():
    image, mask = make_disc()
    assert iou(segment_extreme(image, POINTS), mask) > 0.95


def test_large_picture_is_found_as_well():
    image, mask = make_disc()
    large, large_mask = (
        np.kron(array, np.ones((8, 8, *[1] * (array.ndim - 2)), array.dtype)) for array in (image, mask)
    )
    assert iou(segment_extreme(large, [(8 * x, 8 * y) for x, y in POINTS]), large_mask) > 0.95


def test_same_points_give_the_same_mask():
    image, _ = make_disc()
    assert np.array_equal(segment_extreme(image, POINTS), segment_extreme(image, POINTS))


def test_order_of_the_points_does_not_matter():
    image, _ = make_disc()
    assert np.array_equal(segment_extreme(image, POINTS), segment_extreme(image, POINTS[::-1]))


def test_negative_click_takes_away():
    image, _ = make_disc()
    image[50:70, 75:95] = (60, 60, 200)
    mask = segment_extreme(image, POINTS, negative=[(85, 60)])
    assert not mask[60, 85] and mask[60, 55]


def test_positive_click_adds():
    image, _ = make_disc()
    image[40:48, 66:74] = (60, 150, 70)
    assert segment_extreme(image, POINTS, positive=[(70, 44)])[44, 70]


@pytest.mark.parametrize(
    "points",
    [
        [(5, 5), (5, 5), (5, 5), (5, 5)],
        [(0, 0), (150, 0), (150, 120), (0, 120)],
        [(10, 10), (90, 10)],
        [(149.9, 119.9)] * 4,
    ],
    ids=["one place", "whole picture", "one line", "corner"],
)
@pytest.mark.parametrize("kind", ["even", "disc"])
def test_mask_is_never_empty(points, kind):
    image = make_disc()[0] if kind == "disc" else np.full((120, 150, 3), 90, np.uint8)
    assert segment_extreme(image, points).any()
