"""Networks of Transformers that give every pixel a class: SegFormer, DeepLab heads, UPerNet, BEiT, DPT."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from schema.models import ModelCard
from workers.models.adapters.components import instances_of_class_map
from workers.models.adapters.networks import Network, read_architecture
from workers.models.adapters.sampling import MapSampler
from workers.models.protocols import Detections, Frame

ARCHITECTURES = (
    "SegformerForSemanticSegmentation",
    "MobileNetV2ForSemanticSegmentation",  # DeepLabV3+
    "MobileViTForSemanticSegmentation",  # DeepLabV3
    "MobileViTV2ForSemanticSegmentation",  # DeepLabV3
    "UperNetForSemanticSegmentation",
    "BeitForSemanticSegmentation",
    "Data2VecVisionForSemanticSegmentation",
    "DPTForSemanticSegmentation",
)


@dataclass(frozen=True, slots=True)
class ClassMap:
    """Of each pixel of the original picture, (H, W): its class, and that class's probability in [0, 1]."""

    classes: NDArray[np.int32]
    probabilities: NDArray[np.float32]


class TransformersSemantic:
    """Implements PreLabeler."""

    def __init__(self, network: Network, card: ModelCard) -> None:
        self._network = network
        self._card = card

    def forward(self, batch: NDArray[np.uint8], frames: Sequence[Frame]) -> list[ClassMap]:
        """Besides, bring the class maps to the pictures' sizes, which the device does best."""
        with self._network.computing():
            logits = self._network.run(batch, frames).logits.float()  # (B, C, h, w)
            size = (batch.shape[1], batch.shape[2])
            return [read_class_map(one, frame, size) for one, frame in zip(logits, frames, strict=True)]

    def decode(self, output: list[ClassMap], index: int, frame: Frame) -> Detections:
        return instances_of_class_map(output[index].classes, output[index].probabilities, self._card)


def read_class_map(logits: torch.Tensor, frame: Frame, input_size: tuple[int, int]) -> ClassMap:
    """(C, h, w) logits → the class whose logit, interpolated to the original pixel, is greatest.

    The probability is interpolated likewise from the map's own. The rule is Transformers'
    `post_process_semantic_segmentation`, which interpolates all classes everywhere; here, of each strip, only those
    that can win somewhere in it.
    """
    sampler = MapSampler(frame, input_size, (logits.shape[1], logits.shape[2]), logits.device)
    probabilities = logits.softmax(0)
    classes = np.empty((frame.height, frame.width), np.int32)
    scores = np.empty((frame.height, frame.width), np.float32)
    for rows in sampler.strips(logits.shape[0]):
        able = _contenders(logits[:, sampler.cells(rows)])
        winners = sampler.read(logits[able], rows).argmax(0, keepdim=True)  # (1, rows, W), of those able
        classes[rows] = able[winners[0]].cpu().numpy()
        scores[rows] = sampler.read(probabilities[able], rows).gather(0, winners)[0].cpu().numpy()
    return ClassMap(classes, scores)


def _contenders(logits: torch.Tensor) -> torch.Tensor:
    """Return the classes of (C, h, w) that may be greatest between some four neighbours.

    Between four values an interpolation lies within their range: who stays below another's least never wins there.
    """
    square = (min(2, logits.shape[1]), min(2, logits.shape[2]))
    most = functional.max_pool2d(logits, square, stride=1)
    least = -functional.max_pool2d(-logits, square, stride=1)
    return (most >= least.amax(0)).flatten(1).any(1).nonzero()[:, 0]


def load(
    folder: Path, card: ModelCard, *, device: str, threads: int | None, compile: bool = False
) -> TransformersSemantic:
    """Load a semantic network. Raises ModelFailed, MemoryError."""
    architecture = read_architecture(folder, ARCHITECTURES)
    network = Network(folder, card, architecture=architecture, device=device, threads=threads, compile=compile)
    return TransformersSemantic(network, card)
