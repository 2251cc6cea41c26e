"""Rasters to polygons with few vertices: adaptive Douglas-Peucker with a promised IoU and a promise of validity."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.geometry.contours import Part, Vertices, signed_area_px, trace_parts
from domain.geometry.scan import Window, count_inside, crossing_keys
from domain.geometry.validity import are_valid_parts
from schema.geometry import MAX_PARTS, MAX_VERTICES, Polygon

Rings = tuple[Vertices, ...]

_SEARCH_STEPS = 8
_SMALLEST_EPSILON_PX = 0.3
_LONGEST_STAIR_PX = 12.0


def polygon_from_mask(mask: NDArray[np.bool_], *, target_iou: float = 0.98, min_part_px: int = 0) -> Polygon | None:
    """Return the polygon of a raster (height, width), holes kept, or None when nothing is left to draw.

    Filled again it has at least `target_iou` with the raster, less what `min_part_px` leaves out: parts of fewer pixels
    are dropped and holes of fewer pixels closed. With target 1 it is exact. Epsilon is the largest of a bisection of
    Douglas and Peucker (1973, DOI 10.3138/FM57-6770-U75U-7727) that keeps target and validity. Beyond the most
    parts a shape may have, the largest are kept.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    top, left = int(rows[0]), int(columns[0])
    crop = mask[top : rows[-1] + 1, left : columns[-1] + 1]
    parts = list(_drop_specks(trace_parts(crop), min_part_px))[:MAX_PARTS]
    if not parts:
        return None
    simple = _simplify(parts, target_iou, Window(0, 0, *crop.shape))
    offset = np.array([left, top])
    return Polygon.model_validate({"parts": [[(ring + offset).tolist() for ring in rings] for rings in simple]})


def _drop_specks(parts: Sequence[Part], min_part_px: int) -> Iterator[Part]:
    for part in parts:
        holes = tuple(hole for hole in part.holes if -signed_area_px(hole) >= min_part_px)
        area_px = round(signed_area_px(part.exterior) + sum(signed_area_px(hole) for hole in holes))
        if area_px >= min_part_px:
            yield Part(part.exterior, holes, area_px)


def _simplify(parts: Sequence[Part], target_iou: float, window: Window) -> list[Rings]:
    exact = [part.rings for part in parts]
    if target_iou >= 1:
        return exact
    exact_keys = crossing_keys([ring for rings in exact for ring in rings], window)
    area_px = sum(part.area_px for part in parts)
    smooth = [
        tuple(_halve_stairs(ring, min(_LONGEST_STAIR_PX, area_px**0.5 / 16)) for ring in rings) for rings in exact
    ]
    low, high = _SMALLEST_EPSILON_PX, max(1.0, 0.1 * area_px**0.5)
    best: list[Rings] | None = None
    for _ in range(_SEARCH_STEPS):
        epsilon_px = (low * high) ** 0.5
        candidate = _approximate(smooth, epsilon_px)
        if _iou(candidate, exact_keys, area_px, window) >= target_iou and are_valid_parts(candidate):
            low, best = epsilon_px, candidate
        else:
            high = epsilon_px
    return best if best is not None else _with_few_enough_vertices(exact, _SMALLEST_EPSILON_PX)


def _halve_stairs(ring: Vertices, longest_px: float) -> Vertices:
    """Put the middle of each short edge in the place of its ends: the line that a pixel staircase stands for.

    Its corners lie to either side of that line, and need about 15 % more vertices for the same IoU.
    """
    following = np.roll(ring, -1, axis=0)
    is_stair = np.abs(following - ring).sum(axis=1) <= longest_px
    points = np.repeat(ring.astype(np.float64), 2, axis=0)
    points[::2][is_stair] = (ring + following)[is_stair] / 2
    points[1::2] = following
    keep = np.ones(len(points), np.bool_)
    keep[1::2] = ~is_stair
    return points[keep]


def _approximate(exact: Sequence[Rings], epsilon_px: float) -> list[Rings]:
    """Simplify every ring; rings that collapse are left out, with an exterior all its part."""
    simple: list[Rings] = []
    for exterior, *holes in exact:
        rings = [_douglas_peucker(ring, epsilon_px) for ring in (exterior, *holes)]
        if _encloses_area(rings[0]):
            simple.append((rings[0], *(ring for ring in rings[1:] if _encloses_area(ring))))
    return simple


def _douglas_peucker(ring: Vertices, epsilon_px: float) -> Vertices:
    points = cv2.approxPolyDP(ring.astype(np.float32)[:, None], epsilon_px, True)
    return points[:, 0].astype(np.float64)


def _encloses_area(ring: Vertices) -> bool:
    return len(ring) >= 3 and signed_area_px(ring) != 0


def _iou(
    candidate: Sequence[Rings],
    exact_keys: NDArray[np.int64],
    area_px: int,
    window: Window,
) -> float:
    """Return the IoU of the two fills: with areas A, B and symmetric difference X it is (A + B - X) / (A + B + X)."""
    keys = crossing_keys([ring for rings in candidate for ring in rings], window)
    both_px = area_px + count_inside(keys)
    difference_px = count_inside(np.concatenate([exact_keys, keys]))
    return (both_px - difference_px) / (both_px + difference_px)


def _with_few_enough_vertices(exact: Sequence[Rings], epsilon_px: float) -> list[Rings]:
    """Return the exact rings, or coarser ones where a ring has more vertices than a shape may have."""
    simple = list(exact)
    while any(len(ring) > MAX_VERTICES for rings in simple for ring in rings):
        simple = _approximate(exact, epsilon_px)
        epsilon_px *= 2
    return simple
