"""Rasters to polygons with few vertices, with a promised IoU and a promise of validity."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.geometry.candidates import choose_candidates, following, halve_stairs, longest_stair_px
from domain.geometry.contours import Part, Vertices, signed_area_px, trace_parts
from domain.geometry.fitting import fit_vertices
from domain.geometry.scan import Window, crossing_keys, iou_of_fills
from domain.geometry.thinning import rank_removals
from domain.geometry.validity import are_valid_parts
from schema.geometry import MAX_PARTS, MAX_VERTICES, Polygon

Rings = tuple[Vertices, ...]
Judge = Callable[[Sequence[Rings]], bool]

_SEARCH_STEPS = 8
_SMALLEST_EPSILON_PX = 0.3
_CANDIDATES_EPSILON = 0.006  # of the side of a square of the raster's area
_MOST_CANDIDATES = 4_000  # ranking them takes some 10 µs each


def polygon_from_mask(mask: NDArray[np.bool_], *, target_iou: float = 0.98, min_part_px: int = 0) -> Polygon | None:
    """Return the polygon of a raster (height, width), holes kept, or None when nothing is left to draw.

    Filled again it has at least `target_iou` with the raster, less what `min_part_px` leaves out: parts of fewer pixels
    are dropped and holes of fewer pixels closed. With target 1 it is exact. It lies within the box around the pixels.
    Beyond the most parts a shape may have, the largest are kept; a ring of more vertices than a shape may have is made
    coarser, whatever the target.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    top, left = int(rows[0]), int(columns[0])
    crop = mask[top : rows[-1] + 1, left : columns[-1] + 1]
    parts = list(_drop_specks(trace_parts(crop), min_part_px))[:MAX_PARTS]
    if not parts:
        return None
    simple = _simplify(parts, target_iou, Window(top, left, *crop.shape))
    return Polygon.model_validate({"parts": [[ring.tolist() for ring in rings] for rings in simple]})


def _drop_specks(parts: Sequence[Part], min_part_px: int) -> Iterator[Part]:
    for part in parts:
        holes = tuple(hole for hole in part.holes if -signed_area_px(hole) >= min_part_px)
        area_px = round(signed_area_px(part.exterior) + sum(signed_area_px(hole) for hole in holes))
        if area_px >= min_part_px:
            yield Part(part.exterior, holes, area_px)


def _simplify(parts: Sequence[Part], target_iou: float, window: Window) -> list[Rings]:
    """Return the parts, traced in the window, as rings of the picture with few vertices that keep the target."""
    exact = _place([part.rings for part in parts], window)
    if target_iou >= 1:
        return within_limits(exact)
    area_px = sum(part.area_px for part in parts)
    crossings = crossing_keys([ring for rings in exact for ring in rings], window)

    def is_good(candidate: Sequence[Rings]) -> bool:
        found = crossing_keys([ring for rings in candidate for ring in rings], window)
        return iou_of_fills(crossings, found) >= target_iou and are_valid_parts(candidate)

    longest_px = longest_stair_px(area_px)
    smooth = [tuple(halve_stairs(ring, following(ring), longest_px) for ring in part.rings) for part in parts]
    may_miss_px = 2 * area_px * (1 - target_iou) / (1 + target_iou)
    return (
        _thin_out(smooth, area_px, may_miss_px, window, is_good)
        or _coarsen(smooth, area_px, window, is_good)
        or within_limits(exact)
    )


def _thin_out(
    smooth: Sequence[Rings], area_px: int, may_miss_px: float, window: Window, is_good: Judge
) -> list[Rings] | None:
    """Take vertices away in the order of `thinning.py`, as many as a bisection finds good; None when none is.

    It begins where the areas off the outline say that all that may be missed is.
    """
    part_of_ring = np.repeat(np.arange(len(smooth)), [len(rings) for rings in smooth])
    epsilon_px = max(_SMALLEST_EPSILON_PX, _CANDIDATES_EPSILON * area_px**0.5)
    candidates = choose_candidates([ring for rings in smooth for ring in rings], epsilon_px)
    if candidates is None or len(candidates.points) > _MOST_CANDIDATES:
        return None
    ranks, areas_px = rank_removals(candidates)
    best: list[Rings] | None = None
    corner, size = np.array([window.column, window.row]), np.array([window.width, window.height])
    good, bad = -1, len(areas_px) + 1
    removed = int(np.searchsorted(areas_px, may_miss_px))
    step = max(1, (len(ranks) - removed) // 8)
    while good < removed < bad:
        kept = np.flatnonzero(ranks >= removed)
        fitted = np.minimum(np.maximum(fit_vertices(candidates, kept), 0), size)
        candidate = _group((fitted + corner).round(2), candidates.ring[kept], part_of_ring)
        if is_good(candidate):
            good, best = removed, candidate
            removed = min(removed + step, (good + bad) // 2)
        else:
            bad = removed
            removed = max(removed - step, (good + bad) // 2)
    return best


def _group(points: Vertices, ring: NDArray[np.int64], part_of_ring: NDArray[np.int64]) -> list[Rings]:
    """Cut points, (n, 2), into the rings that they belong to, and gather these by part."""
    parts: dict[int, Rings] = {}
    starts = [0, *(np.flatnonzero(ring[1:] != ring[:-1]) + 1).tolist(), len(ring)]
    for start, end in pairwise(starts):
        part = int(part_of_ring[ring[start]])
        parts[part] = (*parts.get(part, ()), points[start:end])
    return list(parts.values())


def _coarsen(smooth: Sequence[Rings], area_px: int, window: Window, is_good: Judge) -> list[Rings] | None:
    """Return what the largest good epsilon of a bisection leaves, or None.

    Douglas and Peucker (1973, DOI 10.3138/FM57-6770-U75U-7727).
    """
    low, high = _SMALLEST_EPSILON_PX, max(1.0, 0.1 * area_px**0.5)
    best: list[Rings] | None = None
    for _ in range(_SEARCH_STEPS):
        epsilon_px = (low * high) ** 0.5
        candidate = _place(_approximate(smooth, epsilon_px), window)
        if is_good(candidate):
            low, best = epsilon_px, candidate
        else:
            high = epsilon_px
    return best


def _place(parts: Sequence[Rings], window: Window) -> list[Rings]:
    """Move rings from the window into the picture, and round them as `schema/geometry.py` will."""
    corner = np.array([window.column, window.row])
    return [tuple((ring + corner).round(2) for ring in rings) for rings in parts]


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


def within_limits(exact: Sequence[Rings]) -> list[Rings]:
    """Return the exact rings, or valid ones with as many vertices as a shape may have, the hull at the worst."""
    simple, epsilon_px = list(exact), _SMALLEST_EPSILON_PX
    while _has_too_many_vertices(simple) or not are_valid_parts(simple):
        simple = _approximate(exact, epsilon_px)
        if not simple:
            hull = cv2.convexHull(exact[0][0].astype(np.float32))
            return [(hull[:, 0].astype(np.float64),)]
        epsilon_px *= 2
    return simple


def _has_too_many_vertices(parts: Sequence[Rings]) -> bool:
    return any(len(ring) > MAX_VERTICES for rings in parts for ring in rings)
