"""Where to put the vertices of a line so that it runs amidst an outline, not to one side of it as chords do."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.geometry.candidates import Candidates, choose_on_lines, neighbours

_ROUNDS = 2
_STIFFNESS = 0.02  # holds a vertex between two lines of one direction, along which nothing else does
_TINY_PX = 1e-9


def fit_lines(lines: Sequence[NDArray[np.float64]], epsilons_px: Sequence[float]) -> list[NDArray[np.float64]]:
    """Return open lines with the vertices that Douglas-Peucker leaves of each, fitted, but the ends where they are."""
    candidates = choose_on_lines(lines, epsilons_px)
    fitted = fit_vertices(candidates, np.arange(len(candidates.ring)), ends_stay=True)
    return np.split(fitted, np.flatnonzero(np.diff(candidates.ring)) + 1)


def fit_vertices(candidates: Candidates, kept: NDArray[np.int64], *, ends_stay: bool = False) -> NDArray[np.float64]:
    """Return places for the kept candidates, (len(kept), 2), between which the lines run amidst the outline.

    Chords of an outline lie to one side of it. Each vertex goes where the squared distances between its two lines and
    their stretches are least, all vertices at once, twice over: the neighbours' moves halve the error each time. With
    `ends_stay` the first and the last of each ring do not move: it is an open line.
    """
    before, after = neighbours(candidates.ring[kept])
    stretch = candidates.moments[kept[after]] - candidates.moments[kept]
    is_last = kept[after] <= kept
    stretch[is_last] += candidates.around[kept[is_last]]
    length = stretch[:, 0]
    mean_x, mean_y, xx, xy, yy = (stretch[:, 1:] / length[:, None]).T
    xx, xy, yy = xx - mean_x * mean_x, xy - mean_x * mean_y, yy - mean_y * mean_y
    # Points of the plane as complex numbers: to multiply with a conjugate direction is to turn it into the x axis.
    mean, spread, spread_along = mean_x + 1j * mean_y, (xx + yy) / 2, (xx - yy) / 2 + 1j * xy
    stiffness = _STIFFNESS * (length + length[before])
    places = np.ascontiguousarray(candidates.points[kept]).view(np.complex128)[:, 0]
    for _ in range(_ROUNDS):
        chord = places[after] - places
        chord_px = np.abs(chord) + _TINY_PX
        along = chord / chord_px
        squared = along * along
        # Along a line t runs from 0 to 1; off is the distance from it. Means of t, off, t * t and t * off:
        turned = (mean - places) * along.conj()
        t, off = turned.real / chord_px, turned.imag
        turned_spread = spread_along * squared.conj()
        tt = (spread + turned_spread.real) / (chord_px * chord_px) + t * t
        t_off = turned_spread.imag / chord_px + t * off
        # The vertex begins one line (weight 1 - t) and ends the one before (weight t).
        begin, end = length * (1 - 2 * t + tt), (length * tt)[before]
        across = 1j * along
        pull = length * (off - t_off) * across + (length * t_off * across)[before]
        # Each moves by the inverse of half * I - [[Re, Im], [Im, -Re]] / 2 of `both` times its pull.
        half, both = (begin + end) / 2 + stiffness, begin * squared + end * squared[before]
        move = (half * pull + both * pull.conj() / 2) / (half * half - (both.real**2 + both.imag**2) / 4)
        if ends_stay:
            move[is_last | is_last[before]] = 0
        places += move
    return places.view(np.float64).reshape(-1, 2)
