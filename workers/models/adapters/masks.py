"""Maps of logits → masks at the picture's own size: cropped first, then interpolated, then held against a threshold.

A pixel is read at its place in the map alone, so a crop is exactly that part of the mask of the whole picture.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.models.adapters.logits import to_logit
from workers.models.protocols import CroppedMask, Frame

# Rows are read so many pixels at a time, which stay in the processor's cache.
_STRIP_PX = 1 << 18
Size = tuple[int, int]
"""(height, width)."""


@dataclass(frozen=True, slots=True)
class Region:
    """Whole pixels of the picture, from x0 and y0 to before x1 and y1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def is_empty(self) -> bool:
        return self.x0 >= self.x1 or self.y0 >= self.y1

    def strips(self) -> Iterator["Region"]:
        step = max(1, _STRIP_PX // max(1, self.x1 - self.x0))
        for y in range(self.y0, self.y1, step):
            yield Region(self.x0, y, self.x1, min(y + step, self.y1))


@dataclass(frozen=True, slots=True)
class Grid:
    """How a map lies over the picture: x in cells = x in px * scale_x + left, likewise y.

    A cell has its value at its centre; beyond the outer centres the map goes on unchanged.
    """

    scale_x: float
    scale_y: float
    left: float
    top: float

    @classmethod
    def of_input(cls, frame: Frame, input_size: Size, map_size: Size) -> "Grid":
        """Of a map that covers the whole input, padding too."""
        tall, wide = map_size[0] / input_size[0], map_size[1] / input_size[1]
        return cls(frame.scale_x * wide, frame.scale_y * tall, frame.left * wide, frame.top * tall)

    @classmethod
    def of_box(cls, box: NDArray[np.float64], map_size: Size) -> "Grid":
        """Of a map that covers a box, which must not be empty, of the picture (He et al. 2017, arXiv:1703.06870)."""
        scale_x, scale_y = map_size[1] / float(box[2] - box[0]), map_size[0] / float(box[3] - box[1])
        return cls(scale_x, scale_y, -float(box[0]) * scale_x, -float(box[1]) * scale_y)

    def crop(self, maps: NDArray[Any], region: "Region") -> tuple[NDArray[Any], "Grid"]:
        """Return the part of maps (..., h, w) that a region of the picture is read from, and how it lies."""
        if region.is_empty:
            return maps[..., :1, :1], self
        rows = _neighbours(region.y0, region.y1, self.scale_y, self.top, maps.shape[-2])
        columns = _neighbours(region.x0, region.x1, self.scale_x, self.left, maps.shape[-1])
        top, left = int(rows.lower[0]), int(columns.lower[0])
        part = maps[..., top : int(rows.upper[-1]) + 1, left : int(columns.upper[-1]) + 1]
        return part, Grid(self.scale_x, self.scale_y, self.left - left, self.top - top)


def read_maps(maps: NDArray[Any], grid: Grid, region: Region) -> NDArray[np.float32]:
    """Interpolate maps (..., h, w) bilinearly at the centres of a region's pixels; return (..., rows, columns)."""
    rows = _neighbours(region.y0, region.y1, grid.scale_y, grid.top, maps.shape[-2])
    columns = _neighbours(region.x0, region.x1, grid.scale_x, grid.left, maps.shape[-1])
    first = int(rows.lower[0])
    part = maps[..., first : int(rows.upper[-1]) + 1, :].astype(np.float32, copy=False)
    wide = _mix(part.take(columns.lower, -1), part.take(columns.upper, -1), columns.weight)
    rise = np.subtract(wide[..., 1:, :], wide[..., :-1, :])
    result: NDArray[np.float32] = wide.take(rows.lower - first, -2)
    if rise.shape[-2]:
        step = rise.take(np.minimum(rows.lower - first, rise.shape[-2] - 1), -2)
        step *= rows.weight[:, None]
        result += step
    return result


def nearest_cells(grid: Grid, frame: Frame, map_size: Size) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row of cells that each row of the picture's pixels has its centre in, and likewise the columns."""
    rows = (np.arange(frame.height) + 0.5) * grid.scale_y + grid.top
    columns = (np.arange(frame.width) + 0.5) * grid.scale_x + grid.left
    row, column = (np.floor(at).astype(np.int64) for at in (rows, columns))
    return np.clip(row, 0, map_size[0] - 1), np.clip(column, 0, map_size[1] - 1)


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """Of each pixel along one side: the two cells it lies between, and the second one's weight."""

    lower: NDArray[np.int64]
    upper: NDArray[np.int64]
    weight: NDArray[np.float32]


def _neighbours(start: int, stop: int, scale: float, offset: float, cells: int) -> _Neighbours:
    at = np.clip((np.arange(start, stop) + 0.5) * scale + (offset - 0.5), 0, cells - 1)
    lower = at.astype(np.int64)
    return _Neighbours(lower, np.minimum(lower + 1, cells - 1), (at - lower).astype(np.float32))


def _mix(first: NDArray[np.float32], second: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    second -= first
    second *= weight
    second += first
    return second


def pixels_within(box: NDArray[np.float64], frame: Frame) -> Region:
    """Return the pixels of the picture whose centres lie in a box."""
    within = np.clip(box, 0, [frame.width, frame.height] * 2)
    x0, y0, x1, y1 = np.ceil(within - 0.5).astype(np.int64).tolist()
    return Region(x0, y0, max(x1, x0), max(y1, y0))


def mask_within(one_map: NDArray[Any], grid: Grid, region: Region, *, above: float) -> CroppedMask:
    """Return where in a region a map (h, w) is above a level, as tight a crop as holds it all."""
    mask = np.empty((region.y1 - region.y0, region.x1 - region.x0), np.bool_)
    for strip in region.strips() if not region.is_empty else ():
        rows = slice(strip.y0 - region.y0, strip.y1 - region.y0)
        np.greater(read_maps(one_map, grid, strip), above, out=mask[rows])
    return trim(CroppedMask(region.x0, region.y0, mask))


def trim(mask: CroppedMask) -> CroppedMask:
    """Cut the rows and columns off that hold nothing around what holds something; of an empty mask nothing is left."""
    rows, columns = np.flatnonzero(mask.mask.any(axis=1)), np.flatnonzero(mask.mask.any(axis=0))
    if not len(rows):
        return CroppedMask(mask.x, mask.y, np.zeros((0, 0), np.bool_))
    inner = mask.mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return CroppedMask(mask.x + int(columns[0]), mask.y + int(rows[0]), inner)


def crop_masks(logits: NDArray[Any], frame: Frame, input_size: Size, *, threshold: float) -> tuple[CroppedMask, ...]:
    """Return the masks of maps of logits (M, h, w) that cover the whole input: probabilities beyond `threshold`."""
    return masks_above(logits, frame, input_size, above=to_logit(threshold))


def masks_above(maps: NDArray[Any], frame: Frame, input_size: Size, *, above: float) -> tuple[CroppedMask, ...]:
    """Return where maps (M, h, w), which cover the whole input, are above a level; each as tight as holds it all."""
    grid = Grid.of_input(frame, input_size, (maps.shape[1], maps.shape[2]))
    return tuple(mask_within(one, grid, _reach(one > above, grid, frame), above=above) for one in maps)


def _reach(cells: NDArray[np.bool_], grid: Grid, frame: Frame) -> Region:
    """Return the pixels that lie between cells of which one is set: elsewhere no interpolation can be above."""
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    if not len(rows):
        return Region(0, 0, 0, 0)
    y0, y1 = _span(int(rows[0]), int(rows[-1]), cells.shape[0], grid.scale_y, grid.top, frame.height)
    x0, x1 = _span(int(columns[0]), int(columns[-1]), cells.shape[1], grid.scale_x, grid.left, frame.width)
    return Region(x0, y0, x1, y1)


def _span(first: int, last: int, cells: int, scale: float, offset: float, pixels: int) -> tuple[int, int]:
    start = 0 if first == 0 else math.floor((first - 0.5 - offset) / scale) - 1
    stop = pixels if last == cells - 1 else math.ceil((last + 1.5 - offset) / scale) + 1
    start = min(max(start, 0), pixels)
    return start, min(max(stop, start), pixels)


def boxes_around(masks: tuple[CroppedMask, ...]) -> NDArray[np.float64]:
    """Return the boxes (N, 4) of tight masks, px."""
    corners = [(m.x, m.y, m.x + m.mask.shape[1], m.y + m.mask.shape[0]) for m in masks]
    return np.array(corners, np.float64).reshape(-1, 4)
