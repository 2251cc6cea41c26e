"""Boxes as arrays (N, 4) of x0, y0, x1, y1 px: other codings of them, overlap, suppression, the way to the picture."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workers.models.protocols import Frame

Boxes = NDArray[np.float64]


def from_centres(boxes: ArrayLike) -> Boxes:
    """(N, 4) centre x, centre y, width, height → corners, float64."""
    x, y, width, height = np.asarray(boxes, np.float64).reshape(-1, 4).T
    return np.stack((x - width / 2, y - height / 2, x + width / 2, y + height / 2), axis=1)


def to_picture(boxes: Boxes, frame: Frame) -> Boxes:
    """Bring boxes in px of the input to px of the original picture, beyond which they may reach."""
    return (boxes - [frame.left, frame.top] * 2) / ([frame.scale_x, frame.scale_y] * 2)


def cut_off(boxes: Boxes, frame: Frame) -> Boxes:
    """Cut off what of boxes lies outside of the picture; of one that lies outside entirely no area is left."""
    return np.clip(boxes, 0.0, [frame.width, frame.height] * 2)


def iou(box: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Return intersection over union of one box (4,) with others (N, 4); 0 where both are empty."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.maximum(sides, 0.0).prod(axis=1)
    union = _areas(box[None])[0] + _areas(others) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _areas(boxes: Boxes) -> NDArray[np.float64]:
    return np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0).prod(axis=1)


def suppress(
    boxes: Boxes, scores: NDArray[np.float64], labels: NDArray[np.int64], *, most_iou: float, most: int
) -> NDArray[np.intp]:
    """Return the indices of those kept, best score first and at most `most`: greedy suppression within each class.

    A box goes when its IoU with a better one of its class that was kept is beyond `most_iou`; of equal scores the
    first counts as better. Source: Felzenszwalb et al. 2010, "Object detection with discriminatively trained
    part-based models", DOI 10.1109/TPAMI.2009.167, section 4.
    """
    waiting = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(waiting) and len(kept) < most:
        best, waiting = waiting[0], waiting[1:]
        kept.append(int(best))
        is_same = (labels[waiting] == labels[best]) & (iou(boxes[best], boxes[waiting]) > most_iou)
        waiting = waiting[~is_same]
    return np.array(kept, np.intp)
