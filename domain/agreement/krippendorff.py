"""Krippendorff's alpha for nominal data, from coincidences. Pure; knows nothing of tasks."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Label = TypeVar("Label", bound=Hashable)


def nominal_alpha(*, agreeing: NDArray[np.float64], totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return alpha = 1 - D_o / D_e for each row of sufficient sums; this is the form that a bootstrap resamples.

    `agreeing` (...): the trace of the coincidence matrix; `totals` (..., C): its row sums n_c, with n = sum n_c.
    D_o = 1 - agreeing / n, D_e = 1 - sum n_c (n_c - 1) / (n (n - 1)). Source: Krippendorff 2011, Computing
    Krippendorff's Alpha-Reliability, https://repository.upenn.edu/asc_papers/43.
    NaN where nothing is pairable (n < 2); 1 where all values are one category: nothing varied and nobody disagreed.
    """
    n = totals.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = 1 - agreeing / n
        expected = 1 - (totals * (totals - 1)).sum(axis=-1) / (n * (n - 1))
        alpha = 1 - observed / expected
    one_category = (totals > 0).sum(axis=-1) == 1
    return np.where(n < 2 - 1e-9, np.nan, np.where(one_category, 1.0, alpha))


def alpha_from_coincidences(coincidences: NDArray[np.float64]) -> float | None:
    """Return nominal alpha of a symmetric (C, C) coincidence matrix; None when nothing is pairable."""
    matrix = np.asarray(coincidences, dtype=np.float64)
    alpha = float(nominal_alpha(agreeing=np.trace(matrix), totals=matrix.sum(axis=1)))
    return None if np.isnan(alpha) else alpha


def alpha_from_units(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Return nominal alpha of units, each the values it was given, by whomever; units of one value are left out.

    Toy: [a, a], [a, b] gives 1 - .5 / .5 = 0: no better than chance.
    """
    counted = coincidences(units)
    categories = {label: i for i, label in enumerate(dict.fromkeys(label for pair in counted for label in pair))}
    matrix = np.zeros((len(categories), len(categories)))
    for (one, other), weight in counted.items():
        matrix[categories[one], categories[other]] += weight
    return alpha_from_coincidences(matrix)


def alpha_from_reliability(data: Sequence[Sequence[Hashable | None]]) -> float | None:
    """Return nominal alpha of reliability data: one row per rater, one column per unit, None where a value lacks."""
    return alpha_from_units([[v for v in column if v is not None] for column in zip(*data, strict=True)])


def coincidences(units: Iterable[Sequence[Label]]) -> dict[tuple[Label, Label], float]:
    """Return the coincidence matrix as {(c, k): o_ck}: ordered pairs within units, each weighing 1 / (m_u - 1)."""
    counted: dict[tuple[Label, Label], float] = {}
    for unit in units:
        if len(unit) < 2:
            continue
        counts = Counter(unit)
        for one, n_one in counts.items():
            for other, n_other in counts.items():
                pairs = n_one * (n_other - (one == other))
                if pairs:
                    counted[one, other] = counted.get((one, other), 0.0) + pairs / (len(unit) - 1)
    return counted
