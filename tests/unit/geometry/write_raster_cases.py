"""Writes raster_cases.json, which pytest and vitest both run: `python -m tests.unit.geometry.write_raster_cases`."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.geometry.contours import trace_parts
from domain.geometry.raster import rasterise
from domain.geometry.rle import encode
from schema.geometry import Polygon, decode_runs

CASES = Path(__file__).with_name("raster_cases.json")

POLYGONS: dict[str, tuple[tuple[int, int], list[list[list[list[float]]]]]] = {
    "square along pixel edges": ((6, 5), [[[[1, 1], [4, 1], [4, 4], [1, 4]]]]),
    "edges through pixel centres belong to what lies right and below": (
        (6, 5),
        [[[[0.5, 0.5], [4.5, 0.5], [4.5, 3.5], [0.5, 3.5]]]],
    ),
    "half of a square along its diagonal": ((6, 6), [[[[0, 0], [6, 6], [0, 6]]]]),
    "other half of that square": ((6, 6), [[[[0, 0], [6, 0], [6, 6]]]]),
    "hole": ((8, 8), [[[[0, 0], [8, 0], [8, 8], [0, 8]], [[2, 2], [2, 6], [6, 6], [6, 2]]]]),
    "hole that touches the exterior at a corner": (
        (8, 8),
        [[[[0, 0], [8, 0], [8, 8], [0, 8]], [[0, 0], [3, 4], [4, 3]]]],
    ),
    "two holes that touch at a corner": (
        (8, 8),
        [[[[0, 0], [8, 0], [8, 8], [0, 8]], [[2, 2], [2, 4], [4, 4], [4, 2]], [[4, 4], [4, 6], [6, 6], [6, 4]]]],
    ),
    "island in a hole": (
        (9, 9),
        [
            [[[0, 0], [9, 0], [9, 9], [0, 9]], [[1, 1], [1, 8], [8, 8], [8, 1]]],
            [[[3, 3], [6, 3], [6, 6], [3, 6]]],
        ],
    ),
    "two parts that touch at a corner": (
        (6, 6),
        [[[[0, 0], [3, 0], [3, 3], [0, 3]]], [[[3, 3], [6, 3], [6, 6], [3, 6]]]],
    ),
    "vertices at hundredths of a pixel": ((7, 7), [[[[0.49, 0.51], [6.51, 1.99], [5.01, 6.5], [1.33, 5.67]]]]),
    "star": (
        (9, 9),
        [
            [
                [
                    [4.5, 0.2],
                    [5.6, 3.4],
                    [8.9, 3.4],
                    [6.2, 5.4],
                    [7.3, 8.7],
                    [4.5, 6.7],
                    [1.7, 8.7],
                    [2.8, 5.4],
                    [0.1, 3.4],
                    [3.4, 3.4],
                ]
            ]
        ],
    ),
    "sliver between rows of centres covers nothing": ((9, 3), [[[[0, 1.51], [9, 1.6], [9, 2.49], [0, 2.4]]]]),
    "sliver across rows of centres": ((40, 3), [[[[0, 0.4], [40, 2.6], [40, 2.61]]]]),
    "sliver beside a column of centres": ((3, 40), [[[[1.49, 0], [1.5, 0], [1.51, 40]]]]),
    "pixel's own square": ((3, 3), [[[[1, 1], [2, 1], [2, 2], [1, 2]]]]),
    "smaller than a pixel, round its centre": ((3, 3), [[[[1.49, 1.49], [1.51, 1.49], [1.51, 1.51], [1.49, 1.51]]]]),
    "smaller than a pixel, off its centre": ((3, 3), [[[[1.1, 1.1], [1.4, 1.1], [1.4, 1.4], [1.1, 1.4]]]]),
    "beyond the picture on all sides": ((5, 4), [[[[-3, -3], [9.5, -2], [9, 8], [-4, 9.25]]]]),
    "outside the picture": ((5, 4), [[[[10, 1], [12, 1], [12, 3]]]]),
    "whole picture": ((5, 4), [[[[0, 0], [5, 0], [5, 4], [0, 4]]]]),
    "from the far ends of all coordinates": (
        (5, 4),
        [[[[-1_000_000, -999_999.99], [1_000_000, 999_999.97], [-999_999.98, 1_000_000]]]],
    ),
    "parts over one another cancel out": (
        (6, 4),
        [[[[0, 0], [4, 0], [4, 4], [0, 4]]], [[[2, 1], [6, 1], [6, 3], [2, 3]]]],
    ),
}

MASKS = {
    "nothing": "... ...",
    "all": "### ###",
    "one pixel": "... .#. ...",
    "pixel in each corner": "#.# ... #.#",
    "parts that touch at a corner": "##. ##. ..#",
    "anti-diagonal": "..# .#. #..",
    "bay": ".## ##. .##",
    "chequers": "#.#.# .#.#. #.#.# .#.#.",
    "hole": "### #.# ###",
    "holes that touch at a corner": "#### #.## ##.# ####",
    "hole that touches the outside at a corner": ".### ##.# ####",
    "island in a hole": "##### #...# #.#.# #...# #####",
    "loop that closes at a corner": "#### #..# #.#. ####",
    "ring whose hole is closed by two corners": "###. #.#. ##.# .###",
    "line along the border": "#.. #.. #..",
    "comb": "####### #.#.#.# #.#.#.#",
    "stairs": "#... ##.. ###. ####",
}


def build_cases() -> dict[str, list[dict[str, Any]]]:
    """Return all cases: polygons and the runs that they cover, masks and the rings that each part of them has."""
    return {"polygons": list(_polygons()), "masks": list(_masks())}


def as_text() -> str:
    """Return the file: a case a line."""
    groups = (
        f"  {json.dumps(group)}: [\n" + ",\n".join(f"    {json.dumps(case)}" for case in cases) + "\n  ]"
        for group, cases in build_cases().items()
    )
    return "{\n" + ",\n".join(groups) + "\n}\n"


def raster_of(runs: list[int], *, height: int, width: int) -> NDArray[np.bool_]:
    """Return the raster of run lengths that go down the columns, the first of them empty."""
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width, height).T


def _polygons() -> Iterator[dict[str, Any]]:
    for name, ((width, height), parts) in POLYGONS.items():
        yield _polygon_case(name, width, height, parts)
    rng = random.Random(5)
    for number in range(30):
        width, height = rng.randint(1, 14), rng.randint(1, 14)
        rings = [_random_ring(rng, width, height) for _ in range(rng.randint(1, 3))]
        yield _polygon_case(f"random rings {number}", width, height, [rings])


def _polygon_case(name: str, width: int, height: int, parts: list[list[list[list[float]]]]) -> dict[str, Any]:
    polygon = Polygon.model_validate({"parts": parts})
    raster = rasterise(polygon, height=height, width=width)
    return {"name": name, "width": width, "height": height, "parts": parts, "runs": _runs_of(raster)}


def _random_ring(rng: random.Random, width: int, height: int) -> list[list[float]]:
    """A ring that may cross itself, its corners often on the borders and centres of pixels."""
    step = rng.choice([0.5, 0.25, 0.01])
    return [
        [
            round(rng.randint(-2, int(width / step) + 2) * step, 2),
            round(rng.randint(-2, int(height / step) + 2) * step, 2),
        ]
        for _ in range(rng.randint(4, 8))
    ]


def _masks() -> Iterator[dict[str, Any]]:
    for name, drawing in MASKS.items():
        yield _mask_case(name, np.array([[mark == "#" for mark in row] for row in drawing.split()]))
    rng = np.random.default_rng(5)
    for number in range(20):
        height, width = rng.integers(1, 13, 2)
        yield _mask_case(f"random pixels {number}", rng.random((height, width)) < rng.uniform(0.3, 0.8))


def _mask_case(name: str, raster: NDArray[np.bool_]) -> dict[str, Any]:
    height, width = raster.shape
    rings = sorted(len(part.rings) for part in trace_parts(raster))
    return {"name": name, "width": width, "height": height, "runs": _runs_of(raster), "rings_of_parts": rings}


def _runs_of(raster: NDArray[np.bool_]) -> list[int]:
    return decode_runs(encode(raster).counts)


if __name__ == "__main__":
    CASES.write_text(as_text())
