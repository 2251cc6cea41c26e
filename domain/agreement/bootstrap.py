"""Percentile bootstrap over items, on additive contributions of each item. Pure; the caller gives the seed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

_DRAWS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds of its interval; all None where nothing could be measured.

    The bounds alone are None below two items: one item says nothing of how items vary.
    """

    value: float | None
    low: float | None
    high: float | None


def resampled_sums(contributions: NDArray[np.float64] | csr_array, *, seed: int, samples: int) -> NDArray[np.float64]:
    """Return the (samples, D) sums of (N, D) contributions over N items drawn with replacement; N >= 1.

    Time O(samples * N), memory bounded by drawing a few million indices at a time.
    """
    generator = np.random.default_rng(seed)
    items = contributions.shape[0]
    at_once = max(1, _DRAWS_AT_ONCE // items)
    sums = []
    for start in range(0, samples, at_once):
        rows = min(at_once, samples - start)
        drawn = generator.integers(0, items, size=(rows, items)) + np.arange(rows)[:, None] * items
        times = np.bincount(drawn.ravel(), minlength=rows * items).reshape(rows, items)
        sums.append(np.asarray((contributions.T @ times.T.astype(np.float64)).T))
    return np.concatenate(sums)


def percentile_interval(
    contributions: NDArray[np.float64] | csr_array,
    figure: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    seed: int,
    samples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return a figure of summed contributions with its percentile bootstrap interval over items.

    `contributions` (N, D), one row an item; `figure` maps sums (..., D) to values (...), NaN where undefined; samples
    in which it is undefined are left out. Efron & Tibshirani 1993, chapter 13 (doi:10.1201/9780429246593).
    """
    items = contributions.shape[0]
    total = np.asarray(contributions.sum(axis=0), dtype=np.float64).reshape(-1)
    value = float(figure(total[None])[0])
    if np.isnan(value):
        return Interval(None, None, None)
    if items < 2:
        return Interval(value, None, None)
    values = figure(resampled_sums(contributions, seed=seed, samples=samples))
    defined = values[~np.isnan(values)]
    if not len(defined):
        return Interval(value, None, None)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))
