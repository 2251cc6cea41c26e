"""Detectors of Transformers that say boxes: RT-DETR, RT-DETRv2, D-FINE, DETR, Conditional DETR and YOLOS.

They predict sets: no box stands for an object twice, so nothing is suppressed and the card's `iou` is not used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from schema.models import ModelCard
from workers.models.adapters.boxes import cut_off, from_centres, to_picture
from workers.models.adapters.networks import Network, read_architecture
from workers.models.protocols import Detections, Frame


@dataclass(frozen=True, slots=True)
class _Rule:
    """How a family's outputs are read.

    `most`: how many of all scores (queries x classes, sigmoid) are looked at, as many as queries where None;
    `has_no_object`: softmax with a last class that means nothing is there, a query's best class counts.
    `is_within_picture`: boxes are relative to the picture, whose padding the network is told of; else to the input.
    """

    has_no_object: bool = False
    most: int | None = None
    is_within_picture: bool = False
    clears_padding: bool = False


# Zhao et al., "DETRs Beat YOLOs on Real-time Object Detection" (2024); Peng et al., D-FINE (2024).
_FOCAL = _Rule()
RULES = {
    "RTDetrForObjectDetection": _FOCAL,
    "RTDetrV2ForObjectDetection": _FOCAL,
    "DFineForObjectDetection": _FOCAL,
    # Carion et al., "End-to-End Object Detection with Transformers" (2020).
    "DetrForObjectDetection": _Rule(has_no_object=True, is_within_picture=True, clears_padding=True),
    # Meng et al., "Conditional DETR for Fast Training Convergence" (2021), whose authors look at 100 scores.
    "ConditionalDetrForObjectDetection": _Rule(most=100, is_within_picture=True, clears_padding=True),
    # Fang et al., "You Only Look at One Sequence" (2021). It is not told of padding and sees it as black picture.
    "YolosForObjectDetection": _Rule(has_no_object=True, clears_padding=True),
}


@dataclass(frozen=True, slots=True)
class _Output:
    """Of B pictures of N candidates: `boxes` (B, N, 4) relative, as centre and size; the best score first."""

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    input_size: tuple[int, int]


class TransformersDetector:
    """Implements PreLabeler."""

    def __init__(self, network: Network, card: ModelCard, rule: _Rule) -> None:
        self._network = network
        self._card = card
        self._rule = rule

    def forward(self, batch: NDArray[np.uint8], frames: Sequence[Frame]) -> _Output:
        network = self._network
        with network.computing():
            said = network.run(batch, frames, takes_mask=self._rule.is_within_picture)
            scores, labels, queries = self._choose(said.logits.float())
            boxes = said.pred_boxes.float().gather(1, queries[..., None].expand(-1, -1, 4))  # (B, N, 4)
            return _Output(
                boxes=boxes.cpu().numpy().astype(np.float64),
                scores=scores.cpu().numpy().astype(np.float64),
                labels=labels.cpu().numpy(),
                input_size=(batch.shape[1], batch.shape[2]),
            )

    def _choose(self, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return scores, labels and queries, (B, N) each and best first, of (B, Q, C) logits."""
        if self._rule.has_no_object:
            best, classes = logits.softmax(-1)[..., :-1].max(-1)  # (B, Q)
            scores, queries = best.topk(min(self._card.max_objects, best.shape[1]), dim=1)
            return scores, classes.gather(1, queries), queries
        every = logits.sigmoid().flatten(1)  # (B, Q * C)
        most = self._rule.most or logits.shape[1]
        scores, places = every.topk(min(most, self._card.max_objects, every.shape[1]), dim=1)
        return scores, places % logits.shape[2], places // logits.shape[2]

    def decode(self, output: _Output, index: int, frame: Frame) -> Detections:
        kept = (output.scores[index] >= self._card.thresholds.floor) & np.isfinite(output.boxes[index]).all(axis=1)
        corners = from_centres(output.boxes[index][kept])  # of the whole, each side of which is 1
        if self._rule.is_within_picture:
            boxes = corners * ([frame.width, frame.height] * 2)
        else:
            height, width = output.input_size
            boxes = to_picture(corners * [width, height, width, height], frame)
        return Detections(cut_off(boxes, frame), output.scores[index][kept], output.labels[index][kept])


def load(
    folder: Path, card: ModelCard, *, device: str, threads: int | None, compile: bool = False
) -> TransformersDetector:
    """Load a detector. Raises ModelFailed, MemoryError."""
    architecture = read_architecture(folder, RULES)
    rule = RULES[architecture]
    network = Network(
        folder,
        card,
        architecture=architecture,
        device=device,
        threads=threads,
        compile=compile,
        clears_padding=rule.clears_padding,
    )
    return TransformersDetector(network, card, rule)
