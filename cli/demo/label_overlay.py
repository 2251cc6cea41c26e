"""Labels drawn into a picture: a light fill, a stroke with a dark halo, holes left open. Writes no text, no files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.geometry.raster import AnyShape, rings_of
from domain.geometry.rle import decode
from domain.geometry.simplify import polygon_from_mask
from schema.geometry import Mask, Points, Polyline, Tag, bounds, iter_points
from schema.objects import LabelObject

FILL_SHARE = 0.2
_STROKE_PX = 2
_HALO_PX = 4
_HALO = (7, 9, 12)
_HALO_SHARE = 0.75
_UNKNOWN = (169, 182, 196)
_SUBPIXEL_BITS = 4  # of the coordinates that OpenCV draws with

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """How a picture of `height` x `width` px is shown: `scale` shown px a picture px."""

    scale: float
    height: int
    width: int

    def bounds_of(self, shape: AnyShape) -> tuple[float, float, float, float] | None:
        """Return (x0, y0, x1, y1) in shown px; None for a tag and an empty mask."""
        points = [point for line in _lines_of(shape) for point in line]
        if not points:
            return None
        x0, y0, x1, y1 = bounds(points)
        return x0 * self.scale, y0 * self.scale, x1 * self.scale, y1 * self.scale


def parse_colour(text: str) -> Colour:
    """Return `#rrggbb` as (red, green, blue)."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def draw_objects(
    picture_rgb: NDArray[np.uint8], objects: Sequence[LabelObject], place: Place, colours: Mapping[int, Colour]
) -> NDArray[np.uint8]:
    """Return the shown picture (h, w, 3) with all objects, large ones first so that small ones stay visible."""
    drawn = picture_rgb.copy()
    shown = [(item, _to_fixed_point(item.shape, place)) for item in objects]
    shown.sort(key=lambda pair: -_extent_px(pair[1]))
    for item, lines in shown:
        if not isinstance(item.shape, Points | Polyline | Tag):
            _fill(drawn, lines, colours.get(item.class_id, _UNKNOWN))
    for item, lines in shown:
        _stroke(drawn, item.shape, lines, colours.get(item.class_id, _UNKNOWN))
    return drawn


def _lines_of(shape: AnyShape) -> list[list[tuple[float, float]]]:
    if isinstance(shape, Mask):
        polygon = polygon_from_mask(decode(shape), target_iou=0.99)
        return _lines_of(polygon) if polygon else []
    if isinstance(shape, Tag):
        return []
    if isinstance(shape, Points | Polyline):
        return [list(iter_points(shape))]
    return [list(ring) for ring in rings_of(shape)]


def _to_fixed_point(shape: AnyShape, place: Place) -> list[NDArray[np.int32]]:
    # OpenCV counts from the middle of the top-left pixel, we from its corner.
    factor = 1 << _SUBPIXEL_BITS
    return [np.rint((np.asarray(line) * place.scale - 0.5) * factor).astype(np.int32) for line in _lines_of(shape)]


def _extent_px(lines: Sequence[NDArray[np.int32]]) -> int:
    if not lines:
        return 0
    span = np.ptp(np.concatenate(lines), axis=0)
    return int(span[0]) * int(span[1])


def _fill(picture: NDArray[np.uint8], lines: Sequence[NDArray[np.int32]], colour: Colour) -> None:
    inside = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(inside, lines, (1,), cv2.LINE_8, _SUBPIXEL_BITS)  # all rings at once: even-odd, holes stay open
    covered = inside.astype(np.bool_)
    picture[covered] = np.rint(picture[covered] * (1 - FILL_SHARE) + np.array(colour) * FILL_SHARE).astype(np.uint8)


def _stroke(picture: NDArray[np.uint8], shape: AnyShape, lines: Sequence[NDArray[np.int32]], colour: Colour) -> None:
    haloed = picture.copy()
    _trace(haloed, shape, lines, _HALO, _HALO_PX)
    cv2.addWeighted(haloed, _HALO_SHARE, picture, 1 - _HALO_SHARE, 0, dst=picture)
    _trace(picture, shape, lines, colour, _STROKE_PX)


def _trace(
    picture: NDArray[np.uint8], shape: AnyShape, lines: Sequence[NDArray[np.int32]], colour: Colour, width_px: int
) -> None:
    if isinstance(shape, Points):
        for x, y in (point for line in lines for point in line.tolist()):
            cv2.circle(
                picture, (x, y), (2 + width_px) << _SUBPIXEL_BITS, colour, cv2.FILLED, cv2.LINE_AA, _SUBPIXEL_BITS
            )
    else:
        cv2.polylines(picture, lines, not isinstance(shape, Polyline), colour, width_px, cv2.LINE_AA, _SUBPIXEL_BITS)
