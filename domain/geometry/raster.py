"""Shapes to boolean rasters: a pixel belongs iff its centre is inside by the even-odd rule (see `scan.py`)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.geometry import coco_runs
from domain.geometry.errors import MaskSizeDiffers, ShapeHasNoArea
from domain.geometry.scan import Window, fill_rings, first_centre_from
from schema.geometry import (
    Box,
    Mask,
    Points,
    Polygon,
    Polyline,
    RotatedBox,
    Tag,
    rotated_box_corners,
)

AnyShape = Box | RotatedBox | Polygon | Mask | Points | Polyline | Tag
AreaShape = Box | RotatedBox | Polygon | Mask


def rasterise(shape: AnyShape, *, height: int, width: int) -> NDArray[np.bool_]:
    """Return the pixels of the picture that the shape covers, (height, width).

    Raises ShapeHasNoArea for points, polylines and tags, MaskSizeDiffers for a mask of another picture's size.
    """
    if isinstance(shape, Mask):
        return _expand(shape, height=height, width=width)
    window = window_of(shape, height=height, width=width)
    raster = np.zeros((height, width), np.bool_)
    rows, columns = (
        slice(window.row, window.row + window.height),
        slice(window.column, window.column + window.width),
    )
    raster[rows, columns] = rasterise_window(shape, window, height=height, width=width)
    return raster


def rasterise_window(shape: AnyShape, window: Window, *, height: int, width: int) -> NDArray[np.bool_]:
    """Return the pixels of a window of the picture that the shape covers; the window lies inside the picture."""
    if isinstance(shape, Mask):
        raster = _expand(shape, height=height, width=width)
        return raster[
            window.row : window.row + window.height,
            window.column : window.column + window.width,
        ]
    if isinstance(shape, Box):
        return _fill_box(shape, window)
    return fill_rings(rings_of(shape), window)


def window_of(shape: AnyShape, *, height: int, width: int) -> Window:
    """Return a window of the picture that holds every pixel of the shape; of size zero when it lies outside.

    It is tight for a box, and may be larger than needed for other shapes; for a mask it is the whole picture.
    """
    if isinstance(shape, Mask):
        return Window(0, 0, height, width)
    if isinstance(shape, Box):
        x0, y0, x1, y1 = shape.x0, shape.y0, shape.x1, shape.y1
    else:
        corners = [corner for ring in rings_of(shape) for corner in ring]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        x0, y0, x1, y1 = min(xs), min(ys), max(xs), max(ys)
    column, row = (
        _clip(first_centre_from(x0), width),
        _clip(first_centre_from(y0), height),
    )
    return Window(
        row,
        column,
        _clip(first_centre_from(y1), height) - row,
        _clip(first_centre_from(x1), width) - column,
    )


def rings_of(shape: AnyShape) -> Sequence[Sequence[tuple[float, float]]]:
    """Return the rings that bound a shape with an area; a rotated box's corners are taken to 1/100 px.

    Raises ShapeHasNoArea for a shape that has none; a mask has no rings either: see `contours.py`.
    """
    if isinstance(shape, Box):
        return [
            (
                (shape.x0, shape.y0),
                (shape.x1, shape.y0),
                (shape.x1, shape.y1),
                (shape.x0, shape.y1),
            )
        ]
    if isinstance(shape, RotatedBox):
        return [rotated_box_corners(shape)]
    if isinstance(shape, Polygon):
        return [ring for part in shape.parts for ring in part]
    raise ShapeHasNoArea(shape.type)


def _fill_box(box: Box, window: Window) -> NDArray[np.bool_]:
    raster = np.zeros((window.height, window.width), np.bool_)
    rows = slice(*(_clip(first_centre_from(y) - window.row, window.height) for y in (box.y0, box.y1)))
    columns = slice(*(_clip(first_centre_from(x) - window.column, window.width) for x in (box.x0, box.x1)))
    raster[rows, columns] = True
    return raster


def _clip(value: int, size: int) -> int:
    return min(max(value, 0), size)


def _expand(mask: Mask, *, height: int, width: int) -> NDArray[np.bool_]:
    if mask.size != (height, width):
        raise MaskSizeDiffers(mask_size=mask.size, picture_size=(height, width))
    return coco_runs.expand({"size": list(mask.size), "counts": mask.counts.encode("ascii")})
