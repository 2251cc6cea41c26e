"""The cases that the pages' own geometry runs too: both sides fill and trace alike."""

import json

import numpy as np
import pytest

from domain.geometry.raster import rasterise
from domain.geometry.simplify import polygon_from_mask
from schema.geometry import Polygon
from tests.unit.geometry.write_raster_cases import CASES, as_text, raster_of

ALL = json.loads(CASES.read_text())


def by_name(group):
    return pytest.mark.parametrize("case", ALL[group], ids=[case["name"] for case in ALL[group]])


def test_file_is_up_to_date():
    assert CASES.read_text() == as_text(), "run: python -m tests.unit.geometry.write_raster_cases"


@by_name("polygons")
def test_polygon_covers_the_runs(case):
    size = {"height": case["height"], "width": case["width"]}
    raster = raster_of(case["runs"], **size)
    np.testing.assert_array_equal(rasterise(Polygon(parts=case["parts"]), **size), raster)


@by_name("masks")
def test_mask_is_traced_exactly(case):
    size = {"height": case["height"], "width": case["width"]}
    raster = raster_of(case["runs"], **size)
    polygon = polygon_from_mask(raster, target_iou=1.0)
    parts = polygon.parts if polygon else ()
    assert sorted(len(rings) for rings in parts) == case["rings_of_parts"]
    if polygon:
        np.testing.assert_array_equal(rasterise(polygon, **size), raster)
