"""Shapes at the border: what is taken, what is refused, and the one canonical form."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco
from pydantic import ValidationError

from schema.geometry import SHAPE, Mask, RotatedBox, decode_runs, rotated_box_corners

SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10]]


def polygon(*parts: Any) -> dict[str, Any]:
    return {"type": "polygon", "parts": list(parts)}


def canonical(shape: dict[str, Any]) -> Any:
    return json.loads(SHAPE.validate_python(shape).model_dump_json(exclude_none=True))


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "box", "x0": 1, "y0": 2, "x1": 3, "y1": 4},
        {"type": "rotated_box", "cx": 5, "cy": 5, "width": 4, "height": 2, "angle_deg": 30},
        polygon([SQUARE]),
        polygon([SQUARE, [[2, 2], [4, 2], [4, 4]]], [[[20, 20], [30, 20], [25, 30]]]),
        {"type": "points", "points": [[1, 2], [3, 4]], "visibility": [2, 0]},
        {"type": "polyline", "points": [[1, 2], [3, 4]]},
        {"type": "tag"},
    ],
)
def test_shape_survives_its_canonical_form(shape: dict[str, Any]) -> None:
    once = canonical(shape)
    assert canonical(once) == once


@pytest.mark.parametrize(
    ("shape", "field"),
    [
        ({"type": "box", "x0": 3, "y0": 2, "x1": 3, "y1": 4}, "x0 < x1"),
        ({"type": "box", "x0": math.nan, "y0": 2, "x1": 3, "y1": 4}, "finite"),
        ({"type": "box", "x0": -2_000_000, "y0": 2, "x1": 3, "y1": 4}, "finite"),
        ({"type": "rotated_box", "cx": 5, "cy": 5, "width": 0, "height": 2, "angle_deg": 30}, "greater than 0"),
        ({"type": "rotated_box", "cx": 5, "cy": 5, "width": 1, "height": 2, "angle_deg": 180}, "less than 180"),
        (polygon([[[0, 0]]]), "3 different points"),
        (polygon([[[0, 0], [5, 5], [0, 0], [5, 5]]]), "3 different points"),
        (polygon([[[0, 0], [5, 5], [10, 10]]]), "enclose an area"),
        (polygon(), "at least 1 item"),
        (polygon([]), "at least 1 item"),
        ({"type": "points", "points": [[1, 2]], "visibility": [2, 2]}, "one entry per point"),
        ({"type": "polyline", "points": [[1, 2]]}, "at least 2 items"),
        ({"type": "mask", "size": [4, 5], "counts": "11"}, "add up"),
        ({"type": "mask", "size": [4, 5], "counts": "~~"}, "pattern"),
        ({"type": "tag", "colour": "red"}, "Extra inputs"),
        ({"type": "circle"}, "does not match any of the expected tags"),
    ],
)
def test_impossible_shape_is_refused_with_the_reason(shape: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        SHAPE.validate_python(shape)


def test_ring_is_kept_open_and_repeated_points_go() -> None:
    closed = polygon([[*SQUARE, [0, 0], [0, 0]]])
    assert canonical(closed) == canonical(polygon([SQUARE]))


def test_coordinates_are_kept_to_a_hundredth_of_a_pixel() -> None:
    box = canonical({"type": "box", "x0": 1.23456, "y0": -0.001, "x1": 3, "y1": 4})
    assert (box["x0"], box["y0"]) == (1.23, 0.0)
    assert math.copysign(1, box["y0"]) == 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40), st.floats(0, 1))
def test_run_lengths_of_any_raster_are_understood(seed: int, height: int, width: int, share: float) -> None:
    raster = (np.random.default_rng(seed).random((height, width)) < share).astype(np.uint8)
    counts = coco.encode(np.asfortranarray(raster))["counts"].decode()
    assert Mask(size=(height, width), counts=counts).counts == counts
    runs = decode_runs(counts)
    values = np.repeat(np.arange(len(runs)) % 2, runs).reshape((width, height)).T
    assert (values == raster).all()


def test_corners_of_a_turned_box_go_clockwise_on_screen() -> None:
    box = RotatedBox(cx=10, cy=10, width=4, height=2, angle_deg=90)
    rounded = [(round(x, 6), round(y, 6)) for x, y in rotated_box_corners(box)]
    assert rounded == [(11, 8), (11, 12), (9, 12), (9, 8)]
