"""Scan conversion: where the edges of rings cross the rows of pixel centres. Knows rings and windows, not shapes.

A pixel belongs to rings when its centre (column + .5, row + .5) is inside by the even-odd rule; a centre exactly on an
edge belongs to what lies right of (below) it. Coordinates count to 1/100 px, in whole numbers: the rule holds exactly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ring = Sequence[tuple[float, float]] | NDArray[Any]
"""Corners (x, y) in px, open: the last is joined to the first."""

_PER_PX = 200  # twice 1/100 px, so that the centres of pixels are whole numbers too
_CENTRE = _PER_PX // 2
_CROSSINGS_AT_ONCE = 2_000_000  # bounds the memory of a hostile zigzag


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels: its first row and column, and its size."""

    row: int
    column: int
    height: int
    width: int

    @property
    def area_px(self) -> int:
        return self.height * self.width


def fill_rings(rings: Sequence[Ring], window: Window) -> NDArray[np.bool_]:
    """Return which pixels of the window, (height, width), are inside the rings."""
    toggles = np.zeros(window.height * (window.width + 1), np.uint8)
    for keys in _iter_crossing_keys(rings, window):
        np.bitwise_xor.at(toggles, keys, np.uint8(1))
    rows = toggles.reshape(window.height, window.width + 1)[:, : window.width]
    return np.bitwise_xor.accumulate(rows, axis=1).view(np.bool_)


def crossing_keys(rings: Sequence[Ring], window: Window) -> NDArray[np.int64]:
    """Return one key a crossing, unsorted: row * (width + 1) + the first column whose centre is right of it or on it.

    Rows and columns count from the window; a crossing left of it has column 0, one right of it column `width`.
    """
    chunks = list(_iter_crossing_keys(rings, window))
    return np.concatenate(chunks) if chunks else np.zeros(0, np.int64)


def count_inside(keys: NDArray[np.int64]) -> int:
    """Return how many pixels are inside the rings whose crossings these are, in any order, without filling them.

    Of the crossings of two sets of rings together it is the size of their symmetric difference.
    """
    ordered = np.sort(keys)
    return int((ordered[1::2] - ordered[::2]).sum())


def iou_of_fills(keys: NDArray[np.int64], other_keys: NDArray[np.int64]) -> float:
    """Return the IoU of what is inside two sets of rings, not both empty, given their crossings in one window.

    With areas A, B and symmetric difference X it is (A + B - X) / (A + B + X).
    """
    both_px = count_inside(keys) + count_inside(other_keys)
    difference_px = count_inside(np.concatenate([keys, other_keys]))
    return (both_px - difference_px) / (both_px + difference_px)


def first_centre_from(coordinate: float) -> int:
    """Return the first row or column whose centre is at this coordinate or beyond it."""
    return -((_CENTRE - _whole(coordinate)) // _PER_PX)


def _whole(coordinate: float) -> int:
    return round(coordinate * 100) * (_PER_PX // 100)


def _iter_crossing_keys(rings: Sequence[Ring], window: Window) -> Iterator[NDArray[np.int64]]:
    if not rings:
        return
    upper, lower = _edges(rings)
    first_row = np.maximum(-((_CENTRE - upper[:, 1]) // _PER_PX), window.row)
    end_row = np.minimum(-((_CENTRE - lower[:, 1]) // _PER_PX), window.row + window.height)
    rows_crossed = np.maximum(end_row - first_row, 0)
    if rows_crossed.sum() <= _CROSSINGS_AT_ONCE:
        yield _keys_of_edges(upper, lower, first_row, rows_crossed, window)
        return
    for edges in _split(rows_crossed):
        yield _keys_of_edges(upper[edges], lower[edges], first_row[edges], rows_crossed[edges], window)


def _edges(rings: Sequence[Ring]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the upper and the lower end of every edge, (n, 2) each, in 1/200 px."""
    start = np.rint(np.concatenate(rings) * 100.0).astype(np.int64) * (_PER_PX // 100)
    end = np.empty_like(start)
    end[:-1] = start[1:]
    first = 0
    for ring in rings:
        end[first + len(ring) - 1] = start[first]
        first += len(ring)
    falls = (start[:, 1] <= end[:, 1])[:, None]
    return np.where(falls, start, end), np.where(falls, end, start)


def _split(rows_crossed: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield the edges that cross any row, in groups of a bounded number of crossings (one edge at least)."""
    edges = np.flatnonzero(rows_crossed)
    if len(edges):
        group = np.cumsum(rows_crossed[edges]) // _CROSSINGS_AT_ONCE
        yield from np.split(edges, np.flatnonzero(np.diff(group)) + 1)


def _keys_of_edges(
    upper: NDArray[np.int64],
    lower: NDArray[np.int64],
    first_row: NDArray[np.int64],
    rows_crossed: NDArray[np.int64],
    window: Window,
) -> NDArray[np.int64]:
    edge = np.repeat(np.arange(len(upper)), rows_crossed)
    row = (first_row - np.cumsum(rows_crossed) + rows_crossed)[edge] + np.arange(len(edge))
    run, rise = (lower - upper).T
    # x - centre of column 0, times the rise: below 4e17 for coordinates within a million pixels, so it fits 64 bits.
    x_times_rise = (upper[edge, 0] - _CENTRE) * rise[edge] + (row * _PER_PX + _CENTRE - upper[edge, 1]) * run[edge]
    column = -((-x_times_rise) // (rise[edge] * _PER_PX)) - window.column
    keys: NDArray[np.int64] = (row - window.row) * (window.width + 1) + np.minimum(np.maximum(column, 0), window.width)
    return keys
