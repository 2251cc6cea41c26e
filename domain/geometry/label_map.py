"""Label maps to polygons that share their borders: neither gap nor overlap arises between two regions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray

from domain.geometry.arcs import ArcMap, LabelMap, Region, trace_arcs, trace_labels
from domain.geometry.candidates import halve_stairs, longest_stair_px
from domain.geometry.contours import signed_area_px
from domain.geometry.fitting import fit_lines
from domain.geometry.scan import Window, crossing_keys, fill_rings, iou_of_fills
from domain.geometry.simplify import Rings, within_limits
from domain.geometry.validity import find_invalid
from schema.geometry import MAX_PARTS, Polygon

Line = NDArray[np.float64]

_SMALLEST_EPSILON_PX = 0.3
_LARGEST_PER_MEAN = 7.0  # where the search begins: the farthest point lies that much farther off than the mean
_FINER, _FINER_WHERE_INVALID = 0.6, 0.36
_MEET_AT_ENDS_ONLY = "FF*F*****"  # DE-9IM


def polygons_from_label_map(
    labels: LabelMap, *, target_iou: float = 0.98, min_part_px: int = 0, background: int = 0
) -> dict[int, Polygon]:
    """Return the polygon of every label of a map (height, width) but the background's, by label.

    The border of two regions is simplified once, between junctions, which stay where they are. Filled again, no pixel
    belongs to two labels, none that lies between labels is lost, and each label has at least `target_iou` with its
    pixels; with target 1 all is exact. Parts of fewer pixels than `min_part_px`, of the background too, first go to
    what lies nearest. Of more parts than a shape may have the largest are kept; a ring of more vertices than a shape
    may have is made coarser for its label alone.
    """
    if min_part_px > 1:
        labels = _give_specks_away(labels, min_part_px)
    arc_map = trace_arcs(labels)
    lines = [arc.corners.astype(np.float64) for arc in arc_map.arcs]
    if target_iou < 1:
        lines = _simplify(arc_map, lines, target_iou, background, Window(0, 0, *labels.shape))
    return {
        region.label: _polygon_of(_rings_of(region, lines)) for region in arc_map.regions if region.label != background
    }


def _give_specks_away(labels: LabelMap, min_part_px: int) -> LabelMap:
    rings = [
        ring for _, parts in trace_labels(labels) for part in parts if part.area_px < min_part_px for ring in part.rings
    ]
    specks = fill_rings(rings, Window(0, 0, *labels.shape))
    if not specks.any() or specks.all():
        return labels
    _, nearest = cv2.distanceTransformWithLabels(
        specks.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    label_of = np.zeros(int(nearest.max()) + 1, labels.dtype)
    label_of[nearest[~specks]] = labels[~specks]
    return np.where(specks, label_of[nearest], labels)


@dataclass(slots=True)
class _Drawing:
    """The arcs as they are drawn: within `epsilons_px` of their `smooth` form, or exact where that is 0."""

    exact: Sequence[Line]
    smooth: Sequence[Line]
    epsilons_px: NDArray[np.float64]
    lines: list[Line]

    def draw(self, arcs: Collection[int]) -> None:
        loose = [arc for arc in arcs if self.epsilons_px[arc]]
        for arc in arcs:
            self.lines[arc] = self.exact[arc]
        if loose:
            fitted = fit_lines([self.smooth[arc] for arc in loose], self.epsilons_px[loose].tolist())
            for arc, line in zip(loose, fitted, strict=True):
                self.lines[arc] = line.round(2)

    def tighten(self, arcs: Collection[int], factor: float) -> None:
        for arc in arcs:
            epsilon_px = self.epsilons_px[arc] * factor
            self.epsilons_px[arc] = epsilon_px if epsilon_px >= _SMALLEST_EPSILON_PX else 0


def _simplify(
    arc_map: ArcMap, exact: Sequence[Line], target_iou: float, background: int, picture: Window
) -> list[Line]:
    """Return each arc with few vertices: all begin coarse, and those of a region that is at fault become finer.

    Arcs between fixed junctions as in Estkowski and Mitchell (2001, DOI 10.1145/378583.378612). Regions that are valid
    and turn the right way cover every place once: round a place their windings, each 0 or 1, add up to that of the
    picture's border. When all arcs of a region are exact, it has no fault.
    """
    regions = arc_map.regions
    drawing = _Drawing(exact, _smooth(arc_map), _first_epsilons(arc_map, target_iou, background), list(exact))
    goals = [_crossings(_rings_of(region, exact), picture) for region in regions]
    tightened: set[int] = set(np.flatnonzero(drawing.epsilons_px).tolist())
    while tightened:
        drawing.draw(tightened)
        stale = [i for i, region in enumerate(regions) if not tightened.isdisjoint(region.arcs)]
        shapes = {i: _rings_of(regions[i], drawing.lines) for i in stale}
        faulty = _find_faulty(shapes)
        crossing = _find_crossing(drawing.lines, sorted({arc for i in faulty for arc in regions[i].arcs}))
        too_far, invalid = set[int](), set[int]()
        for i in stale:
            loose = {arc for arc in regions[i].arcs if drawing.epsilons_px[arc]}
            if i in faulty:
                invalid |= (loose & crossing) or loose
            elif regions[i].label != background and iou_of_fills(goals[i], _crossings(shapes[i], picture)) < target_iou:
                too_far |= loose
        drawing.tighten(invalid, _FINER_WHERE_INVALID)
        drawing.tighten(too_far - invalid, _FINER)
        tightened = too_far | invalid
    return drawing.lines


def _crossings(parts: Sequence[Rings], picture: Window) -> NDArray[np.int64]:
    return crossing_keys([ring for rings in parts for ring in rings], picture)


def _first_epsilons(arc_map: ArcMap, target_iou: float, background: int) -> NDArray[np.float64]:
    """Return the largest distance from each arc that the smaller of its regions may bear; 0 at the picture's border."""
    lengths = np.array([np.abs(np.diff(arc.corners, axis=0)).sum() for arc in arc_map.arcs])
    is_border = np.array([arc.is_border for arc in arc_map.arcs])
    epsilons_px = np.full(len(lengths), np.inf)
    for region in arc_map.regions:
        if region.label != background:
            own = [arc for arc in region.arcs if not is_border[arc]]
            may_miss_px = 2 * region.area_px * (1 - target_iou) / (1 + target_iou)
            mean_px = may_miss_px / max(1, int(lengths[own].sum()))
            epsilons_px[own] = np.minimum(epsilons_px[own], _LARGEST_PER_MEAN * mean_px)
    epsilons_px[is_border | (epsilons_px < _SMALLEST_EPSILON_PX)] = 0
    return epsilons_px


def _smooth(arc_map: ArcMap) -> list[Line]:
    """Return the arcs with their stairs halved, as the smaller of their two regions asks, and their ends kept."""
    longest_px = np.full(len(arc_map.arcs), np.inf)
    for region in arc_map.regions:
        own = list(region.arcs)
        longest_px[own] = np.minimum(longest_px[own], longest_stair_px(region.area_px))
    smooth = []
    for arc, longest in zip(arc_map.arcs, longest_px.tolist(), strict=True):
        inner = halve_stairs(arc.corners[:-1], arc.corners[1:], longest)
        points = np.concatenate([arc.corners[:1], inner, arc.corners[-1:]])
        is_new = np.append(True, (points[1:] != points[:-1]).any(axis=1))
        smooth.append(points[is_new])
    return smooth


def _rings_of(region: Region, lines: Sequence[Line]) -> list[Rings]:
    return [
        tuple(
            np.concatenate([lines[arc][:0:-1] if is_backward else lines[arc][:-1] for arc, is_backward in walk])
            for walk in walks
        )
        for walks in region.parts
    ]


def _find_faulty(shapes: dict[int, list[Rings]]) -> Collection[int]:
    """Return which shapes are not valid, or have a ring that has turned round."""
    turned = {i for i, parts in shapes.items() if any(_has_turned(rings) for rings in parts)}
    straight = [i for i in shapes if i not in turned]
    return turned | {straight[place] for place in find_invalid([shapes[i] for i in straight])}


def _has_turned(rings: Rings) -> bool:
    exterior, *holes = rings
    return signed_area_px(exterior) <= 0 or any(signed_area_px(hole) >= 0 for hole in holes)


def _find_crossing(lines: Sequence[Line], arcs: Sequence[int]) -> set[int]:
    """Return which of these arcs meet themselves, or another of them elsewhere than at an end of both."""
    if not arcs:
        return set()
    arc_of_point = np.repeat(np.arange(len(arcs)), [len(lines[arc]) for arc in arcs])
    drawn: Any = shapely.linestrings(np.concatenate([lines[arc] for arc in arcs]), indices=arc_of_point)
    one, other = shapely.STRtree(drawn).query(drawn, predicate="intersects")
    one, other = one[one < other], other[one < other]
    is_bad = ~shapely.relate_pattern(drawn[one], drawn[other], _MEET_AT_ENDS_ONLY)
    found = {*one[is_bad].tolist(), *other[is_bad].tolist(), *np.flatnonzero(~shapely.is_simple(drawn)).tolist()}
    return {arcs[place] for place in found}


def _polygon_of(parts: Sequence[Rings]) -> Polygon:
    simple = within_limits(parts[:MAX_PARTS])
    return Polygon.model_validate({"parts": [[ring.tolist() for ring in rings] for rings in simple]})
