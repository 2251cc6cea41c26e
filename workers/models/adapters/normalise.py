"""Pictures → the numbers that an ONNX network takes: (value x scale - mean) / std, by a table of the 256 values."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from schema.models import InputSpec
from workers.models.failures import ModelFailed

Normalise = Callable[[NDArray[np.uint8]], NDArray[Any]]
"""(B, H, W, 3) RGB pictures → an array of the network's type, (B, 3, H, W) or (B, H, W, 3)."""


def make_normalise(spec: InputSpec, dtype: type[np.generic], *, channels_last: bool) -> Normalise:
    """Return how pictures become the input of a network that takes numbers of `dtype`.

    Raises ModelFailed when a network takes bytes and the spec's numbers are none.
    """
    tables = _tables(spec, dtype)
    sources = (0, 1, 2) if spec.colour == "rgb" else (2, 1, 0)
    keeps_values = dtype is np.uint8 and all(np.array_equal(table, np.arange(256)) for table in tables)

    def into_planes(batch: NDArray[np.uint8]) -> NDArray[Any]:
        planes = np.empty((len(batch), 3, *batch.shape[1:3]), dtype)
        for picture, target in zip(batch, planes, strict=True):
            for table, source, plane in zip(tables, sources, target, strict=True):
                cv2.LUT(cv2.extractChannel(picture, source), table, dst=plane)
        return planes

    def into_pixels(batch: NDArray[np.uint8]) -> NDArray[Any]:
        if keeps_values:
            return batch if spec.colour == "rgb" else np.ascontiguousarray(batch[..., ::-1])
        pixels = np.empty(batch.shape, dtype)
        for channel, (table, source) in enumerate(zip(tables, sources, strict=True)):
            pixels[..., channel] = table.take(batch[..., source])
        return pixels

    return into_pixels if channels_last else into_planes


def _tables(spec: InputSpec, dtype: type[np.generic]) -> list[NDArray[Any]]:
    """Return what becomes of each of the 256 values, for each channel in the network's order."""
    values = np.arange(256, dtype=np.float64) * spec.scale
    tables = [(values - mean) / std for mean, std in zip(spec.mean, spec.std, strict=True)]
    if dtype is np.uint8 and not all(np.array_equal(table, table.clip(0, 255).round()) for table in tables):
        raise ModelFailed(
            "the network takes bytes, and `input` makes other numbers of them; set its scale to 1, mean to 0 and std "
            "to 1 in plumbline.json"
        )
    return [table.astype(dtype) for table in tables]
