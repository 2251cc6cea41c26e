"""Outlines of pixels and the vertices to choose from on them, with what tells how far a line runs off its stretch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.geometry.contours import Vertices

FEWEST_VERTICES = 3
_LONGEST_STAIR_PX = 12.0


@dataclass(frozen=True, slots=True)
class Candidates:
    """Vertices to choose from, ring after ring: `points` (n, 2) in px, and the ring of each, (n,), ascending.

    Moments of a stretch of outline are integrals along it: its length, and the sums of x, y, xx, xy and yy. `moments`
    (n, 6) are those from the ring's start to the point, `around` (n, 6) those of all the ring.
    """

    points: NDArray[np.float64]
    ring: NDArray[np.int64]
    moments: NDArray[np.float64]
    around: NDArray[np.float64]


def longest_stair_px(area_px: float) -> float:
    """Return how long an edge between pixels may be to count as a step of a staircase, in a raster of this area."""
    return float(min(_LONGEST_STAIR_PX, area_px**0.5 / 16))


def halve_stairs(starts: Vertices, ends: Vertices, longest_px: float) -> NDArray[np.float64]:
    """Return the middle of each short edge in the place of its ends: the line that a pixel staircase stands for.

    `starts` and `ends` are those of the edges of a ring, (n, 2) each; of an open line, the ends may be left out. The
    corners of a staircase lie to either side of that line, and need about 15 % more vertices for the same IoU.
    """
    is_stair = np.abs(ends - starts).sum(axis=1) <= longest_px
    points = np.repeat(starts.astype(np.float64), 2, axis=0)
    points[::2][is_stair] = (starts + ends)[is_stair] / 2
    points[1::2] = ends
    keep = np.ones(len(points), np.bool_)
    keep[1::2] = ~is_stair & following(is_stair)  # else the next edge begins with it
    return points[keep]


def following(ring: NDArray[Any]) -> NDArray[Any]:
    """Return the items of a ring, each in the place of the one before it."""
    return np.concatenate((ring[1:], ring[:1]))


def choose_candidates(rings: Sequence[Vertices], epsilon_px: float) -> Candidates | None:
    """Return the vertices that Douglas-Peucker leaves of rings with corners at halves of a pixel, none of them twice.

    Rings of which it leaves fewer than three are left out; None when no ring is left.
    """
    found: list[Candidates] = []
    for index, ring in enumerate(rings):
        places = _douglas_peucker_places(ring, epsilon_px, is_closed=True)
        if len(places) >= FEWEST_VERTICES:
            upto = _moments_upto(ring)
            around = np.broadcast_to(upto[-1], (len(places), 6))
            found.append(Candidates(ring[places].astype(np.float64), np.full(len(places), index), upto[places], around))
    if not found:
        return None
    return Candidates(
        points=np.concatenate([one.points for one in found]),
        ring=np.concatenate([one.ring for one in found]),
        moments=np.concatenate([one.moments for one in found]),
        around=np.concatenate([one.around for one in found]),
    )


def choose_on_lines(lines: Sequence[NDArray[np.float64]], epsilons_px: Sequence[float]) -> Candidates:
    """Return the vertices that Douglas-Peucker leaves of open lines, each its own ring, the ends among them.

    No outline joins an end of a line to its start: there the moments are those of the line once more.
    """
    places = [
        _douglas_peucker_places(line, epsilon_px, is_closed=False)
        for line, epsilon_px in zip(lines, epsilons_px, strict=True)
    ]
    counts = np.array([len(kept) for kept in places])
    starts = np.cumsum([0, *(len(line) for line in lines[:-1])])
    chosen = np.concatenate(places) + np.repeat(starts, counts)
    points = np.concatenate(lines)
    upto = _moments_upto(points)
    return Candidates(
        points=points[chosen],
        ring=np.repeat(np.arange(len(lines)), counts),
        moments=upto[chosen],
        around=np.repeat(2 * (upto[starts + [len(line) - 1 for line in lines]] - upto[starts]), counts, axis=0),
    )


def neighbours(ring: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which vertex comes before and after each, (n,) and (n,), given the ring of each, ascending."""
    after = np.arange(1, len(ring) + 1)
    before = np.arange(-1, len(ring) - 1)
    breaks = np.flatnonzero(ring[1:] != ring[:-1]).tolist()
    for first, last in zip([0, *(place + 1 for place in breaks)], [*breaks, len(ring) - 1], strict=True):
        after[last], before[first] = first, last
    return before, after


def _douglas_peucker_places(line: Vertices, epsilon_px: float, *, is_closed: bool) -> NDArray[np.int64]:
    """Return which points of a line at halves of a pixel, none of them twice, Douglas-Peucker keeps, ascending."""
    doubled = np.rint(line * 2).astype(np.int64)
    kept = cv2.approxPolyDP(doubled.astype(np.int32)[:, None], 2 * epsilon_px, is_closed)[:, 0].astype(np.int64)
    stride = int(doubled[:, 0].max()) + 1
    keys = doubled[:, 1] * stride + doubled[:, 0]
    order = np.argsort(keys)
    places = order[np.searchsorted(keys, kept[:, 1] * stride + kept[:, 0], sorter=order)]
    return np.sort(places)


def _moments_upto(ring: Vertices) -> NDArray[np.float64]:
    """Return the moments of a ring from its start to each point and back to the start, (n + 1, 6)."""
    ends = following(ring)
    x, y = ((ring + ends) / 2).T
    dx, dy = (ends - ring).T
    length = np.hypot(dx, dy)
    sums = np.zeros((6, len(ring) + 1))
    terms = [length, x, y, x * x + dx * dx / 12, x * y + dx * dy / 12, y * y + dy * dy / 12]
    for row, term in enumerate(terms):
        np.cumsum(term * length if row else term, out=sums[row, 1:])
    return np.ascontiguousarray(sums.T)
