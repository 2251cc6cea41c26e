"""Merge areas of any kind by a pixel vote, worked in the window that holds them. Classes are voted elsewhere."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.consensus.pixel_vote import pixel_vote
from domain.geometry.raster import AreaShape, rasterise, rasterise_window
from domain.geometry.rle import bbox, encode_window
from domain.geometry.scan import Window
from domain.geometry.simplify import polygon_from_mask
from schema.geometry import Mask, Polygon

POLYGON_IOU = 0.99
SPECK_SHARE = 0.002
_MARGIN_PX = 1


def vote_mask(
    drawn: Sequence[AreaShape], *, height: int, width: int, weights: Sequence[float] | None = None
) -> Mask | None:
    """Return the pixel vote of the shapes as a mask of the picture; None when no pixel wins."""
    window = _window(drawn, height=height, width=width)
    voted = _vote(drawn, window, height=height, width=width, weights=weights)
    return encode_window(voted, window, height=height, width=width) if voted.any() else None


def vote_polygon(
    drawn: Sequence[AreaShape], *, height: int, width: int, weights: Sequence[float] | None = None
) -> Polygon | None:
    """Return the pixel vote of the shapes as a polygon of IoU 0.99 or more with it; None when no pixel wins."""
    window = _window(drawn, height=height, width=width)
    voted = _vote(drawn, window, height=height, width=width, weights=weights)
    polygon = _outline(voted) if voted.any() else None
    return _moved(polygon, dx=window.column, dy=window.row) if polygon else None


def _outline(voted: NDArray[np.bool_]) -> Polygon | None:
    """Trace a vote without the slivers that outlines leave between them, if the promised IoU allows."""
    speck_px = int(SPECK_SHARE * voted.sum())
    clean = polygon_from_mask(voted, target_iou=POLYGON_IOU, min_part_px=speck_px) if speck_px > 1 else None
    if clean is not None and _iou(clean, voted) >= POLYGON_IOU:
        return clean
    return polygon_from_mask(voted, target_iou=POLYGON_IOU)


def _iou(polygon: Polygon, raster: NDArray[np.bool_]) -> float:
    filled = rasterise(polygon, height=raster.shape[0], width=raster.shape[1])
    return float((filled & raster).sum() / (filled | raster).sum())


def _vote(
    drawn: Sequence[AreaShape], window: Window, *, height: int, width: int, weights: Sequence[float] | None
) -> NDArray[np.bool_]:
    if not window.height or not window.width:
        return np.zeros((0, 0), np.bool_)
    return pixel_vote([rasterise_window(s, window, height=height, width=width) for s in drawn], weights)


def _window(drawn: Sequence[AreaShape], *, height: int, width: int) -> Window:
    """The pixels of all shapes and one more on each side, inside the picture; of size zero when they cover none."""
    found = [box for box in (bbox(s, height=height, width=width) for s in drawn) if box is not None]
    if not found:
        return Window(0, 0, 0, 0)
    bounds = np.array(found)
    x0, y0 = np.maximum(bounds[:, :2].min(axis=0) - _MARGIN_PX, 0).tolist()
    x1, y1 = np.minimum(bounds[:, 2:].max(axis=0) + _MARGIN_PX, (width, height)).tolist()
    return Window(y0, x0, y1 - y0, x1 - x0)


def _moved(polygon: Polygon, *, dx: int, dy: int) -> Polygon:
    return Polygon(
        parts=tuple(tuple(tuple((x + dx, y + dy) for x, y in ring) for ring in part) for part in polygon.parts)
    )
