"""YOLO networks: a row or a column for each cell, with its box, its scores by class and what else it says.

Layouts: Ultralytics' export formats. Masks from prototypes: Bolya et al. 2019, "YOLACT", arXiv:1904.02689.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schema.models import ModelCard
from workers.models.adapters.boxes import Boxes, are_seen, cut_off, from_centres, suppress, to_picture
from workers.models.adapters.logits import to_logit
from workers.models.adapters.masks import Grid, mask_within, pixels_within
from workers.models.adapters.onnx_network import OnnxNetwork, OnnxPreLabeler, Outputs
from workers.models.failures import ModelFailed
from workers.models.protocols import CroppedMask, Detections, Frame


@dataclass(frozen=True, slots=True)
class _Candidates:
    """N boxes in px, and what else their cells say: `rest` (N, E), mask coefficients or key points."""

    boxes: Boxes
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    rest: NDArray[np.float64]

    def take(self, indices: NDArray[np.intp]) -> "_Candidates":
        return _Candidates(self.boxes[indices], self.scores[indices], self.labels[indices], self.rest[indices])


_Find = Callable[[NDArray[Any], ModelCard], _Candidates]


def _find_v5(rows: NDArray[Any], card: ModelCard) -> _Candidates:
    """(N, 5 + C + E): centre, size, whether anything is there, of which class, the rest; a score is their product."""
    floor, end = card.thresholds.floor, 5 + len(card.classes)
    likely = rows[rows[:, 4] >= floor].astype(np.float64)  # a score is no greater than this
    scores = likely[:, 4] * likely[:, 5:end].max(axis=1)
    return _candidates(from_centres(likely[:, :4]), scores, likely[:, 5:end].argmax(axis=1), likely[:, end:], floor)


def _find_v8(columns: NDArray[Any], card: ModelCard) -> _Candidates:
    """(4 + C + E, N): centre, size, scores by class, the rest."""
    floor, end = card.thresholds.floor, 4 + len(card.classes)
    likely = columns[:, columns[4:end].max(axis=0) >= floor].T.astype(np.float64)
    by_class = likely[:, 4:end]
    return _candidates(
        from_centres(likely[:, :4]), by_class.max(axis=1), by_class.argmax(axis=1), likely[:, end:], floor
    )


def _find_end2end(rows: NDArray[Any], card: ModelCard) -> _Candidates:
    """(N, 6): corners, score, class."""
    likely = rows[rows[:, 4] >= card.thresholds.floor].astype(np.float64)
    return _candidates(likely[:, :4], likely[:, 4], likely[:, 5], likely[:, 6:], card.thresholds.floor)


def _candidates(
    boxes: Boxes, scores: NDArray[np.float64], labels: NDArray[Any], rest: NDArray[np.float64], floor: float
) -> _Candidates:
    found = _Candidates(boxes, np.minimum(scores, 1.0), labels.astype(np.int64), rest)
    return found.take(np.flatnonzero(scores >= floor))


@dataclass(frozen=True, slots=True)
class _Decoder:
    """How an output's first array is read. `head`: how many numbers of a cell are neither class nor `rest`."""

    find: _Find
    head: int
    is_by_column: bool = False
    has_masks: bool = False
    has_keypoints: bool = False
    is_suppressed: bool = False


DECODERS = {
    "v5": _Decoder(_find_v5, 5),
    "v5-segment": _Decoder(_find_v5, 5, has_masks=True),
    "v8": _Decoder(_find_v8, 4, is_by_column=True),
    "v8-segment": _Decoder(_find_v8, 4, is_by_column=True, has_masks=True),
    "v8-pose": _Decoder(_find_v8, 4, is_by_column=True, has_keypoints=True),
    "end2end": _Decoder(_find_end2end, 6, is_suppressed=True),
}


def load(folder: Path, card: ModelCard, *, device: str, threads: int | None) -> OnnxPreLabeler:
    """Load a YOLO network. Raises ModelFailed, MemoryError."""
    if card.decoder not in DECODERS:
        raise ModelFailed(f"`decoder` is {card.decoder!r}; of YOLO {', '.join(DECODERS)} are read")
    network = OnnxNetwork(folder, card.input, device=device, threads=threads)
    return OnnxPreLabeler(network, partial(_read, card=card, decoder=DECODERS[card.decoder]))


def _read(outputs: Outputs, frame: Frame, *, card: ModelCard, decoder: _Decoder) -> Detections:
    cells, prototypes = _arrays(outputs, card, decoder)
    found = decoder.find(cells, card)
    found = replace(found, boxes=to_picture(found.boxes, frame))
    found = found.take(np.flatnonzero(are_seen(found.boxes, frame)))
    if decoder.is_suppressed:
        best = np.argsort(-found.scores, kind="stable")[: card.max_objects]
    else:
        best = suppress(found.boxes, found.scores, found.labels, most_iou=card.thresholds.iou, most=card.max_objects)
    found = found.take(best)
    boxes = cut_off(found.boxes, frame)
    return Detections(
        boxes=boxes,
        scores=found.scores,
        labels=found.labels,
        masks=None
        if prototypes is None
        else _masks(prototypes, found.rest, boxes, frame, outputs.input_size, to_logit(card.thresholds.mask)),
        keypoints=_keypoints(found.rest, frame) if decoder.has_keypoints else None,
    )


def _arrays(outputs: Outputs, card: ModelCard, decoder: _Decoder) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return the cells, and the prototypes (E, h, w) where there are masks. Raises ModelFailed."""
    by_rank = {array.ndim: array[0] for array in outputs.arrays.values()}
    cells, prototypes = by_rank.get(3), by_rank.get(4) if decoder.has_masks else None
    if cells is None or (decoder.has_masks and prototypes is None):
        wanted = "cells of three dimensions" + (" and prototypes of four" if decoder.has_masks else "")
        raise ModelFailed(f"`decoder` is {card.decoder}, and the network does not give {wanted}")
    rest = len(prototypes) if prototypes is not None else 3 * len(card.keypoints) if decoder.has_keypoints else 0
    expected = decoder.head + rest + (0 if decoder.is_suppressed else len(card.classes))
    if cells.shape[0 if decoder.is_by_column else 1] != expected:
        raise ModelFailed(
            f"`decoder` is {card.decoder}: with {len(card.classes)} classes {expected} numbers a cell are expected, "
            f"and the network gives {cells.shape[0]} x {cells.shape[1]}"
        )
    return cells, prototypes


def _masks(
    prototypes: NDArray[Any],
    coefficients: NDArray[np.float64],
    boxes: Boxes,
    frame: Frame,
    input_size: tuple[int, int],
    above: float,
) -> tuple[CroppedMask, ...]:
    """Return a mask for each box: prototypes (E, h, w) weighted by its coefficients, within the box."""
    grid = Grid.of_input(frame, input_size, prototypes.shape[1:])
    masks = []
    for box, weights in zip(boxes, coefficients.astype(np.float32), strict=True):
        region = pixels_within(box, frame)
        part, part_grid = grid.crop(prototypes, region)
        logits = np.tensordot(weights, part.astype(np.float32, copy=False), 1)
        masks.append(mask_within(logits, part_grid, region, above=above))
    return tuple(masks)


def _keypoints(rest: NDArray[np.float64], frame: Frame) -> NDArray[np.float64]:
    """(N, 3 * K) x, y, score in px of the input → (N, K, 3) in px of the picture."""
    points = rest.reshape(len(rest), -1, 3).copy()
    points[..., :2] = (points[..., :2] - [frame.left, frame.top]) / [frame.scale_x, frame.scale_y]
    return points
