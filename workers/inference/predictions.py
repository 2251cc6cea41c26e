"""From what a model says in arrays to the objects that are stored: polygons, boxes, points, in the model's classes."""

import numpy as np
from numpy.typing import NDArray

from domain.geometry.label_map import polygons_from_label_map
from domain.geometry.simplify import polygon_from_mask
from schema.enums import Origin
from schema.geometry import Box, Points, Polygon
from schema.ids import new_object_id
from schema.models import ModelCard, ModelTask
from schema.objects import MAX_OBJECTS, LabelObject
from workers.models.protocols import CroppedMask, Detections

TARGET_IOU = 0.98
MIN_PART_PX = 9
_SMALLEST_PX = 0.5
# A key point is taken as seen from this score on, as hidden below.
_SEEN = 0.5
_MOST_CLASS_ID = 32_767


def objects_of(found: Detections, card: ModelCard, *, height: int, width: int) -> tuple[LabelObject, ...]:
    """Return the objects of a picture of (height, width) px, best score first, at most as many as card and schema let.

    `class_id` is the model's index + 1. What lies outside the picture is cut off, what has no area left is left out,
    and so is a class that the card does not name or a number that is none. Regions of a class map share the borders
    that they have in common.
    """
    known = {model_class.index for model_class in card.classes if model_class.index < _MOST_CLASS_ID}
    regions = _regions(found, height, width) if card.task is ModelTask.SEMANTIC else None
    objects: list[LabelObject] = []
    for i in np.argsort(-np.nan_to_num(found.scores), kind="stable").tolist():
        if len(objects) >= min(card.max_objects, MAX_OBJECTS):
            break
        score, label = float(found.scores[i]), int(found.labels[i])
        if not 0 <= score <= 1 or label not in known:
            continue
        shape = _shape(found, i, card, height, width) if regions is None else regions.get(i + 1)
        if shape is not None:
            objects.append(
                LabelObject(
                    id=new_object_id(), class_id=label + 1, shape=shape, origin=Origin.MODEL, score=round(score, 4)
                )
            )
    return tuple(objects)


def _regions(found: Detections, height: int, width: int) -> dict[int, Polygon]:
    """Return the polygons of a class map's components, which do not overlap, by their number from 1."""
    regions = np.zeros((height, width), np.int32)
    for number, mask in enumerate(found.masks or (), 1):
        inside = regions[mask.y : mask.y + mask.mask.shape[0], mask.x : mask.x + mask.mask.shape[1]]
        inside[mask.mask[: inside.shape[0], : inside.shape[1]]] = number
    return polygons_from_label_map(regions, target_iou=TARGET_IOU, min_part_px=MIN_PART_PX)


def _shape(found: Detections, i: int, card: ModelCard, height: int, width: int) -> Box | Polygon | Points | None:
    if card.task is ModelTask.KEYPOINTS and found.keypoints is not None:
        return _points(found.keypoints[i], height, width)
    if found.masks is not None:
        return _polygon(found.masks[i], height, width)
    return _box(found.boxes[i], height, width)


def _box(box: NDArray[np.float64], height: int, width: int) -> Box | None:
    if not np.isfinite(box).all():
        return None
    x0, y0, x1, y1 = np.clip(box, 0, [width, height, width, height]).round(2).tolist()
    if x1 - x0 < _SMALLEST_PX or y1 - y0 < _SMALLEST_PX:
        return None
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def _polygon(mask: CroppedMask, height: int, width: int) -> Polygon | None:
    inside = mask.mask[: max(0, height - mask.y), : max(0, width - mask.x)]
    polygon = polygon_from_mask(inside, target_iou=TARGET_IOU, min_part_px=MIN_PART_PX)
    if polygon is None:
        return None
    parts = [[[(x + mask.x, y + mask.y) for x, y in ring] for ring in part] for part in polygon.parts]
    return Polygon.model_validate({"parts": parts})


def _points(points: NDArray[np.float64], height: int, width: int) -> Points | None:
    if not np.isfinite(points).all():
        return None
    places = np.clip(points[:, :2], 0, [width, height])
    seen = tuple(2 if score >= _SEEN else 1 for score in points[:, 2].tolist())
    return Points(points=tuple((x, y) for x, y in places.tolist()), visibility=seen)
