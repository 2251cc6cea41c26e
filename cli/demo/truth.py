"""The truth of the demonstration's pictures, drawn by hand over them; loads `truth.json` and changes nothing.

Photographs carry outlines; coins and the cell are ellipses (the bounds are marked). A crop's truth is that of its
source moved: the objects whose middle lies in the crop. No cut runs through an object, so nothing is clipped.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from cli.demo.pictures import CROPS, Crop
from schema.geometry import Polygon, bounds, iter_points

_ELLIPSE_VERTICES = 36

Point = tuple[float, float]
ExtremePoints = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class TruthObject:
    """One object; its extreme points are left-most, top-most, right-most and bottom-most, in px."""

    picture: str
    name: str
    class_id: int
    extreme_points: ExtremePoints
    polygon: Polygon

    @property
    def key(self) -> str:
        """Name the object among all pictures."""
        return f"{self.picture}/{self.name}"


@dataclass(frozen=True, slots=True)
class TruthPicture:
    """A picture's size in px and everything on it that the ontology asks for."""

    picture: str
    height: int
    width: int
    objects: tuple[TruthObject, ...]


@cache
def photograph_truth() -> Mapping[str, TruthPicture]:
    """Return the truth of every photograph by its file name."""
    return MappingProxyType({found.picture: found for found in map(_photograph, _read()["photographs"])})


@cache
def coins_and_cells_truth() -> Mapping[str, TruthPicture]:
    """Return the truth of every picture on a plain background, crops included, by its file name."""
    whole = {found.picture: found for found in map(_plain_picture, _read()["plain"])}
    return MappingProxyType(whole | {crop.name: _cut(whole[crop.source], crop) for crop in CROPS})


@cache
def _read() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files("cli.demo").joinpath("truth.json").read_text("utf-8"))
    return document


def _photograph(record: dict[str, Any]) -> TruthPicture:
    objects = tuple(
        TruthObject(
            picture=record["picture"],
            name=item["name"],
            class_id=item["class_id"],
            extreme_points=_four([(float(x), float(y)) for x, y in item["extreme_points"]]),
            polygon=Polygon.model_validate({"parts": [[item["outline"]]]}),
        )
        for item in record["objects"]
    )
    return TruthPicture(record["picture"], record["height"], record["width"], objects)


def _plain_picture(record: dict[str, Any]) -> TruthPicture:
    objects = tuple(
        _ellipse(record["picture"], item["name"], item["class_id"], item["bounds"]) for item in record["ellipses"]
    )
    return TruthPicture(record["picture"], record["height"], record["width"], objects)


def _ellipse(picture: str, name: str, class_id: int, sides: list[float]) -> TruthObject:
    x0, y0, x1, y1 = sides
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    turns = [2 * math.pi * k / _ELLIPSE_VERTICES for k in range(_ELLIPSE_VERTICES)]
    ring = [(cx + (x1 - x0) / 2 * math.cos(t), cy + (y1 - y0) / 2 * math.sin(t)) for t in turns]
    return TruthObject(
        picture, name, class_id, ((x0, cy), (cx, y0), (x1, cy), (cx, y1)), Polygon.model_validate({"parts": [[ring]]})
    )


def _cut(whole: TruthPicture, crop: Crop) -> TruthPicture:
    inside = [item for item in whole.objects if _has_middle_in(item, crop)]
    moved = tuple(_move(item, crop) for item in inside)
    return TruthPicture(crop.name, crop.y1 - crop.y0, crop.x1 - crop.x0, moved)


def _has_middle_in(item: TruthObject, crop: Crop) -> bool:
    x0, y0, x1, y1 = bounds(iter_points(item.polygon))
    return crop.x0 <= (x0 + x1) / 2 < crop.x1 and crop.y0 <= (y0 + y1) / 2 < crop.y1


def _move(item: TruthObject, crop: Crop) -> TruthObject:
    parts = [[[(x - crop.x0, y - crop.y0) for x, y in ring] for ring in part] for part in item.polygon.parts]
    points = [(x - crop.x0, y - crop.y0) for x, y in item.extreme_points]
    return TruthObject(crop.name, item.name, item.class_id, _four(points), Polygon.model_validate({"parts": parts}))


def _four(points: list[Point]) -> ExtremePoints:
    left, top, right, bottom = points
    return left, top, right, bottom
