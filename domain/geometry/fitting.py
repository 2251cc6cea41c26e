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
    moves = ~(is_last | is_last[before]) if ends_stay else np.ones(len(kept), np.bool_)
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
        share = moves / (a * c - b * b)
        places += np.stack([(c * pull_x - b * pull_y) * share, (a * pull_y - b * pull_x) * share], axis=1)
    return places
