"""Large pictures in overlapping windows: slicing aided inference (Akyon, Altinuc and Temizel, 2022,
DOI 10.1109/ICIP46576.2022.9897990). What is found in them becomes one answer again in `merging.py`."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schema.models import InputSpec

OVERLAP: Final = 0.2
# Beyond so many windows they grow instead: a picture's time stays bounded.
MOST_WINDOWS: Final = 64


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture, px."""

    x0: int
    y0: int
    x1: int
    y1: int

    def cut(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return picture[self.y0 : self.y1, self.x0 : self.x1]


def windows_of(height: int, width: int, spec: InputSpec, *, tile_px: int) -> tuple[Window, ...]:
    """Return the windows of a picture that is larger than twice the model's input and `tile_px`; else none.

    They are of the input's size, so that the model sees every pixel; neighbours share a fifth of their side.
    """
    tile_height, tile_width = spec.height or spec.shortest_px, spec.width or spec.shortest_px
    if max(height, width) <= max(2 * max(tile_height, tile_width), tile_px):
        return ()
    while len(rows := _spans(height, tile_height)) * len(columns := _spans(width, tile_width)) > MOST_WINDOWS:
        tile_height, tile_width = math.ceil(tile_height * 1.1), math.ceil(tile_width * 1.1)
    return tuple(Window(x0, y0, x1, y1) for y0, y1 in rows for x0, x1 in columns)


def _spans(length: int, tile: int) -> list[tuple[int, int]]:
    """Return spans of one size, spread evenly, each overlapping the next by `OVERLAP` at least."""
    if length <= tile:
        return [(0, length)]
    count = math.ceil((length - tile) / (tile * (1 - OVERLAP))) + 1
    starts = np.linspace(0, length - tile, count).round().astype(int).tolist()
    return [(start, start + tile) for start in starts]
