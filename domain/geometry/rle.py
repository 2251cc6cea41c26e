"""Shapes and rasters as run lengths; the pixels of a shape are those of `raster.py`, whatever its type."""

import numpy as np
from numpy.typing import NDArray

from domain.geometry import coco_runs
from domain.geometry.coco_runs import Runs
from domain.geometry.errors import MaskSizeDiffers
from domain.geometry.raster import AnyShape, rasterise_window, window_of
from domain.geometry.scan import Window
from schema.geometry import Mask


def encode(raster: NDArray[np.bool_]) -> Mask:
    """Return a raster (height, width) as a Mask; an empty raster is a mask of no pixels."""
    return _mask_of(coco_runs.compress(raster))


def encode_window(raster: NDArray[np.bool_], window: Window, *, height: int, width: int) -> Mask:
    """Return the raster of a window as a Mask of the whole picture, without making the picture's raster."""
    return _mask_of(_runs_of_window(raster, window, height=height, width=width))


def decode(mask: Mask) -> NDArray[np.bool_]:
    """Return the raster of a Mask, (height, width)."""
    return coco_runs.expand({"size": list(mask.size), "counts": mask.counts.encode("ascii")})


def runs_of(shape: AnyShape, *, height: int, width: int) -> Runs:
    """Return the run lengths of the picture's pixels that a shape covers.

    Raises ShapeHasNoArea and MaskSizeDiffers as `rasterise` does.
    """
    if isinstance(shape, Mask):
        if shape.size != (height, width):
            raise MaskSizeDiffers(mask_size=shape.size, picture_size=(height, width))
        return {"size": list(shape.size), "counts": shape.counts.encode("ascii")}
    window = window_of(shape, height=height, width=width)
    raster = rasterise_window(shape, window, height=height, width=width)
    return _runs_of_window(raster, window, height=height, width=width)


def area_px(shape: AnyShape, *, height: int, width: int) -> int:
    """Return the number of the picture's pixels that a shape covers."""
    return int(coco_runs.areas_px([runs_of(shape, height=height, width=width)])[0])


def bbox(shape: AnyShape, *, height: int, width: int) -> tuple[int, int, int, int] | None:
    """Return (x0, y0, x1, y1) of the pixels that a shape covers, the far edges exclusive; None when it covers none."""
    x0, y0, box_width, box_height = coco_runs.bounding_box(runs_of(shape, height=height, width=width))
    return (x0, y0, x0 + box_width, y0 + box_height) if box_width and box_height else None


def _mask_of(runs: Runs) -> Mask:
    return Mask(size=(runs["size"][0], runs["size"][1]), counts=runs["counts"].decode("ascii"))


def _runs_of_window(raster: NDArray[np.bool_], window: Window, *, height: int, width: int) -> Runs:
    columns = np.zeros((window.width, window.height + 2), np.int8)
    columns[:, 1:-1] = raster.T
    change = np.diff(columns, axis=1)
    start_column, start_row = np.nonzero(change > 0)
    end_column, end_row = np.nonzero(change < 0)
    starts = (window.column + start_column) * height + window.row + start_row
    ends = (window.column + end_column) * height + window.row + end_row
    borders = np.empty(2 * len(starts), np.int64)
    borders[::2], borders[1::2] = starts, ends
    # A run that leaves one column at the bottom and enters the next at the top is one run.
    joined = np.flatnonzero(borders[1:-1:2] == borders[2::2]) * 2 + 1
    borders = np.delete(borders, np.concatenate([joined, joined + 1]))
    counts = np.diff(borders, prepend=0, append=height * width).tolist()
    if counts[-1] == 0:
        counts.pop()  # COCO writes no empty run at the end
    return coco_runs.compress_counts(counts, height=height, width=width)
