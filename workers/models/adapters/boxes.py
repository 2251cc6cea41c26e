"""Boxes as arrays (N, 4) of x0, y0, x1, y1 px: other codings of them, overlap, suppression, the way to the picture."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workers.models.protocols import Frame

Boxes = NDArray[np.float64]
_BLOCK = 64


def from_centres(boxes: ArrayLike) -> Boxes:
    """(N, 4) centre x, centre y, width, height → corners, float64."""
    x, y, width, height = np.asarray(boxes, np.float64).reshape(-1, 4).T
    return np.stack((x - width / 2, y - height / 2, x + width / 2, y + height / 2), axis=1)


def to_picture(boxes: Boxes, frame: Frame) -> Boxes:
    """Bring boxes in px of the input to px of the original picture, beyond which they may reach."""
    shift, scale = np.array([frame.left, frame.top] * 2), np.array([frame.scale_x, frame.scale_y] * 2)
    placed: Boxes = (boxes - shift) / scale
    return placed


def cut_off(boxes: Boxes, frame: Frame) -> Boxes:
    """Cut off what of boxes lies outside of the picture."""
    return np.clip(boxes, 0.0, np.array([frame.width, frame.height] * 2, np.float64))


def are_seen(boxes: Boxes, frame: Frame) -> NDArray[np.bool_]:
    """Return (N,) whether something of each box, finite, lies in the picture: of one in the padding nothing does."""
    seen: NDArray[np.bool_] = (_areas(cut_off(boxes, frame)) > 0) & np.isfinite(boxes).all(axis=1)
    return seen


def iou(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Return (N, M) intersection over union of boxes (N, 4) with others (M, 4); 0 where both have no area."""
    left_top = np.maximum(boxes[:, None, :2], others[:, :2])
    shared = _areas(np.concatenate((left_top, np.minimum(boxes[:, None, 2:], others[:, 2:])), axis=-1))
    union = _areas(boxes)[:, None] + _areas(others) - shared
    result: NDArray[np.float64] = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return result


def _areas(boxes: Boxes) -> NDArray[np.float64]:
    areas: NDArray[np.float64] = np.maximum(boxes[..., 2] - boxes[..., 0], 0.0)
    areas *= np.maximum(boxes[..., 3] - boxes[..., 1], 0.0)
    return areas


def suppress(
    boxes: Boxes, scores: NDArray[np.float64], labels: NDArray[np.int64], *, most_iou: float, most: int
) -> NDArray[np.intp]:
    """Return the indices of those kept, best score first and at most `most`: greedy suppression within each class.

    A box goes when its IoU with a better one of its class that was kept is beyond `most_iou`; of equal scores the
    first counts as better. Source: Felzenszwalb et al. 2010, "Object detection with discriminatively trained
    part-based models", DOI 10.1109/TPAMI.2009.167, section 4. It is done a block at a time, best first, so that of
    thousands of boxes only those are compared that come before the last one kept.
    """
    order = np.argsort(-scores, kind="stable")
    kept = np.empty(0, np.intp)
    for start in range(0, len(order), _BLOCK):
        block = order[start : start + _BLOCK]
        block = block[~_covers(boxes, labels, kept, block, most_iou).any(axis=0)]
        covers = _covers(boxes, labels, block, block, most_iou)
        is_kept = np.ones(len(block), np.bool_)
        for i in range(len(block)):
            if is_kept[i]:
                is_kept[i + 1 :] &= ~covers[i, i + 1 :]
        kept = np.concatenate((kept, block[is_kept]))
        if len(kept) >= most:
            break
    return kept[:most]


def _covers(
    boxes: Boxes, labels: NDArray[np.int64], some: NDArray[np.intp], others: NDArray[np.intp], most_iou: float
) -> NDArray[np.bool_]:
    """Return (N, M) whether each of some boxes is of the class of each of the others and overlaps it too much."""
    is_same: NDArray[np.bool_] = labels[some][:, None] == labels[others]
    return (iou(boxes[some], boxes[others]) > most_iou) & is_same
