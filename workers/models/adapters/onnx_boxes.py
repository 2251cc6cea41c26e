"""ONNX networks that say boxes, one an object: torchvision's way (boxes, scores, labels, masks), and DETR's.

Nothing is suppressed: the first have done it inside, and the others predict sets.
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schema.models import ModelCard
from workers.models.adapters.boxes import Boxes, are_seen, cut_off, from_centres, to_picture
from workers.models.adapters.logits import sigmoid, softmax, to_logit
from workers.models.adapters.masks import Grid, mask_within, masks_above, pixels_within
from workers.models.adapters.onnx_network import OnnxNetwork, OnnxPreLabeler, Outputs
from workers.models.failures import ModelFailed
from workers.models.protocols import CroppedMask, Detections, Frame

_READERS = ("boxes", "boxes-normalised", "detr")
_BATCHED_RANK = 3  # of boxes that have an axis for the batch


def load(folder: Path, card: ModelCard, *, device: str, threads: int | None) -> OnnxPreLabeler:
    """Load a network for boxes. Raises ModelFailed, MemoryError."""
    if card.decoder not in _READERS:
        raise ModelFailed(f"`decoder` is {card.decoder!r}; of boxes {', '.join(_READERS)} are read")
    network = OnnxNetwork(folder, card.input, device=device, threads=threads)
    if card.decoder == "detr":
        return OnnxPreLabeler(network, partial(_read_detr, card=card))
    ranks = {name.lower(): rank for name, rank in network.ranks.items()}
    return OnnxPreLabeler(network, partial(_read_boxes, card=card), singly=ranks.get("boxes") != _BATCHED_RANK)


def _read_boxes(outputs: Outputs, frame: Frame, *, card: ModelCard) -> Detections:
    """boxes (N, 4) corners, in px of the input or in parts of it (boxes-normalised), scores, labels, maybe masks."""
    scores, labels = _get(outputs, "scores").reshape(-1), _get(outputs, "labels").reshape(-1)
    boxes = _get(outputs, "boxes").reshape(-1, 4)
    if not len(boxes) == len(scores) == len(labels):
        raise ModelFailed(f"the network gives {len(boxes)} boxes, {len(scores)} scores and {len(labels)} labels")
    unit = _extent(outputs) if card.decoder == "boxes-normalised" else 1.0
    kept = np.flatnonzero(scores >= card.thresholds.floor)
    kept, corners = _best(kept, scores[kept], to_picture(boxes[kept].astype(np.float64) * unit, frame), frame, card)
    masks = None
    if any(name.lower() == "masks" for name in outputs.arrays):
        maps = _get(outputs, "masks")
        maps = maps.reshape(len(boxes), *maps.shape[-2:])[kept]
        masks = _masks(maps, corners, frame, outputs.input_size, threshold=card.thresholds.mask)
    return Detections(
        boxes=cut_off(corners, frame),
        scores=np.minimum(scores[kept].astype(np.float64), 1.0),
        labels=labels[kept].astype(np.int64),
        masks=masks,
    )


def _masks(
    maps: NDArray[Any], boxes: Boxes, frame: Frame, input_size: tuple[int, int], *, threshold: float
) -> tuple[CroppedMask, ...]:
    """Return the masks of maps (N, h, w): those of the input's own size lie over the input, others over their box.

    They are probabilities, as torchvision gives them, unless a value of the picture lies outside of [0, 1]: logits.
    """
    are_logits = maps.size > 0 and bool(maps.min() < 0 or maps.max() > 1)
    above = to_logit(threshold) if are_logits else threshold
    size = (maps.shape[1], maps.shape[2])
    if size == input_size:
        return masks_above(maps, frame, input_size, above=above)
    regions = [pixels_within(box, frame) for box in boxes]
    return tuple(
        CroppedMask(region.x0, region.y0, np.zeros((0, 0), np.bool_))
        if region.is_empty
        else mask_within(one, Grid.of_box(box, size), region, above=above)
        for one, box, region in zip(maps, boxes, regions, strict=True)
    )


def _read_detr(outputs: Outputs, frame: Frame, *, card: ModelCard) -> Detections:
    """logits (Q, C), pred_boxes (Q, 4) centre and size in parts of the input.

    With as many logits as classes each is a class's own (sigmoid), and a query may stand for several: RT-DETR (Zhao
    et al. 2024, arXiv:2304.08069), D-FINE. With one more, the last, nothing is there, and a query's best class counts
    (softmax): DETR (Carion et al. 2020, arXiv:2005.12872).
    """
    logits, boxes = _get(outputs, "logits", "pred_logits")[0], _get(outputs, "pred_boxes")[0]
    classes = len(card.classes)
    if logits.shape[1] not in (classes, classes + 1):
        raise ModelFailed(f"the network tells {logits.shape[1]} classes apart, and the card names {classes}")
    if logits.shape[1] == classes:
        queries, labels, scores = _several_a_query(logits, card.thresholds.floor)
    else:
        queries, labels, scores = _one_a_query(logits, card.thresholds.floor)
    corners = to_picture(from_centres(boxes[queries]) * _extent(outputs), frame)
    order, corners = _best(np.arange(len(scores)), scores, corners, frame, card)
    return Detections(cut_off(corners, frame), scores[order], labels[order].astype(np.int64))


def _best(
    indices: NDArray[np.intp], scores: NDArray[Any], boxes: Boxes, frame: Frame, card: ModelCard
) -> tuple[NDArray[np.intp], Boxes]:
    """Return the indices and boxes of those seen in the picture, best score first, at most as many as the card says."""
    seen = np.flatnonzero(are_seen(boxes, frame))
    order = seen[np.argsort(-scores[seen], kind="stable")][: card.max_objects]
    return indices[order], boxes[order]


_Found = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]


def _several_a_query(logits: NDArray[Any], floor: float) -> _Found:
    """Return the queries, labels and scores of all logits (Q, C) that are at least `floor` as probabilities."""
    queries, labels = np.nonzero(logits >= to_logit(floor))
    return queries, labels, sigmoid(logits[queries, labels])


def _one_a_query(logits: NDArray[Any], floor: float) -> _Found:
    """Return the queries, labels and scores of (Q, C + 1) logits whose best class is at least `floor` likely."""
    probabilities = softmax(logits, axis=1)[:, :-1].astype(np.float64)
    labels = probabilities.argmax(axis=1)
    queries = np.flatnonzero(probabilities[np.arange(len(labels)), labels] >= floor)
    return queries, labels[queries], probabilities[queries, labels[queries]]


def _extent(outputs: Outputs) -> NDArray[np.float64]:
    height, width = outputs.input_size
    return np.array([width, height, width, height], np.float64)


def _get(outputs: Outputs, *names: str) -> NDArray[Any]:
    for name, array in outputs.arrays.items():
        if name.lower() in names:
            return array
    raise ModelFailed(f"the network gives no {names[0]}, only {', '.join(outputs.arrays)}; name its decoder anew")
