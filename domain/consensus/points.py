"""Merge point sets by the geometric median of each point. Pure NumPy."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from domain.consensus.keypoints import present
from schema.geometry import Points

_STEPS = 200
_SETTLED_PX = 1e-6


def merge_points(drawn: Sequence[Points]) -> Points:
    """Return the geometric median of each point over those who placed it; all sets have the same length.

    A point's visibility is the majority's (ties: the more visible). Toy: (0, 0), (0, 0), (9, 0) gives (0, 0), where
    a mean gives (3, 0); two drawers give the middle.
    """
    xy = np.array([p.points for p in drawn])  # (n, k, 2)
    placed = np.array([present(p) for p in drawn])  # (n, k)
    merged = []
    for k in range(xy.shape[1]):
        voters = xy[placed[:, k], k] if placed[:, k].any() else xy[:, k]
        x, y = geometric_median(voters)
        merged.append((float(x), float(y)))
    return Points(points=tuple(merged), visibility=_visibility(drawn))


def geometric_median(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the point with the least sum of distances to the rows of `xy`, shape (n, 2), n >= 1.

    Weiszfeld 1937 (doi:10.1007/s10479-008-0352-z, translated) from the mean, with the step of Vardi & Zhang 2000
    (doi:10.1073/pnas.97.4.1423) where an iterate meets a row. Two rows, or all rows equal, give the mean.
    """
    current: NDArray[np.float64] = xy.mean(axis=0)
    for _ in range(_STEPS):
        following = _weiszfeld_step(xy, current)
        if np.linalg.norm(following - current) < _SETTLED_PX:
            break
        current = following
    return current


def _weiszfeld_step(xy: NDArray[np.float64], current: NDArray[np.float64]) -> NDArray[np.float64]:
    distance = np.linalg.norm(xy - current, axis=1)
    apart = distance > 1e-9
    if not apart.any():
        return current
    weight = 1 / distance[apart]
    target: NDArray[np.float64] = (xy[apart] * weight[:, None]).sum(axis=0) / weight.sum()
    met = int((~apart).sum())
    if met == 0:
        return target
    pull = float(np.linalg.norm(((xy[apart] - current) * weight[:, None]).sum(axis=0)))
    stay = min(1.0, met / pull) if pull > 0 else 1.0
    moved: NDArray[np.float64] = target + stay * (current - target)
    return moved


def _visibility(drawn: Sequence[Points]) -> tuple[Literal[0, 1, 2], ...] | None:
    if all(p.visibility is None for p in drawn):
        return None
    columns = zip(*(p.visibility or (2,) * len(p.points) for p in drawn), strict=True)
    return tuple(_most_common_visibility(column) for column in columns)


def _most_common_visibility(votes: tuple[Literal[0, 1, 2], ...]) -> Literal[0, 1, 2]:
    counts = Counter(votes)
    return max(counts, key=lambda value: (counts[value], value))
