"""Shapes in image pixels: float, origin at the top-left corner of the top-left pixel, x right, y down.

Canonical form: coordinates rounded to 1/100 px, rings open (first point not repeated), keys in declared order.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

MAX_VERTICES = 20_000
MAX_PARTS = 500
_LIMIT_PX = 1_000_000.0


def _canonical_coordinate(value: float) -> float:
    if not math.isfinite(value) or abs(value) > _LIMIT_PX:
        raise ValueError(f"coordinate must be a finite number of pixels within ±{_LIMIT_PX:.0f}")
    return round(value, 2) + 0.0  # + 0.0 turns -0.0 into 0.0


def _canonical_length(value: float) -> float:
    length = _canonical_coordinate(value)
    if length <= 0:
        raise ValueError("a length must be 0.01 px at least")
    return length


Coordinate = Annotated[float, AfterValidator(_canonical_coordinate)]
Length = Annotated[float, Field(gt=0), AfterValidator(_canonical_length)]
Point = tuple[Coordinate, Coordinate]


def _ring_area_px(ring: "Ring") -> float:
    """Signed shoelace area."""
    following = (*ring[1:], ring[0])
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, following, strict=True)) / 2


def _canonical_ring(ring: tuple[Point, ...]) -> tuple[Point, ...]:
    points = [p for i, p in enumerate(ring) if i == 0 or p != ring[i - 1]]
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if len(set(points)) < 3:
        raise ValueError("a ring needs at least 3 different points")
    if _ring_area_px(tuple(points)) == 0:
        raise ValueError("a ring must enclose an area; all its points lie on one line")
    return tuple(points)


Ring = Annotated[tuple[Point, ...], Field(max_length=MAX_VERTICES), AfterValidator(_canonical_ring)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Box(_Shape):
    """An upright box; x0 < x1 and y0 < y1."""

    type: Literal["box"] = "box"
    x0: Coordinate
    y0: Coordinate
    x1: Coordinate
    y1: Coordinate

    @model_validator(mode="after")
    def _has_area(self) -> "Box":
        if self.x0 >= self.x1 or self.y0 >= self.y1:
            raise ValueError("a box needs x0 < x1 and y0 < y1")
        return self


class RotatedBox(_Shape):
    """A box turned about its centre by `angle_deg`, clockwise on screen, in [0, 180)."""

    type: Literal["rotated_box"] = "rotated_box"
    cx: Coordinate
    cy: Coordinate
    width: Length
    height: Length
    angle_deg: Annotated[float, Field(ge=0, lt=180)]


class Polygon(_Shape):
    """One or more parts; each part is an exterior ring followed by its holes. Filled by the even-odd rule."""

    type: Literal["polygon"] = "polygon"
    parts: Annotated[
        tuple[Annotated[tuple[Ring, ...], Field(min_length=1)], ...], Field(min_length=1, max_length=MAX_PARTS)
    ]

    @property
    def has_holes(self) -> bool:
        return any(len(part) > 1 for part in self.parts)


class Mask(_Shape):
    """A raster as COCO's compressed run lengths: column-major, `size` = (height, width)."""

    type: Literal["mask"] = "mask"
    size: tuple[Annotated[int, Field(ge=1, le=65_535)], Annotated[int, Field(ge=1, le=65_535)]]
    counts: Annotated[str, Field(min_length=1, max_length=2_000_000, pattern=r"^[0-o]+$")]

    @model_validator(mode="after")
    def _runs_fill_the_raster(self) -> "Mask":
        if sum(decode_runs(self.counts)) != self.size[0] * self.size[1]:
            raise ValueError("the run lengths of a mask must add up to height x width")
        return self


class Points(_Shape):
    """Named or unnamed points in order; `visibility` is COCO's 0 absent, 1 hidden, 2 visible."""

    type: Literal["points"] = "points"
    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=MAX_VERTICES)]
    visibility: tuple[Literal[0, 1, 2], ...] | None = None

    @model_validator(mode="after")
    def _one_visibility_each(self) -> "Points":
        if self.visibility is not None and len(self.visibility) != len(self.points):
            raise ValueError("visibility needs one entry per point")
        return self


class Polyline(_Shape):
    """An open line of two or more points."""

    type: Literal["polyline"] = "polyline"
    points: Annotated[tuple[Point, ...], Field(min_length=2, max_length=MAX_VERTICES)]


class Tag(_Shape):
    """A class given to the whole image."""

    type: Literal["tag"] = "tag"


Shape = Annotated[Box | RotatedBox | Polygon | Mask | Points | Polyline | Tag, Field(discriminator="type")]
SHAPE: TypeAdapter[Box | RotatedBox | Polygon | Mask | Points | Polyline | Tag] = TypeAdapter(Shape)


def decode_runs(counts: str) -> list[int]:
    """Decode COCO's compressed counts (6-bit groups, 5 payload bits, delta to the run two before) to run lengths.

    Raises ValueError when the text ends inside a number or a run is negative.
    """
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        group = ord(character) - 48
        value |= (group & 0x1F) << shift
        shift += 5
        if group & 0x20:
            continue
        if group & 0x10:
            value -= 1 << shift
        if len(runs) > 2:
            value += runs[-2]
        if value < 0:
            raise ValueError("a run length of a mask is negative")
        runs.append(value)
        value = shift = 0
    if shift:
        raise ValueError("the run lengths of a mask end inside a number")
    return runs


def iter_points(shape: Box | RotatedBox | Polygon | Mask | Points | Polyline | Tag) -> Iterator[tuple[float, float]]:
    """Yield the points that span a shape; a mask and a tag have none."""
    if isinstance(shape, Box):
        yield from ((shape.x0, shape.y0), (shape.x1, shape.y1))
    elif isinstance(shape, RotatedBox):
        yield from rotated_box_corners(shape)
    elif isinstance(shape, Polygon):
        for part in shape.parts:
            for ring in part:
                yield from ring
    elif isinstance(shape, Points | Polyline):
        yield from shape.points


def rotated_box_corners(box: RotatedBox) -> list[tuple[float, float]]:
    """Return the four corners, clockwise on screen from the one at (-width/2, -height/2)."""
    cos, sin = math.cos(math.radians(box.angle_deg)), math.sin(math.radians(box.angle_deg))
    half = ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
    return [
        (box.cx + u * box.width * cos - v * box.height * sin, box.cy + u * box.width * sin + v * box.height * cos)
        for u, v in half
    ]


def bounds(points: Iterable[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Return (x0, y0, x1, y1) of at least one point."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
