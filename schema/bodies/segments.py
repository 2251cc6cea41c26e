"""The interactive segmenter: points in, a mask out."""

from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body
from schema.geometry import Mask, Point, Polygon

_CLICKS = Field(max_length=50)


class SegmentRequestBody(Body):
    """The left-, top-, right- and bottommost points of a thing in any order (px), then corrective clicks."""

    points: Annotated[
        tuple[Point, Point, Point, Point], Field(examples=[[[10.0, 40.0], [32.5, 12.0], [64.0, 44.0], [30.0, 80.0]]])
    ]
    positive: Annotated[tuple[Point, ...], _CLICKS, Field(description="surely inside")] = ()
    negative: Annotated[tuple[Point, ...], _CLICKS, Field(description="surely outside")] = ()


class SegmentBody(Body):
    """The thing as a raster and as an editable polygon, and how long the worker took."""

    mask: Mask
    polygon: Polygon
    took_ms: Annotated[float, Field(ge=0)]
