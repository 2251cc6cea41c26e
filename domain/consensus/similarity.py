"""How alike the objects of different people are, in [0, 1]: IoU of areas, and measures on the same scale for the rest.

Kinds of different dimension (area, line, points, tag) are never alike; box, rotated box, polygon and mask are areas.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.consensus.answers import Answer
from domain.consensus.keypoints import points_similarity
from domain.consensus.lines import polyline_similarity
from domain.geometry.overlap import overlap_matrices
from domain.geometry.raster import AreaShape
from schema.geometry import Points, Polyline, Tag
from schema.objects import LabelObject

Matrix = NDArray[np.float64]
Objects = Sequence[LabelObject]
Pair = tuple[int, int]
Kind = TypeVar("Kind", Points, Polyline, Tag)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All pairs of objects of different answers; keys are (i, j) with i < j, matrices (n_i, n_j).

    `intersections_px` and `area_px` are of areas, 0 for everything else.
    """

    similarity: Mapping[Pair, Matrix]
    intersections_px: Mapping[Pair, Matrix]
    area_px: tuple[Matrix, ...]

    @property
    def answers(self) -> int:
        return len(self.area_px)

    def between(self, one: Pair, other: Pair) -> float:
        """Return the likeness of two objects, each (answer, object), of different answers."""
        (i, k), (j, m) = sorted((one, other))
        return float(self.similarity[i, j][k, m])

    def intersection(self, i: int, j: int) -> Matrix:
        """Return the (n_i, n_j) intersections in pixels, whichever of the answers comes first."""
        return self.intersections_px[i, j] if i < j else self.intersections_px[j, i].T


def compare(answers: Sequence[Answer], *, height: int, width: int) -> Comparison:
    """Compare every two answers to a picture of `height` x `width` px.

    The IoU of areas is that of their rasters; areas that cover no pixel are alike only when they are the same shape.
    Raises MaskSizeDiffers for a mask of another picture's size.
    """
    similarity: dict[Pair, Matrix] = {}
    intersections: dict[Pair, Matrix] = {}
    area_px: dict[int, Matrix] = {}
    for i, j in combinations(range(len(answers)), 2):
        one, other = answers[i].objects, answers[j].objects
        overlap = overlap_matrices([o.shape for o in one], [o.shape for o in other], height=height, width=width)
        intersections[i, j] = overlap.intersection_px.astype(np.float64)
        area_px[i], area_px[j] = overlap.area_a_px.astype(np.float64), overlap.area_b_px.astype(np.float64)
        similarity[i, j] = overlap.iou
        _add_specks(similarity[i, j], one, other, area_px[i], area_px[j])
        _add_points(similarity[i, j], one, other, diagonal_px=math.hypot(height, width))
        _add_polylines(similarity[i, j], one, other, diagonal_px=math.hypot(height, width))
        _add_tags(similarity[i, j], one, other)
    alone = np.zeros(len(answers[0].objects) if answers else 0)
    return Comparison(similarity, intersections, tuple(area_px.get(i, alone) for i in range(len(answers))))


def _add_specks(matrix: Matrix, one: Objects, other: Objects, area_one_px: Matrix, area_other_px: Matrix) -> None:
    """Make equal areas of no pixel alike: what two people kept of one thin pre-label is one thing."""
    rows, columns = (
        [k for k, o in enumerate(objects) if isinstance(o.shape, AreaShape) and area_px[k] == 0]
        for objects, area_px in ((one, area_one_px), (other, area_other_px))
    )
    for k in rows:
        for m in columns:
            matrix[k, m] = float(one[k].shape == other[m].shape)


def _add_points(matrix: Matrix, one: Objects, other: Objects, *, diagonal_px: float) -> None:
    rows, a = _of_kind(one, Points)
    columns, b = _of_kind(other, Points)
    if a and b:
        matrix[np.ix_(rows, columns)] = points_similarity(a, b, diagonal_px=diagonal_px)


def _add_polylines(matrix: Matrix, one: Objects, other: Objects, *, diagonal_px: float) -> None:
    rows, a = _of_kind(one, Polyline)
    columns, b = _of_kind(other, Polyline)
    if a and b:
        matrix[np.ix_(rows, columns)] = polyline_similarity(a, b, diagonal_px=diagonal_px)


def _add_tags(matrix: Matrix, one: Objects, other: Objects) -> None:
    """Tags have no place: they are alike (1) when they name the same class."""
    for k in _of_kind(one, Tag)[0]:
        for m in _of_kind(other, Tag)[0]:
            matrix[k, m] = float(one[k].class_id == other[m].class_id)


def _of_kind(objects: Objects, kind: type[Kind]) -> tuple[list[int], list[Kind]]:
    """Where the shapes of one kind stand, and the shapes."""
    found = [(k, o.shape) for k, o in enumerate(objects) if isinstance(o.shape, kind)]
    return [k for k, _ in found], [shape for _, shape in found]
