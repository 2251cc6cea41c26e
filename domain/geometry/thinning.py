"""Which vertices of an outline to do without, cheapest first: each that goes joins two stretches of it into one."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import nan, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.geometry.contours import Vertices

_LONGEST_STAIR_PX = 12.0
_FEWEST = 3
_MEAN_PER_RMS = 0.87  # of the distances between a line and an arc that it fits best
_ROUNDS = 3
_STIFFNESS = 0.02  # holds a vertex between two lines of one direction, along which nothing else does
_TINY_PX = 1e-9


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

    `starts` and `ends` are those of the edges of a line, (n, 2) each. The corners of a staircase lie to either side of
    that line, and need about 15 % more vertices for the same IoU.
    """
    is_stair = np.abs(ends - starts).sum(axis=1) <= longest_px
    points = np.repeat(starts.astype(np.float64), 2, axis=0)
    points[::2][is_stair] = (starts + ends)[is_stair] / 2
    points[1::2] = ends
    keep = np.ones(len(points), np.bool_)
    keep[1::2] = ~is_stair
    return points[keep]


def choose_candidates(rings: Sequence[Vertices], epsilon_px: float) -> Candidates | None:
    """Return the vertices that Douglas-Peucker leaves of rings with corners at halves of a pixel.

    Rings of which it leaves fewer than three are left out; None when no ring is left.
    """
    found: list[Candidates] = []
    for index, ring in enumerate(rings):
        places = _douglas_peucker_places(ring, epsilon_px)
        if len(places) >= _FEWEST:
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


def rank_removals(candidates: Candidates) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return when each candidate goes, (n,), n for those that stay; and the area off the outline after each removal.

    A ring keeps three. Bottom-up merging (Keogh et al. 2001, DOI 10.1109/ICDM.2001.989531) where, as with Visvalingam
    and Whyatt (1993, DOI 10.1179/000870493786962263), the cost is an area: that between each stretch of outline and the
    line that fits it best, not its chord.
    """
    count = len(candidates.points)
    before, after = (neighbours.tolist() for neighbours in _neighbours(candidates.ring))
    moments: list[list[float]] = candidates.moments.tolist()
    around: list[list[float]] = candidates.around.tolist()
    ring = candidates.ring.tolist()
    left_of_ring = np.bincount(candidates.ring).tolist()

    def off_line(start: int, end: int) -> float:
        return _area_off_line(moments[start], moments[end], around[start] if end <= start else None)

    off = [off_line(i, after[i]) for i in range(count)]
    costs = [off_line(before[i], after[i]) - off[before[i]] - off[i] for i in range(count)]
    queue = [(cost, i) for i, cost in enumerate(costs)]
    heapify(queue)
    ranks = np.full(count, count)
    area, areas = sum(off), list[float]()
    while queue:
        cost, i = heappop(queue)
        # A vertex whose neighbour went has been queued anew with another cost.
        if cost != costs[i] or left_of_ring[ring[i]] == _FEWEST:
            continue
        left_of_ring[ring[i]] -= 1
        costs[i] = nan  # equals no cost: what is queued of it is passed over
        ranks[i] = len(areas)
        area += cost
        areas.append(area)
        start, end = before[i], after[i]
        after[start], before[end] = end, start
        off[start] = off_line(start, end)
        for j in (start, end):
            costs[j] = off_line(before[j], after[j]) - off[before[j]] - off[j]
            heappush(queue, (costs[j], j))
    return ranks, np.array(areas)


def fit_vertices(candidates: Candidates, kept: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return places for the kept candidates, (len(kept), 2), between which the lines run amidst the outline.

    Chords of an outline lie to one side of it. Each vertex goes where the squared distances between its two lines and
    their stretches are least, all vertices at once, thrice: the neighbours' moves halve the error each time.
    """
    before, after = _neighbours(candidates.ring[kept])
    stretch = candidates.moments[kept[after]] - candidates.moments[kept]
    is_last = kept[after] <= kept
    stretch[is_last] += candidates.around[kept[is_last]]
    length = stretch[:, 0]
    mean_x, mean_y, xx, xy, yy = (stretch[:, 1:] / length[:, None]).T
    xx, xy, yy = xx - mean_x**2, xy - mean_x * mean_y, yy - mean_y**2
    places = candidates.points[kept]
    stiffness = _STIFFNESS * (length + length[before])
    for _ in range(_ROUNDS):
        chord = places[after] - places
        chord_px = np.hypot(*chord.T) + _TINY_PX
        along_x, along_y = chord.T / chord_px
        across_x, across_y = -along_y, along_x
        from_x, from_y = mean_x - places[:, 0], mean_y - places[:, 1]
        # Along a line t runs from 0 to 1; off is the distance from it. Means of t, off, t * t and t * off:
        t, off = (along_x * from_x + along_y * from_y) / chord_px, across_x * from_x + across_y * from_y
        tt = (along_x**2 * xx + 2 * along_x * along_y * xy + along_y**2 * yy) / chord_px**2 + t * t
        t_off = (across_x * (along_x * xx + along_y * xy) + across_y * (along_x * xy + along_y * yy)) / chord_px
        t_off += t * off
        # The vertex begins one line (weight 1 - t) and ends the one before (weight t).
        begin, end = length * (1 - 2 * t + tt), (length * tt)[before]
        pull_begin, pull_end = length * (off - t_off), (length * t_off)[before]
        end_x, end_y = across_x[before], across_y[before]
        a = begin * across_x**2 + end * end_x**2 + stiffness
        b = begin * across_x * across_y + end * end_x * end_y
        c = begin * across_y**2 + end * end_y**2 + stiffness
        pull_x = pull_begin * across_x + pull_end * end_x
        pull_y = pull_begin * across_y + pull_end * end_y
        places += np.stack([c * pull_x - b * pull_y, a * pull_y - b * pull_x], axis=1) / (a * c - b * b)[:, None]
    return places


def _douglas_peucker_places(ring: Vertices, epsilon_px: float) -> NDArray[np.int64]:
    """Return which points of a ring Douglas-Peucker keeps, ascending."""
    doubled = np.rint(ring * 2).astype(np.int64)
    kept = cv2.approxPolyDP(doubled.astype(np.int32)[:, None], 2 * epsilon_px, True)[:, 0].astype(np.int64)
    stride = int(doubled[:, 0].max()) + 1
    keys = doubled[:, 1] * stride + doubled[:, 0]
    order = np.argsort(keys)
    places = order[np.searchsorted(keys, kept[:, 1] * stride + kept[:, 0], sorter=order)]
    return np.sort(places)


def _moments_upto(ring: Vertices) -> NDArray[np.float64]:
    """Return the moments of a ring from its start to each point and back to the start, (n + 1, 6)."""
    following = np.roll(ring, -1, axis=0)
    x, y = ((ring + following) / 2).T
    dx, dy = (following - ring).T
    length = np.hypot(dx, dy)
    ones = np.ones(len(ring))
    terms = np.stack([ones, x, y, x * x + dx * dx / 12, x * y + dx * dy / 12, y * y + dy * dy / 12], axis=1)
    return np.concatenate([np.zeros((1, 6)), np.cumsum(terms * length[:, None], axis=0)])


def _neighbours(ring: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which vertex comes before and after each, (n,) and (n,), given the ring of each, ascending."""
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    ends = np.append(starts[1:], len(ring)) - 1
    after = np.arange(1, len(ring) + 1)
    after[ends] = starts
    before = np.arange(-1, len(ring) - 1)
    before[starts] = ends
    return before, after


def _area_off_line(start: Sequence[float], end: Sequence[float], around: Sequence[float] | None) -> float:
    """Return the area between a stretch of outline, given by moments at its ends, and the line that fits it best.

    The line through the mean along the main axis (Pearson 1901, DOI 10.1080/14786440109462720), so that the squared
    distances sum to the smaller eigenvalue of the scatter matrix.
    """
    l0, x0, y0, xx0, xy0, yy0 = start
    l1, x1, y1, xx1, xy1, yy1 = end
    length, x, y, xx, xy, yy = l1 - l0, x1 - x0, y1 - y0, xx1 - xx0, xy1 - xy0, yy1 - yy0
    if around is not None:  # it runs through the ring's start
        length, x, y = length + around[0], x + around[1], y + around[2]
        xx, xy, yy = xx + around[3], xy + around[4], yy + around[5]
    xx -= x * x / length
    xy -= x * y / length
    yy -= y * y / length
    squared = (xx + yy) / 2 - sqrt(((xx - yy) / 2) ** 2 + xy * xy)
    return _MEAN_PER_RMS * sqrt(squared * length) if squared > 0 else 0.0
