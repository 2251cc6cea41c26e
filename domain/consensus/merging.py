"""One object from those of a cluster: shape, class and attributes. Says how well they agree; what is contested
is judged elsewhere. Never returns nothing: where a shape cannot be merged, the most central drawing stands.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from domain.consensus.areas import vote_mask, vote_polygon
from domain.consensus.boxes import merge_boxes, merge_rotated_boxes
from domain.consensus.points import merge_points
from domain.geometry.raster import AnyShape, AreaShape
from domain.geometry.rle import bbox
from schema.geometry import Box, Mask, Points, Polygon, RotatedBox, bounds, iter_points

Likeness = Callable[[int, int], float]


def merge_shapes(drawn: Sequence[AnyShape], likeness: Likeness, *, height: int, width: int) -> AnyShape:
    """Return one shape for those that the drawers of a thing gave, in lease order; one shape, or equal ones, stand.

    Upright boxes: coordinate-wise median. Polygons and masks: pixel vote. Points: geometric median. Polylines and
    tags: the medoid. Areas of several kinds become the commonest (ties: the finest, mask before polygon before
    rotated before upright box). `likeness(i, j)` in [0, 1] compares two of the drawn.
    """
    central = drawn[medoid(len(drawn), likeness)]
    if all(shape == central for shape in drawn):
        return central
    points = [s for s in drawn if isinstance(s, Points)]
    if len(points) == len(drawn):
        return merge_points(points)
    areas = [s for s in drawn if isinstance(s, AreaShape)]
    if len(areas) == len(drawn):
        return _merge_areas(areas, central, height=height, width=width) or central
    return central


def medoid(count: int, likeness: Likeness) -> int:
    """Return the index of the one most like all others, of equal ones the first; of two, the first."""
    sums = [0.0] * count
    for i, j in combinations(range(count), 2):
        value = likeness(i, j)
        sums[i] += value
        sums[j] += value
    return max(range(count), key=lambda i: (round(sums[i], 9), -i))


def mean_pairwise(count: int, likeness: Likeness) -> float:
    """Return the mean likeness of all pairs; 1 for one alone."""
    values = [likeness(i, j) for i, j in combinations(range(count), 2)]
    return float(np.mean(values)) if values else 1.0


_FINEST_FIRST: tuple[type[AreaShape], ...] = (Mask, Polygon, RotatedBox, Box)


def _merge_areas(drawn: Sequence[AreaShape], central: AnyShape, *, height: int, width: int) -> AreaShape | None:
    counts = Counter(type(s) for s in drawn)
    kind = max(_FINEST_FIRST, key=lambda k: counts[k])  # of equal counts, the first
    if kind is Mask:
        return vote_mask(drawn, height=height, width=width)
    if kind is Polygon:
        return vote_polygon(drawn, height=height, width=width)
    if kind is Box:
        return merge_boxes([b for b in (_upright(s, height=height, width=width) for s in drawn) if b is not None])
    turned = [s for s in drawn if isinstance(s, RotatedBox)]
    return merge_rotated_boxes(turned, reference=central if isinstance(central, RotatedBox) else turned[0])


def _upright(shape: AreaShape, *, height: int, width: int) -> Box | None:
    """The bounds of a shape: of its points, or of a mask's pixels."""
    if isinstance(shape, Box):
        return shape
    if isinstance(shape, Mask):
        pixels = bbox(shape, height=height, width=width)
        return None if pixels is None else Box(x0=pixels[0], y0=pixels[1], x1=pixels[2], y1=pixels[3])
    x0, y0, x1, y1 = bounds(iter_points(shape))
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)
