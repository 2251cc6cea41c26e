"""The upright box around any shape, for lists and indexes."""

from domain.geometry.rle import bbox
from schema.geometry import Mask, Shape, Tag, bounds, iter_points


def bounding_box(shape: Shape, *, height: int, width: int) -> list[float] | None:
    """Return [x0, y0, x1, y1] in image pixels; None for a tag or an empty mask."""
    if isinstance(shape, Tag):
        return None
    if isinstance(shape, Mask):
        found = bbox(shape, height=height, width=width)
        return None if found is None else [float(v) for v in found]
    return list(bounds(iter_points(shape)))
