"""Which vertices of an outline to do without, cheapest first: each that goes joins two stretches of it into one."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray

from domain.geometry.candidates import FEWEST_VERTICES, Candidates, neighbours

_MEAN_PER_RMS = 0.87  # of the distances between a line and an arc that it fits best


def rank_removals(candidates: Candidates) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return when each candidate goes, (n,), n for those that stay; and the area off the outline after each removal.

    A ring keeps three. Bottom-up merging (Keogh et al. 2001, DOI 10.1109/ICDM.2001.989531) where, as with Visvalingam
    and Whyatt (1993, DOI 10.1179/000870493786962263), the cost is an area: that between each stretch of outline and the
    line that fits it best, not its chord.
    """
    count = len(candidates.points)
    before, after = (places.tolist() for places in neighbours(candidates.ring))
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
        if cost != costs[i] or left_of_ring[ring[i]] == FEWEST_VERTICES:
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
