"""What every file of labels comes down to, and how its numbers become shapes of our pictures. Pure."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from pydantic import ValidationError

from domain.errors import DomainError
from domain.geometry import coco_runs
from domain.geometry.rle import runs_of
from domain.geometry.validity import are_valid_parts
from schema.geometry import Box, Mask, Polygon

AnyArea = Box | Polygon | Mask
Made = TypeVar("Made")
# What lies further outside than a rounding is cut off at the edge; what lies outside altogether is refused.
SMALLEST_PX = 0.01


class LabelRefused(Exception):
    """A label that cannot stand; the message is for the person who imports it."""


class ImportRefused(DomainError):
    """A file that cannot be read at all; the message says why."""

    code: ClassVar[str] = "import_refused"


@dataclass(frozen=True, slots=True)
class RawLabel:
    """One label of a file: the name of its class, where it stands, and how it becomes a shape of a (width, height)."""

    category: str
    where: str
    shape: Callable[[int, int], AnyArea]
    score: float | None = None


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """An image as a file names it, without its extension where the format leaves that open; sizes where it says so."""

    name: str
    has_extension: bool
    width: int | None
    height: int | None
    labels: Sequence[RawLabel]


class LabelFile(Protocol):
    """A file that was read: its images can be met again from any of them on; `stray` labels belong to none."""

    stray: int

    def iter_from(self, start: int) -> Iterator[LabelledImage]:
        """Yield the images from this number on, in an order that never changes."""


def finite(values: Any, *, of: str) -> list[float]:
    """Return numbers as floats; raises LabelRefused for anything else, NaN and infinities too."""
    if not isinstance(values, list | tuple):
        raise LabelRefused(f"{of} is not a list of numbers")
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) != len(values) or not all(abs(v) < 1e12 and math.isfinite(v) for v in numbers):
        raise LabelRefused(f"{of} holds something that is not a finite number")
    return [float(v) for v in numbers]


def box(x0: float, y0: float, x1: float, y1: float, *, width: int, height: int) -> Box:
    """Return a box cut off at the edges of the picture; raises LabelRefused when nothing of it is left."""
    left, right = max(min(x0, x1), 0.0), min(max(x0, x1), float(width))
    top, bottom = max(min(y0, y1), 0.0), min(max(y0, y1), float(height))
    if right - left < SMALLEST_PX or bottom - top < SMALLEST_PX:
        raise LabelRefused("the box has no area inside the picture")
    return _checked(lambda: Box(x0=left, y0=top, x1=right, y1=bottom))


def polygon(rings: Sequence[Sequence[float]], *, width: int, height: int) -> Polygon | Mask:
    """Return outlines (x, y, x, y, …), one a part, cut off at the edges of the picture.

    Outlines that cross themselves or one another are kept exactly as pixels: a mask of what each fills, together.
    """
    parts = [[_ring(ring, width=width, height=height)] for ring in rings]
    shape = _checked(lambda: Polygon.model_validate({"parts": parts}))
    if are_valid_parts(shape.parts):
        return shape
    runs = [runs_of(Polygon(parts=(part,)), height=height, width=width) for part in shape.parts]
    return mask(coco_runs.merge(runs)["counts"].decode("ascii"), width=width, height=height)


def mask(counts: str, *, width: int, height: int) -> Mask:
    """Return compressed run lengths as a mask; raises LabelRefused when they are none, or hold no pixel."""
    made = _checked(lambda: Mask(size=(height, width), counts=counts))
    if not coco_runs.areas_px([{"size": [height, width], "counts": made.counts.encode("ascii")}])[0]:
        raise LabelRefused("the mask has no pixel")
    return made


def _ring(numbers: Sequence[float], *, width: int, height: int) -> list[tuple[float, float]]:
    if len(numbers) < 6 or len(numbers) % 2:
        raise LabelRefused("an outline needs at least 3 points of two numbers each")
    xs, ys = numbers[::2], numbers[1::2]
    if max(xs) < 0 or min(xs) > width or max(ys) < 0 or min(ys) > height:
        raise LabelRefused("an outline lies outside the picture")
    return [(min(max(x, 0.0), width), min(max(y, 0.0), height)) for x, y in zip(xs, ys, strict=True)]


def _checked(make: Callable[[], Made]) -> Made:
    try:
        return make()
    except ValidationError as error:
        raise LabelRefused(str(error.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")) from error
