"""The typed border of pycocotools: rasters and their run lengths in COCO's form. Nothing else imports it."""

from collections.abc import Sequence
from typing import TypedDict, cast

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco


class Runs(TypedDict):
    """A raster as compressed run lengths, column by column; `size` is [height, width]."""

    size: list[int]
    counts: bytes


def compress(raster: NDArray[np.bool_]) -> Runs:
    """Return the run lengths of a raster (height, width)."""
    return cast(Runs, coco.encode(np.asfortranarray(raster, np.uint8)))


def compress_counts(counts: Sequence[int], *, height: int, width: int) -> Runs:
    """Compress plain run lengths (outside first, column by column) that add up to height x width."""
    return cast(
        Runs,
        coco.frPyObjects({"size": [height, width], "counts": list(counts)}, height, width),
    )


def expand(runs: Runs) -> NDArray[np.bool_]:
    """Return the raster, (height, width)."""
    raster: NDArray[np.uint8] = coco.decode(runs)
    return raster.view(np.bool_)


def areas_px(runs: Sequence[Runs]) -> NDArray[np.int64]:
    """Return the number of pixels of each raster."""
    # One by one: pycocotools holds the length of a list in 8 bits here and fails beyond 255 rasters.
    return np.array([int(coco.area(one)) for one in runs], np.int64)


def bounding_box(runs: Runs) -> tuple[int, int, int, int]:
    """Return (x0, y0, width, height) in px; all zero for an empty raster."""
    x0, y0, width, height = (int(value) for value in coco.toBbox(runs))
    return x0, y0, width, height


def merge(runs: Sequence[Runs], *, intersect: bool = False) -> Runs:
    """Return the union (or the intersection) of rasters of one size."""
    return cast(Runs, coco.merge(list(runs), intersect))


def ious(a: Sequence[Runs], b: Sequence[Runs]) -> NDArray[np.float64]:
    """Return the IoU of every pair, (len(a), len(b)); 0 where both are empty."""
    if not a or not b:
        return np.zeros((len(a), len(b)))
    return np.asarray(coco.iou(list(a), list(b), [0] * len(b)), np.float64)
