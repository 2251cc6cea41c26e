"""A map of classes → instances: each connected component of a class is one, but for the background and for specks."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from schema.models import ModelCard
from workers.models.adapters.masks import boxes_around
from workers.models.protocols import CroppedMask, Detections

# A component of fewer pixels is noise along the border of two others, not a thing that anyone would draw.
LEAST_AREA_PX = 32
_BACKGROUNDS = {"background", "__background__", "_background_", "void"}
# Pixels touch by their sides; what meets at a corner alone is two things.
_CONNECTIVITY = 4


@dataclass(frozen=True, slots=True)
class _Component:
    area_px: int
    score: float
    label: int
    mask: CroppedMask


def instances_of_class_map(
    classes: NDArray[np.integer], probabilities: NDArray[np.float32] | None, card: ModelCard
) -> Detections:
    """Return the components of a map (H, W) of class indices in px of the picture, best score first.

    A score is the mean over the component's pixels of `probabilities` (H, W), each that of the pixel's class; 1
    without them. Classes that the card does not name are left out, and so is class 0 where it is a background. Of
    more than `max_objects` components the largest stay.
    """
    named = [c.index for c in card.classes if c.index > 0 or c.name.lower() not in _BACKGROUNDS]
    numbered = _number(classes, named)
    found = [
        component
        for label, (number, place) in zip(named, enumerate(ndimage.find_objects(numbered, len(named)), 1), strict=True)
        if place is not None
        for component in _components(numbered[place] == number, place, label, probabilities)
    ]
    largest = sorted(found, key=lambda component: -component.area_px)[: card.max_objects]
    best = sorted(largest, key=lambda component: -component.score)
    masks = tuple(component.mask for component in best)
    return Detections(
        boxes=boxes_around(masks),
        scores=np.array([component.score for component in best], np.float64),
        labels=np.array([component.label for component in best], np.int64),
        masks=masks,
    )


def _number(classes: NDArray[np.integer], named: list[int]) -> NDArray[np.int32]:
    """Return for each pixel the place of its class among those named, from 1; 0 for all other classes."""
    most = max(named, default=0)
    numbers = np.zeros(most + 2, np.int32)  # the last is that of every class beyond
    numbers[named] = np.arange(1, len(named) + 1)
    return numbers.take(np.where((classes < 0) | (classes > most), most + 1, classes))


def _components(
    mask: NDArray[np.bool_], place: tuple[slice, ...], label: int, probabilities: NDArray[np.float32] | None
) -> Iterator[_Component]:
    """Yield the components of a class within the part of the picture that it covers."""
    _, numbered, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=_CONNECTIVITY)
    areas = stats[:, cv2.CC_STAT_AREA]
    areas[0] = 0  # what is not of the class
    for number in np.flatnonzero(areas >= LEAST_AREA_PX).tolist():
        left, top, width, height, area_px = stats[number].tolist()
        part = numbered[top : top + height, left : left + width] == number
        x, y = place[1].start + left, place[0].start + top
        score = 1.0
        if probabilities is not None:
            around = probabilities[y : y + height, x : x + width]
            score = min(float(around.sum(where=part, dtype=np.float64)) / area_px, 1.0)
        yield _Component(area_px, score, label, CroppedMask(x, y, part))
