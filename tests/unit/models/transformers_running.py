"""Running an adapter of a tiny network (`transformers_networks.py`) on photographs, as a worker does."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from schema.models import InputSpec, ModelCard, ModelClass, ModelFamily, ModelFile, ModelTask, Thresholds
from tests.unit.models.transformers_networks import CLASSES, SIDE
from workers.inference.frames import fit
from workers.models.protocols import Detections

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
STRETCHED = InputSpec(height=SIDE, width=SIDE, resize="stretch", pad_value=0, **IMAGENET)
LETTERBOXED = InputSpec(height=SIDE, width=SIDE, resize="letterbox", pad_value=0, **IMAGENET)
_FAMILIES = {
    "ObjectDetection": (ModelFamily.TRANSFORMERS_DETECTION, ModelTask.BOXES),
    "SemanticSegmentation": (ModelFamily.TRANSFORMERS_SEMANTIC, ModelTask.SEMANTIC),
    "Segmentation": (ModelFamily.TRANSFORMERS_INSTANCE, ModelTask.INSTANCES),
    "Sam": (ModelFamily.TRANSFORMERS_PROMPT, ModelTask.PROMPT),
}


def make_card(architecture: str, **changes: Any) -> ModelCard:
    """Return the card of such a network; everything is kept, unless `thresholds` says otherwise."""
    family, task = next(what for part, what in _FAMILIES.items() if part in architecture)
    stated: dict[str, Any] = {
        "family": family,
        "task": task,
        "architecture": architecture,
        "classes": [ModelClass(index=index, name=name) for index, name in CLASSES.items()],
        "input": STRETCHED,
        "thresholds": Thresholds(floor=0.0),
        "files": [ModelFile(name="model.safetensors", bytes=1, sha256="0" * 64)],
    }
    return ModelCard(**(stated | changes))


def normalise(inputs: NDArray[np.uint8]) -> torch.Tensor:
    """(B, H, W, 3) → (B, 3, H, W), the slow obvious way."""
    values = (inputs.astype(np.float64) / 255 - IMAGENET["mean"]) / IMAGENET["std"]
    return torch.from_numpy(values.astype(np.float32).transpose(0, 3, 1, 2).copy())


def photographs() -> list[NDArray[np.uint8]]:
    """Return two photographs of unlike sizes, upright and across."""
    data = pytest.importorskip("skimage.data")
    return [data.astronaut()[:400, :300], data.coffee()[:250, :370]]


def detect(adapter: Any, pictures: list[NDArray[np.uint8]], spec: InputSpec = STRETCHED) -> list[Detections]:
    """Have pictures read as one batch."""
    inputs, frames = zip(*(fit(picture, spec) for picture in pictures), strict=True)
    output = adapter.forward(np.stack(inputs), frames)
    return [adapter.decode(output, index, frame) for index, frame in enumerate(frames)]
