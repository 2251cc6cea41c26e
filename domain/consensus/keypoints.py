"""Likeness of point sets in [0, 1], on the scale on which IoU thresholds are set. Pure NumPy."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schema.geometry import Points

TOLERANCE_OF_EXTENT = 0.1
TOLERANCE_OF_PICTURE = 0.01


def points_similarity(a: Sequence[Points], b: Sequence[Points], *, diagonal_px: float) -> NDArray[np.float64]:
    """Return the (len(a), len(b)) matrix of object keypoint similarity: the mean over points of exp(-d^2 / 2 s^2).

    s = max(10 % of the diagonal of the joint bounds, 1 % of the picture's diagonal) px, so a distance of 1.35 s is
    a likeness of 0.40 and 0.76 s one of 0.75. A point that is absent (visibility 0) in one set counts 0, in both it
    is left out; sets that are absent altogether are alike. Sets of different lengths never match (0).
    Source: COCO keypoint evaluation; Ronchi & Perona 2017, doi:10.1109/ICCV.2017.48.
    """
    result = np.zeros((len(a), len(b)))
    for count in {len(p.points) for p in a} & {len(p.points) for p in b}:
        rows = [i for i, p in enumerate(a) if len(p.points) == count]
        columns = [j for j, p in enumerate(b) if len(p.points) == count]
        for i in rows:
            result[i, columns] = _likeness(a[i], [b[j] for j in columns], diagonal_px)
    return result


def present(points: Points) -> NDArray[np.bool_]:
    """Return for each point whether it was placed at all (visibility other than 0)."""
    if points.visibility is None:
        return np.ones(len(points.points), dtype=np.bool_)
    return np.array(points.visibility) > 0


def _likeness(one: Points, others: Sequence[Points], diagonal_px: float) -> NDArray[np.float64]:
    xy = np.array(one.points)  # (k, 2)
    other_xy = np.array([p.points for p in others])  # (n, k, 2)
    here, there = present(one), np.array([present(p) for p in others])  # (k,), (n, k)
    both, either = here & there, here | there
    distance_px = np.linalg.norm(other_xy - xy, axis=2)
    tolerance_px = np.maximum(
        TOLERANCE_OF_EXTENT * _joint_extent_px(xy, here, other_xy, there), TOLERANCE_OF_PICTURE * diagonal_px
    )
    kernel = np.where(both, np.exp(-((distance_px / tolerance_px[:, None]) ** 2) / 2), 0.0)
    compared = either.sum(axis=1)
    return np.where(compared > 0, kernel.sum(axis=1) / np.maximum(compared, 1), 1.0)


def _joint_extent_px(
    xy: NDArray[np.float64], here: NDArray[np.bool_], other_xy: NDArray[np.float64], there: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Diagonal of the bounds of what both sets placed, but never the distance of two single points."""
    if len(xy) == 1:
        return np.zeros(len(other_xy))
    stacked = np.concatenate([np.broadcast_to(xy, other_xy.shape), other_xy], axis=1)  # (n, 2k, 2)
    placed = np.concatenate([np.broadcast_to(here, there.shape), there], axis=1)[..., None]
    high = np.where(placed, stacked, -np.inf).max(axis=1)
    low = np.where(placed, stacked, np.inf).min(axis=1)
    extent: NDArray[np.float64] = np.linalg.norm(np.maximum(high - low, 0), axis=1)
    return extent
