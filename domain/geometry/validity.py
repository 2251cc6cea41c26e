"""Whether objects can stand as an answer about a picture: shapes, classes, attributes. Collects every fault."""

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from domain.geometry.errors import InvalidObjects, Problem
from schema.geometry import Mask, Polygon, RotatedBox, Tag, iter_points
from schema.objects import AttributeValue, LabelObject
from schema.projects import AttributeSpec, ClassSpec, Ontology

OUTSIDE_TOLERANCE_PX = 1.0

_KIND_IN_WORDS = {
    "boolean": "true or false",
    "number": "a finite number",
    "text": "a text",
    "choice": "one of its choices",
}


def check_objects(
    objects: Sequence[LabelObject],
    *,
    height: int,
    width: int,
    ontology: Ontology,
    known: Collection[UUID] = frozenset(),
) -> None:
    """Raise InvalidObjects with every fault: bad polygons, places outside the picture, classes, attributes.

    Points may lie up to 1 px outside; of a rotated box only the centre counts, since its corners may well stick out.
    A retired class is a fault of new objects only; `known` are the ids of those that were there before.
    """
    classes = {spec.class_id: spec for spec in ontology.classes}
    problems = [
        *_find_outside(objects, height=height, width=width),
        *_find_crossed_polygons(objects),
        *_find_wrong_masks(objects, height=height, width=width),
        *(problem for i, item in enumerate(objects) for problem in _find_wrong_facts(i, item, classes)),
        *_find_retired(objects, classes, known),
    ]
    if problems:
        raise InvalidObjects(problems)


def are_valid_parts(
    parts: Sequence[Sequence[Sequence[tuple[float, float]] | NDArray[Any]]],
) -> bool:
    """Return whether parts, each an exterior and its holes, neither cross themselves nor one another."""
    return bool(parts) and bool(shapely.is_valid(_multipolygons([parts])[0]))


def find_invalid(polygons: Sequence[Sequence[Sequence[NDArray[Any]]]]) -> list[int]:
    """Return the indices of the polygons, each one or more parts, that `are_valid_parts` refuses."""
    if not polygons:
        return []
    invalid: list[int] = np.flatnonzero(~shapely.is_valid(_multipolygons(polygons))).tolist()
    return invalid


def _multipolygons(polygons: Sequence[Sequence[Sequence[Any]]]) -> NDArray[Any]:
    """Build all polygons in one go, (len(polygons),): one call a level costs far less than one a ring."""
    ring_of_point: list[int] = []
    part_of_ring: list[int] = []
    polygon_of_part: list[int] = []
    rings: list[Any] = []
    for polygon_index, parts in enumerate(polygons):
        for part in parts:
            part_of_ring += [len(polygon_of_part)] * len(part)
            polygon_of_part.append(polygon_index)
            rings += part
    for ring_index, ring in enumerate(rings):
        ring_of_point += [ring_index] * len(ring)
    linear: Any = shapely.linearrings(np.concatenate(rings).astype(np.float64), indices=np.array(ring_of_point))
    pieces: Any = shapely.polygons(linear, indices=np.array(part_of_ring))
    return np.asarray(shapely.multipolygons(pieces, indices=np.array(polygon_of_part)))


def _find_crossed_polygons(objects: Sequence[LabelObject]) -> Iterator[Problem]:
    found = [(i, item.shape.parts) for i, item in enumerate(objects) if isinstance(item.shape, Polygon)]
    if not found:
        return
    polygons = _multipolygons([parts for _, parts in found])
    for place in np.flatnonzero(~shapely.is_valid(polygons)):
        reason = shapely.is_valid_reason(polygons[place])
        yield Problem(
            f"objects[{found[place][0]}].shape.parts",
            f"the outline is not valid: {_in_words(reason)}",
            "draw it so that its lines do not cross and holes lie inside",
        )


def _in_words(reason: str) -> str:
    """Turn GEOS's `Self-intersection[10.5 20]` into `self-intersection at (10.5, 20)`."""
    what, _, where = reason.rstrip("]").partition("[")
    return f"{what.lower()} at ({where.replace(' ', ', ')})" if where else what.lower()


def _find_outside(objects: Sequence[LabelObject], *, height: int, width: int) -> Iterator[Problem]:
    for i, item in enumerate(objects):
        shape = item.shape
        if isinstance(shape, Tag | Mask):
            continue
        points = [(shape.cx, shape.cy)] if isinstance(shape, RotatedBox) else list(iter_points(shape))
        xs, ys = zip(*points, strict=True)
        if (
            min(xs) < -OUTSIDE_TOLERANCE_PX
            or min(ys) < -OUTSIDE_TOLERANCE_PX
            or max(xs) > width + OUTSIDE_TOLERANCE_PX
            or max(ys) > height + OUTSIDE_TOLERANCE_PX
        ):
            yield Problem(
                f"objects[{i}].shape",
                f"it reaches outside the picture of {width} x {height} px",
                "move its points into the picture",
            )


def _find_wrong_masks(objects: Sequence[LabelObject], *, height: int, width: int) -> Iterator[Problem]:
    for i, item in enumerate(objects):
        if isinstance(item.shape, Mask) and item.shape.size != (height, width):
            mask_height, mask_width = item.shape.size
            yield Problem(
                f"objects[{i}].shape.size",
                f"the mask is {mask_width} x {mask_height} px, the picture {width} x {height} px",
                "make the mask in the picture's own size",
            )


def _find_retired(
    objects: Sequence[LabelObject], classes: dict[int, ClassSpec], known: Collection[UUID]
) -> Iterator[Problem]:
    for i, item in enumerate(objects):
        spec = classes.get(item.class_id)
        if spec is not None and spec.retired and item.id not in known:
            yield Problem(f"objects[{i}].class_id", f"class {spec.name!r} is retired", "choose another class")


def _find_wrong_facts(i: int, item: LabelObject, classes: dict[int, ClassSpec]) -> Iterator[Problem]:
    spec = classes.get(item.class_id)
    if spec is None:
        yield Problem(
            f"objects[{i}].class_id",
            f"class {item.class_id} is not in the ontology",
            "choose one of the project's classes",
        )
        return
    known = {attribute.key: attribute for attribute in spec.attributes}
    for key, value in item.attributes.items():
        path = f"objects[{i}].attributes.{key}"
        if key not in known:
            yield Problem(path, f"class {spec.name!r} has no attribute {key!r}", "leave it out")
        elif not _fits(value, known[key]):
            yield Problem(
                path,
                f"{value!r} is not {_KIND_IN_WORDS[known[key].kind]}",
                _remedy(known[key]),
            )
    for attribute in spec.attributes:
        if attribute.required and attribute.key not in item.attributes:
            yield Problem(
                f"objects[{i}].attributes.{attribute.key}",
                "a required attribute is missing",
                _remedy(attribute),
            )


def _fits(value: AttributeValue, spec: AttributeSpec) -> bool:
    if spec.kind == "boolean":
        return isinstance(value, bool)
    if spec.kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, str) and (spec.kind == "text" or value in spec.choices)


def _remedy(spec: AttributeSpec) -> str:
    if spec.kind == "choice":
        return f"choose one of: {', '.join(spec.choices)}"
    return f"give {_KIND_IN_WORDS[spec.kind]}"
