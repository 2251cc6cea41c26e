"""ONNX networks that give every pixel a class, as logits or as the class itself; each component is an instance.

At the picture's own size only a tile is held of several classes at once.
"""

import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schema.models import ModelCard
from workers.models.adapters.components import instances_of_class_map
from workers.models.adapters.logits import softmax
from workers.models.adapters.masks import Grid, Region, nearest_cells, read_maps
from workers.models.adapters.onnx_network import OnnxNetwork, OnnxPreLabeler, Outputs
from workers.models.failures import ModelFailed
from workers.models.protocols import Detections, Frame

# So small a tile rarely has more than two or three classes that could be any pixel's; and of all classes together it
# holds at most so many numbers, 16 MB as float32.
_TILE_PX = 192
_TILE_NUMBERS = 4_000_000
# A probability is at least this, so that it has a logarithm.
_LEAST = 1e-12
_SUM_ERROR = 0.01


def load(folder: Path, card: ModelCard, *, device: str, threads: int | None) -> OnnxPreLabeler:
    """Load a semantic network. Raises ModelFailed, MemoryError."""
    readers = {"semantic-logits": _read_logits, "semantic-labels": _read_labels}
    if card.decoder not in readers:
        raise ModelFailed(f"`decoder` is {card.decoder!r}; of class maps {', '.join(readers)} are read")
    network = OnnxNetwork(folder, card.input, device=device, threads=threads)
    return OnnxPreLabeler(network, partial(readers[card.decoder], card=card))


def _read_labels(outputs: Outputs, frame: Frame, *, card: ModelCard) -> Detections:
    """(1, h, w) or (1, 1, h, w) classes; a pixel has that of the cell its centre lies in, with score 1."""
    [labels] = outputs.arrays.values()
    size = (labels.shape[-2], labels.shape[-1])
    rows, columns = nearest_cells(Grid.of_input(frame, outputs.input_size, size), frame, size)
    return instances_of_class_map(labels.reshape(size).take(columns, 1).take(rows, 0), None, card)


def _read_logits(outputs: Outputs, frame: Frame, *, card: ModelCard) -> Detections:
    """(1, C, h, w) logits, or probabilities, which are known by adding up to 1."""
    [maps] = outputs.arrays.values()
    logits = maps[0].astype(np.float32, copy=False)
    if len(logits) != len(card.classes):
        raise ModelFailed(f"the network tells {len(logits)} classes apart, and the card names {len(card.classes)}")
    if logits.min() >= 0 and np.abs(logits.sum(axis=0) - 1).max() < _SUM_ERROR:
        logits = np.log(np.maximum(logits, _LEAST))
    classes, probabilities = _class_map(logits, frame, outputs.input_size)
    return instances_of_class_map(classes, probabilities, card)


def _class_map(
    logits: NDArray[np.float32], frame: Frame, input_size: tuple[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """(C, h, w) logits → for each pixel of the picture the class whose interpolated logit is greatest.

    With it comes that class's probability, interpolated from the network's own resolution. Of each tile only the
    classes are interpolated that can be greatest somewhere in it.
    """
    grid = Grid.of_input(frame, input_size, (logits.shape[1], logits.shape[2]))
    probabilities = softmax(logits, axis=0)
    classes = np.empty((frame.height, frame.width), np.int32)
    scores = np.empty((frame.height, frame.width), np.float32)
    for tile in _tiles(frame, len(logits)):
        place = slice(tile.y0, tile.y1), slice(tile.x0, tile.x1)
        part, part_grid = grid.crop(logits, tile)
        likely, _ = grid.crop(probabilities, tile)
        able = _contenders(part)
        read = read_maps(likely[able], part_grid, tile)  # (able, rows, columns)
        if len(able) == 1:
            classes[place], scores[place] = able[0], read[0]
            continue
        winners = read_maps(part[able], part_grid, tile).argmax(axis=0)
        classes[place] = able[winners]
        scores[place] = np.take_along_axis(read, winners[None], axis=0)[0]
    return classes, scores


def _tiles(frame: Frame, classes: int) -> Iterator[Region]:
    side = max(1, min(_TILE_PX, math.isqrt(_TILE_NUMBERS // classes)))
    for y in range(0, frame.height, side):
        for x in range(0, frame.width, side):
            yield Region(x, y, min(x + side, frame.width), min(y + side, frame.height))


def _contenders(logits: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the classes of (C, h, w) that may be greatest between some four neighbours.

    Interpolated values lie within the range of their neighbours': one that stays below another's least never wins.
    """
    most, least = logits, logits
    for axis in (1, 2):
        if logits.shape[axis] > 1:
            first, second = (slice(None),) * axis + (slice(None, -1),), (slice(None),) * axis + (slice(1, None),)
            most, least = np.maximum(most[first], most[second]), np.minimum(least[first], least[second])
    return np.flatnonzero((most >= least.max(axis=0)).any(axis=(1, 2)))
