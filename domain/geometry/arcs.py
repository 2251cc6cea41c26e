"""Label maps to regions bounded by arcs: an arc runs between two junctions, and both its regions name the same one.

A junction is a corner of pixels where three edges between labels meet, or four. Does not simplify.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.geometry.contours import Part, Vertices, trace_parts
from domain.geometry.scan import Window

LabelMap = NDArray[np.integer[Any]]
Step = tuple[int, bool]
"""An arc by its index, and whether it is walked from its end to its start."""


@dataclass(frozen=True, slots=True)
class Arc:
    """An open line along the edges of pixels, its ends apart: its corners, (n, 2), the ends included.

    It lies between two regions, or with `is_border` between a region and the end of the picture.
    """

    corners: NDArray[np.int64]
    is_border: bool


@dataclass(frozen=True, slots=True)
class Region:
    """The pixels of one label: its parts, each an exterior and holes, and each of those a closed walk over arcs."""

    label: int
    area_px: int
    parts: list[list[list[Step]]]

    @property
    def arcs(self) -> set[int]:
        return {arc for walks in self.parts for walk in walks for arc, _ in walk}


@dataclass(frozen=True, slots=True)
class ArcMap:
    """A label map as regions, by label, and the arcs that bound them."""

    regions: list[Region]
    arcs: list[Arc]


def trace_arcs(labels: LabelMap) -> ArcMap:
    """Return the regions of a label map (height, width); parts are 4-connected and come largest first."""
    traced = list(trace_labels(labels))
    rings = [ring for _, parts in traced for part in parts for ring in part.rings]
    cutter = _Cutter(labels.shape[1], labels.shape[0])
    walks = iter(cutter.cut(rings, labels))
    regions = [
        Region(label, sum(part.area_px for part in parts), [[next(walks) for _ in part.rings] for part in parts])
        for label, parts in traced
    ]
    return ArcMap(regions, cutter.arcs)


def trace_labels(labels: LabelMap) -> Iterator[tuple[int, list[Part]]]:
    """Yield every label of a map (height, width), ascending, and its parts."""
    for label, window in _list_windows(labels):
        rows, columns = (
            slice(window.row, window.row + window.height),
            slice(window.column, window.column + window.width),
        )
        corner = np.array([window.column, window.row])
        parts = [
            Part(part.exterior + corner, tuple(hole + corner for hole in part.holes), part.area_px)
            for part in trace_parts(labels[rows, columns] == label)
        ]
        yield label, parts


def _list_windows(labels: LabelMap) -> Iterator[tuple[int, Window]]:
    """Yield every label, ascending, and its bounding box, from the runs of the rows: far fewer than pixels."""
    height, width = labels.shape
    begins = np.ones((height, width), np.bool_)
    begins[:, 1:] = labels[:, 1:] != labels[:, :-1]
    starts = np.flatnonzero(begins)
    row, first = np.divmod(starts, width)
    last = np.append(starts[1:], labels.size) - row * width
    found, label = np.unique(labels.reshape(-1)[starts], return_inverse=True)
    bounds = np.tile([height, width, 0, 0], (len(found), 1))
    np.minimum.at(bounds[:, 0], label, row)
    np.minimum.at(bounds[:, 1], label, first)
    np.maximum.at(bounds[:, 2], label, row + 1)
    np.maximum.at(bounds[:, 3], label, last)
    for value, (top, left, bottom, right) in zip(found.tolist(), bounds.tolist(), strict=True):
        yield value, Window(top, left, bottom - top, right - left)


@dataclass(slots=True)
class _Cutter:
    """Cuts rings at junctions; the piece that two rings share becomes one arc."""

    width: int
    height: int
    arcs: list[Arc] = field(default_factory=list)
    _index: dict[tuple[int, int], int] = field(default_factory=dict)

    def cut(self, rings: Sequence[Vertices], labels: LabelMap) -> Iterator[list[Step]]:
        """Yield the walk over arcs of each ring."""
        walks = [_unit_steps(ring) for ring in rings]
        points = np.concatenate(walks)
        is_junction = _are_junctions(points, labels)
        keys = points[:, 1] * (self.width + 1) + points[:, 0]
        start = 0
        for walk in walks:
            end = start + len(walk)
            yield self._steps(walk, keys[start:end], np.flatnonzero(is_junction[start:end]))
            start = end

    def _steps(self, walk: NDArray[np.int64], keys: NDArray[np.int64], cuts: NDArray[np.int64]) -> list[Step]:
        """Cut a ring, given as unit steps; where it has fewer than two junctions, at points both its sides agree on."""
        if not len(cuts):
            cuts = np.array([np.argmin(keys)])
        if len(cuts) == 1:
            squared_px = ((walk - walk[cuts[0]]) ** 2).sum(axis=1)
            cuts = np.sort(np.append(cuts, np.lexsort((keys, squared_px))[-1]))
        first = int(cuts[0])
        walk, keys = (np.roll(values, -first, axis=0) for values in (walk, keys))
        ends = [*(cuts[1:] - first).tolist(), len(walk)]
        walk, keys = np.concatenate([walk, walk[:1]]), np.append(keys, keys[0])
        starts = [0, *ends[:-1]]
        return [self._step(walk[a : b + 1], keys[a : b + 1]) for a, b in zip(starts, ends, strict=True)]

    def _step(self, piece: NDArray[np.int64], keys: NDArray[np.int64]) -> Step:
        is_backward = bool(keys[0] > keys[-1])
        if is_backward:
            piece, keys = piece[::-1], keys[::-1]
        # No other arc leaves the same junction by the same edge.
        key = (int(keys[0]), int(keys[1]))
        if key not in self._index:
            self._index[key] = len(self.arcs)
            self.arcs.append(Arc(_corners_of(piece), self._is_border(piece)))
        return self._index[key], is_backward

    def _is_border(self, piece: NDArray[np.int64]) -> bool:
        (x0, y0), (x1, y1) = piece[:2].tolist()
        return (x0 == x1 and x0 in (0, self.width)) or (y0 == y1 and y0 in (0, self.height))


def _unit_steps(ring: Vertices) -> NDArray[np.int64]:
    """Return every corner of pixels that a ring passes, (length in px, 2)."""
    corners = ring.astype(np.int64)
    move = np.roll(corners, -1, axis=0) - corners
    lengths = np.abs(move).sum(axis=1)
    walked = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    steps: NDArray[np.int64] = np.repeat(corners, lengths, axis=0)
    steps += walked[:, None] * np.repeat(np.sign(move), lengths, axis=0)
    return steps


def _are_junctions(points: NDArray[np.int64], labels: LabelMap) -> NDArray[np.bool_]:
    """Return at which corners of pixels, (n, 2), more than two edges between labels meet."""
    padded = np.pad(labels.astype(np.int64), 1, constant_values=int(labels.max()) + 1)
    x, y = points.T
    top_left, top_right, bottom_left, bottom_right = (
        padded[y, x],
        padded[y, x + 1],
        padded[y + 1, x],
        padded[y + 1, x + 1],
    )
    pairs = ((top_left, top_right), (bottom_left, bottom_right), (top_left, bottom_left), (top_right, bottom_right))
    edges: NDArray[np.int64] = np.sum([one != other for one, other in pairs], axis=0)
    return edges > 2


def _corners_of(piece: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the ends of a line of unit steps and the points where it turns."""
    move = np.diff(piece, axis=0)
    keep = np.ones(len(piece), np.bool_)
    keep[1:-1] = (move[1:] != move[:-1]).any(axis=1)
    return piece[keep]
