"""How far shapes overlap, on their rasters. Points, polylines and tags have no raster: they overlap nothing here."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.geometry import coco_runs
from domain.geometry.raster import AnyShape, AreaShape, window_of
from domain.geometry.rle import runs_of
from schema.geometry import Box


@dataclass(frozen=True, slots=True)
class Overlap:
    """Pixels shared by each pair, (a, b), and of each shape alone, (a,) and (b,); whole numbers."""

    intersection_px: NDArray[np.int64]
    area_a_px: NDArray[np.int64]
    area_b_px: NDArray[np.int64]

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union, (a, b), in [0, 1]; 0 where both shapes cover no pixel."""
        union = self.area_a_px[:, None] + self.area_b_px[None, :] - self.intersection_px
        iou: NDArray[np.float64] = self.intersection_px / np.maximum(union, 1)
        return iou


def iou_matrix(a: Sequence[AnyShape], b: Sequence[AnyShape], *, height: int, width: int) -> NDArray[np.float64]:
    """Return the IoU of every pair on the rasters of one picture, (len(a), len(b)), in [0, 1].

    A pair with a shape that covers no pixel (points, polyline, tag, or outside the picture) has IoU 0.
    """
    return overlap_matrices(a, b, height=height, width=width).iou


def overlap_matrices(a: Sequence[AnyShape], b: Sequence[AnyShape], *, height: int, width: int) -> Overlap:
    """Return shared and own pixels of every pair on the rasters of one picture.

    Raises MaskSizeDiffers for a mask of another picture's size. Shapes without an area have 0 pixels.
    """
    boxes = [shape for shape in (*a, *b) if isinstance(shape, Box)]
    if len(boxes) == len(a) + len(b):
        return _overlap_boxes(boxes[: len(a)], boxes[len(a) :], height=height, width=width)
    area_a, area_b = np.zeros(len(a), np.int64), np.zeros(len(b), np.int64)
    intersection = np.zeros((len(a), len(b)), np.int64)
    with_area_a, with_area_b = _indices_with_area(a), _indices_with_area(b)
    runs_a = [runs_of(a[i], height=height, width=width) for i in with_area_a]
    runs_b = [runs_of(b[i], height=height, width=width) for i in with_area_b]
    area_a[with_area_a], area_b[with_area_b] = (
        coco_runs.areas_px(runs_a),
        coco_runs.areas_px(runs_b),
    )
    iou = coco_runs.ious(runs_a, runs_b)
    both = area_a[with_area_a][:, None] + area_b[with_area_b][None, :]
    # i = IoU (A + B - i) solved for i; a double holds it well within half a pixel, so rounding makes it exact.
    intersection[np.ix_(with_area_a, with_area_b)] = np.rint(iou * both / (1 + iou)).astype(np.int64)
    return Overlap(intersection, area_a, area_b)


def _indices_with_area(shapes: Sequence[AnyShape]) -> list[int]:
    return [i for i, shape in enumerate(shapes) if isinstance(shape, AreaShape)]


def _overlap_boxes(a: Sequence[Box], b: Sequence[Box], *, height: int, width: int) -> Overlap:
    """Count on the pixel ranges of upright boxes: the same figures as from their rasters."""
    first_a, end_a = _pixel_ranges(a, height=height, width=width)
    first_b, end_b = _pixel_ranges(b, height=height, width=width)
    shared = np.minimum(end_a[:, None], end_b[None, :]) - np.maximum(first_a[:, None], first_b[None, :])
    return Overlap(
        np.maximum(shared, 0).prod(axis=2),
        (end_a - first_a).prod(axis=1),
        (end_b - first_b).prod(axis=1),
    )


def _pixel_ranges(boxes: Sequence[Box], *, height: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    windows = [window_of(box, height=height, width=width) for box in boxes]
    first = np.array([(w.row, w.column) for w in windows], np.int64).reshape(len(boxes), 2)
    size = np.array([(w.height, w.width) for w in windows], np.int64).reshape(len(boxes), 2)
    return first, first + size
