"""Rasters to rings along the edges of pixels: filled again they give the same raster. Does not simplify.

Corners of the foreground are linked along rows and columns of pixel edges, which needs no walk over pixels. Where two
pixels touch at a corner only, they are kept apart (4-connected foreground), so every part is a valid polygon.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Vertices = NDArray[np.int64] | NDArray[np.float64]
"""A ring, (n, 2): x and y in px."""


@dataclass(frozen=True, slots=True)
class Part:
    """One 4-connected piece: its exterior clockwise on screen, its holes counter-clockwise, and its pixels."""

    exterior: Vertices
    holes: tuple[Vertices, ...]
    area_px: int

    @property
    def rings(self) -> tuple[Vertices, ...]:
        return (self.exterior, *self.holes)


def trace_parts(raster: NDArray[np.bool_]) -> list[Part]:
    """Return the parts of a raster (height, width), largest first; none for an empty raster.

    Rings of one part touch at most in single points, and so do parts: a MultiPolygon of them is valid.
    """
    rings = [piece for ring in _link_rings(raster) for piece in _split_at_touches(ring)]
    areas = [signed_area_px(ring) for ring in rings]
    exteriors = [i for i, area in enumerate(areas) if area > 0]
    holes_of: dict[int, list[int]] = {i: [] for i in exteriors}
    if len(exteriors) == 1:
        holes_of[exteriors[0]] = [i for i, area in enumerate(areas) if area < 0]
    elif len(exteriors) < len(rings):
        _, labels = cv2.connectedComponents(raster.view(np.uint8), connectivity=4)
        exterior_of = {int(labels[_pixel_right_of_first_edge(rings[i])]): i for i in exteriors}
        for i, area in enumerate(areas):
            if area < 0:
                holes_of[exterior_of[int(labels[_pixel_right_of_first_edge(rings[i])])]].append(i)
    parts = [
        Part(
            rings[i],
            tuple(rings[h] for h in holes),
            round(areas[i] + sum(areas[h] for h in holes)),
        )
        for i, holes in holes_of.items()
    ]
    return sorted(parts, key=lambda part: -part.area_px)


def signed_area_px(ring: Vertices) -> float:
    """Return the area of a ring (shoelace formula); positive when it runs clockwise on screen."""
    x, y = ring[:, 0], ring[:, 1]
    return float(x[:-1] @ y[1:] - x[1:] @ y[:-1] + x[-1] * y[0] - x[0] * y[-1]) / 2


def _link_rings(raster: NDArray[np.bool_]) -> list[Vertices]:
    """Return every closed walk along pixel edges with the foreground on its right; it may touch itself at corners."""
    stride = raster.shape[1] + 2
    pixels = np.pad(raster, 1).reshape(-1)  # in one row: the background around the raster keeps its rows apart
    differs = pixels[:-1] ^ pixels[1:]
    above, below = differs[:-stride], differs[stride:]
    y, x = np.divmod(np.flatnonzero(above ^ below), stride)
    if not len(y):
        return []
    touches = np.flatnonzero(above & below & (pixels[: -stride - 1] ^ pixels[stride:-1]))
    touch_y, touch_x = np.divmod(touches, stride)
    falling = pixels[touches]  # the two pixels lie on the falling diagonal
    one, none = np.ones(len(touch_y), np.int64), np.zeros(len(y), np.int64)
    # Two nodes at a touch: the first ends the edge on the left. It also ends the edge above when the pixels lie on the
    # falling diagonal (its pixel is top left), else it begins the edge below (its pixel is bottom left).
    node_x = np.concatenate([x, touch_x, touch_x])
    node_y = np.concatenate([y, touch_y, touch_y])
    along_row = np.concatenate([none, 0 * one, one])
    along_column = np.concatenate([none, np.where(falling, 0, 1), np.where(falling, 1, 0)])
    beside = _pair_up(np.lexsort((along_row, node_x, node_y))).tolist()
    across = _pair_up(np.lexsort((along_column, node_y, node_x))).tolist()
    return [_orient(np.stack([node_x[r], node_y[r]], axis=1), raster) for r in _walk(beside, across)]


def _pair_up(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each node's partner, when nodes in this order are joined first to second, third to fourth, …"""
    partner = np.empty(len(order), np.int64)
    partner[order[::2]], partner[order[1::2]] = order[1::2], order[::2]
    return partner


def _walk(beside: list[int], across: list[int]) -> list[list[int]]:
    """Return the cycles of nodes made by going to the partner in the row, then to that one's in the column, …"""
    seen = bytearray(len(beside))
    rings = []
    for first in range(len(beside)):
        if seen[first]:
            continue
        node = first
        ring: list[int] = []
        while not seen[node]:
            right = beside[node]
            seen[node] = seen[right] = 1
            ring += (node, right)
            node = across[right]
        rings.append(ring)
    return rings


def _orient(ring: Vertices, raster: NDArray[np.bool_]) -> Vertices:
    """Turn a ring so that the foreground is on its right; its first edge is horizontal."""
    (x0, y), (x1, _) = ring[0], ring[1]
    is_below = y < raster.shape[0] and bool(raster[y, min(x0, x1)])
    return ring if is_below == bool(x1 > x0) else ring[::-1]


def _split_at_touches(ring: Vertices) -> list[Vertices]:
    """Cut a ring that meets itself at corners into rings that do not."""
    keys = np.sort(ring[:, 1] * (int(ring[:, 0].max()) + 1) + ring[:, 0])
    if (keys[1:] > keys[:-1]).all():
        return [ring]
    pieces: list[Vertices] = []
    path: list[tuple[int, int]] = []
    place: dict[tuple[int, int], int] = {}
    for x, y in ring.tolist():
        corner = (x, y)
        if corner in place:
            start = place[corner]
            pieces.append(np.array(path[start:], np.int64))
            for left in path[start:]:
                del place[left]
            del path[start:]
        place[corner] = len(path)
        path.append(corner)
    pieces.append(np.array(path, np.int64))
    return pieces


def _pixel_right_of_first_edge(ring: Vertices) -> tuple[int, int]:
    """Return (row, column) of the foreground pixel beside the start of a ring's first edge."""
    (x0, y0), (x1, y1) = ring[0].tolist(), ring[1].tolist()
    if y0 == y1:
        return (y0, x0) if x1 > x0 else (y0 - 1, x0 - 1)
    return (y0, x0 - 1) if y1 > y0 else (y0 - 1, x0)
