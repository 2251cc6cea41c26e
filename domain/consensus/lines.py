"""Likeness of polylines in [0, 1], on the scale on which IoU thresholds are set. Pure NumPy."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schema.geometry import Polyline, bounds

SAMPLES = 64
TOLERANCE_OF_PICTURE = 0.01
_REACH = 4.0  # beyond this many tolerances the kernel is below 0.001 and a pair is not looked at


def polyline_similarity(a: Sequence[Polyline], b: Sequence[Polyline], *, diagonal_px: float) -> NDArray[np.float64]:
    """Return the (len(a), len(b)) matrix of likeness of lines, whichever way they were drawn.

    Each line is sampled at 64 points equally spaced along it; a sample at distance d px from the other line counts
    exp(-d^2 / 2 s^2) with s = 1 % of the picture's diagonal. The likeness is the smaller of the two directions' means,
    so half a line is half alike at most. A line of no length is its point.
    """
    tolerance_px = TOLERANCE_OF_PICTURE * diagonal_px
    samples_a, samples_b = [_sample(np.array(p.points)) for p in a], [_sample(np.array(p.points)) for p in b]
    result = np.zeros((len(a), len(b)))
    for i, j in np.argwhere(_near(a, b, _REACH * tolerance_px)):
        result[i, j] = min(
            _mean_kernel(samples_a[i], np.array(b[j].points), tolerance_px),
            _mean_kernel(samples_b[j], np.array(a[i].points), tolerance_px),
        )
    return result


def _near(a: Sequence[Polyline], b: Sequence[Polyline], reach_px: float) -> NDArray[np.bool_]:
    """Whether the bounds of each pair come within `reach_px` of each other."""
    bounds_a = np.array([bounds(p.points) for p in a]).reshape(len(a), 1, 4)
    bounds_b = np.array([bounds(p.points) for p in b]).reshape(1, len(b), 4)
    gap = np.maximum(bounds_a[..., :2] - bounds_b[..., 2:], bounds_b[..., :2] - bounds_a[..., 2:])
    return np.asarray((gap <= reach_px).all(axis=2))


def _sample(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """(SAMPLES, 2) points equally spaced along a line of (k, 2) points."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(xy, axis=0), axis=1))])
    at = np.linspace(0.0, along[-1], SAMPLES)
    return np.stack([np.interp(at, along, xy[:, 0]), np.interp(at, along, xy[:, 1])], axis=1)


def _mean_kernel(samples: NDArray[np.float64], line: NDArray[np.float64], tolerance_px: float) -> float:
    start, step = line[:-1], np.diff(line, axis=0)  # (m, 2)
    length2 = np.maximum((step**2).sum(axis=1), np.finfo(float).tiny)
    offset = samples[:, None, :] - start  # (SAMPLES, m, 2)
    fraction = np.clip((offset * step).sum(axis=2) / length2, 0.0, 1.0)
    distance2 = ((offset - fraction[..., None] * step) ** 2).sum(axis=2).min(axis=1)
    return float(np.exp(-distance2 / (2 * tolerance_px**2)).mean())
