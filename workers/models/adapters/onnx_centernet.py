"""CenterNet: objects are peaks of a heat map. Zhou, Wang and Krähenbühl 2019, "Objects as Points", arXiv:1904.07850."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schema.models import ModelCard
from workers.models.adapters.boxes import are_seen, cut_off, from_centres, to_picture
from workers.models.adapters.logits import sigmoid, to_logit
from workers.models.adapters.onnx_network import OnnxNetwork, OnnxPreLabeler, Outputs
from workers.models.failures import ModelFailed
from workers.models.protocols import Detections, Frame

_HEAT = ("hm", "heatmap", "heat_map")
_OFFSET = ("reg", "offset", "off")


def load(folder: Path, card: ModelCard, *, device: str, threads: int | None) -> OnnxPreLabeler:
    """Load a CenterNet. Raises ModelFailed, MemoryError."""
    network = OnnxNetwork(folder, card.input, device=device, threads=threads)
    return OnnxPreLabeler(network, partial(_read, card=card))


def _read(outputs: Outputs, frame: Frame, *, card: ModelCard) -> Detections:
    """Heat map (C, h, w), size and offset (2, h, w) in cells; a cell's side in px follows from the input's.

    The map is one of logits when any of its values lies outside of [0, 1], else of probabilities.
    """
    heat, size, offset = _maps(outputs, card)
    are_logits = bool(heat.min() < 0 or heat.max() > 1)
    labels, rows, columns = _peaks(heat, to_logit(card.thresholds.floor) if are_logits else card.thresholds.floor)
    values = heat[labels, rows, columns].astype(np.float64)
    shift, sides = offset[:, rows, columns].astype(np.float64), size[:, rows, columns].astype(np.float64)
    height, width = outputs.input_size
    cell_px = np.array([width / heat.shape[2], height / heat.shape[1]] * 2)
    boxes = from_centres(np.stack((columns + shift[0], rows + shift[1], *sides), axis=1)) * cell_px
    boxes = to_picture(boxes, frame)
    seen = np.flatnonzero(are_seen(boxes, frame))
    best = seen[np.argsort(-values[seen], kind="stable")][: card.max_objects]
    return Detections(
        boxes=cut_off(boxes[best], frame),
        scores=sigmoid(values[best]) if are_logits else values[best],
        labels=labels[best].astype(np.int64),
    )


def _peaks(heat: NDArray[Any], least: float) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return the (class, row, column) of cells that are at least `least` and none of their eight neighbours greater.

    That is a 3 x 3 maximum pool that equals the map itself, looked at only where the map is great enough.
    """
    labels, rows, columns = np.nonzero(heat >= least)
    values = heat[labels, rows, columns]
    is_peak = np.ones(len(values), np.bool_)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            row, column = np.clip(rows + down, 0, heat.shape[1] - 1), np.clip(columns + right, 0, heat.shape[2] - 1)
            is_peak &= values >= heat[labels, row, column]
    return labels[is_peak], rows[is_peak], columns[is_peak]


def _maps(outputs: Outputs, card: ModelCard) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return heat map, size and offset, told apart by their names, else by their channels and order (hm, wh, reg)."""
    maps = {name.lower(): array[0] for name, array in outputs.arrays.items()}
    heat = next((maps.pop(name) for name in _HEAT if name in maps), None)
    if heat is None:
        heat = maps.pop(next((name for name, array in maps.items() if len(array) != 2), next(iter(maps))))
    offset = next((maps.pop(name) for name in _OFFSET if name in maps), None)
    others = [*maps.values(), *([] if offset is None else [offset])]
    if len(others) != 2 or len(heat) != len(card.classes) or any(o.shape != (2, *heat.shape[1:]) for o in others):
        said = ", ".join(f"{name} {' x '.join(map(str, array.shape))}" for name, array in outputs.arrays.items())
        raise ModelFailed(
            f"a CenterNet of {len(card.classes)} classes gives hm with a channel a class, wh and reg with two; the "
            f"network gives {said}"
        )
    return heat, others[0], others[1]
