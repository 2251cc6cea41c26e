"""Small, seeded departures from a shape: a hand that is not quite steady, a border drawn too wide. Pure geometry."""

import hashlib
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.affinity import scale, translate
from shapely.geometry.base import BaseGeometry

from schema.geometry import Polygon

_SIMPLIFIED_TO_PX = 0.25
_SMALLEST_PART_PX = 4.0


def generator_for(*words: str | int) -> np.random.Generator:
    """Return a generator that depends on nothing but the words, on every machine and in every process."""
    digest = hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def widen(polygon: Polygon, by_px: float, *, height: int, width: int) -> Polygon:
    """Return the polygon with its border moved outwards, cut at the picture's edge; holes grow smaller."""
    wider = _to_shapely(polygon).buffer(by_px, quad_segs=4).simplify(_SIMPLIFIED_TO_PX)
    return _from_shapely(wider, height=height, width=width) or polygon


def redraw(polygon: Polygon, random: np.random.Generator, *, jitter_px: float, height: int, width: int) -> Polygon:
    """Return the polygon as another hand would draw it: moved and stretched by about `jitter_px`, cut at the edge.

    It stays a valid polygon, since moving every corner on its own would cross thin parts.
    """
    drawn = _to_shapely(polygon)
    x0, y0, x1, y1 = drawn.bounds
    dx, dy, wider, taller = random.normal(0, jitter_px, 4)
    drawn = scale(drawn, max(0.8, 1 + wider / max(x1 - x0, 1.0)), max(0.8, 1 + taller / max(y1 - y0, 1.0)))
    return _from_shapely(translate(drawn, dx, dy), height=height, width=width) or polygon


def move_outwards(
    points: Sequence[tuple[float, float]], outwards: Sequence[tuple[float, float]], by_px: float
) -> list[tuple[float, float]]:
    """Return each point moved `by_px` along its own unit vector."""
    return [(x + by_px * u, y + by_px * v) for (x, y), (u, v) in zip(points, outwards, strict=True)]


def _to_shapely(polygon: Polygon) -> BaseGeometry:
    return shapely.MultiPolygon([(part[0], part[1:]) for part in polygon.parts])


def _from_shapely(shape: BaseGeometry, *, height: int, width: int) -> Polygon | None:
    """Return what lies in the picture as a Polygon, or None when next to nothing does."""
    inside = shape.intersection(shapely.box(0, 0, width, height))
    pieces = [piece for piece in shapely.get_parts(inside) if isinstance(piece, shapely.Polygon)]
    rings = [
        [list(ring.coords)[:-1] for ring in (piece.exterior, *piece.interiors)]
        for piece in pieces
        if piece.area >= _SMALLEST_PART_PX
    ]
    return Polygon.model_validate({"parts": rings}) if rings else None
