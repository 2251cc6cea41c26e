"""Networks of Transformers that give a mask an object: Mask2Former, MaskFormer, EoMT and DETR's mask head.

They predict sets: no mask stands for an object twice, so nothing is suppressed and the card's `iou` is not used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from schema.models import ModelCard
from workers.models.adapters.logits import to_logit
from workers.models.adapters.masks import boxes_around, crop_masks
from workers.models.adapters.networks import Network, read_architecture
from workers.models.protocols import Detections, Frame


@dataclass(frozen=True, slots=True)
class _Rule:
    """How a family's outputs are read; the names are those of its output.

    `counts_all_classes`: a query may stand for several classes, as many as queries of all scores are looked at; else
    for its best. `weighs_masks`: a score is multiplied by the mean probability of the mask's pixels.
    """

    logits: str = "class_queries_logits"
    masks: str = "masks_queries_logits"
    counts_all_classes: bool = False
    weighs_masks: bool = True
    takes_mask: bool = False
    clears_padding: bool = True


# Cheng et al., "Masked-attention Mask Transformer for Universal Image Segmentation" (2022), instance inference.
_MASKFORMER = _Rule(counts_all_classes=True)
RULES = {
    "Mask2FormerForUniversalSegmentation": _MASKFORMER,
    "MaskFormerForInstanceSegmentation": _MASKFORMER,
    # Kerssies et al., "Your ViT is Secretly an Image Segmentation Model" (2025). It sees padding as black picture.
    "EomtForUniversalSegmentation": _Rule(clears_padding=False),
    # Carion et al. (2020), whose masks are each query's own; Transformers' has them compete for pixels instead.
    "DetrForSegmentation": _Rule(logits="logits", masks="pred_masks", weighs_masks=False, takes_mask=True),
}


@dataclass(frozen=True, slots=True)
class _Picture:
    """Candidates of one picture, best score first: N of them, whose logits are `masks[mask_of]`, (M, h, w)."""

    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    mask_of: NDArray[np.int64]
    masks: NDArray[np.float32]
    input_size: tuple[int, int]


class TransformersInstances:
    """Implements PreLabeler."""

    def __init__(self, network: Network, card: ModelCard, rule: _Rule) -> None:
        self._network = network
        self._card = card
        self._rule = rule
        self._mask_logit = to_logit(card.thresholds.mask)

    def forward(self, batch: NDArray[np.uint8], frames: Sequence[Frame]) -> list[_Picture]:
        size = (batch.shape[1], batch.shape[2])
        with self._network.computing():
            said = self._network.run(batch, frames, takes_mask=self._rule.takes_mask)
            logits, masks = getattr(said, self._rule.logits), getattr(said, self._rule.masks)
            return [
                self._choose(logits[index].float(), masks[index], frame, size) for index, frame in enumerate(frames)
            ]

    def _choose(self, logits: torch.Tensor, masks: torch.Tensor, frame: Frame, size: tuple[int, int]) -> _Picture:
        """Choose from (Q, C + 1) logits and (Q, h, w) mask logits what is worth being brought to the picture's size."""
        scores, labels, queries = self._score(logits)
        if self._rule.weighs_masks:
            scores = scores * self._mean_probability(masks, frame, size)[queries]
        scores, order = scores.sort(descending=True, stable=True)
        order = order[scores >= self._card.thresholds.floor][: self._card.max_objects]
        used, mask_of = queries[order].unique(return_inverse=True)
        return _Picture(
            scores=scores[: len(order)].cpu().numpy().astype(np.float64),
            labels=labels[order].cpu().numpy(),
            mask_of=mask_of.cpu().numpy(),
            masks=masks[used].float().cpu().numpy(),
            input_size=size,
        )

    def _score(self, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return scores, labels and queries, (N,) each. The last class means that nothing is there."""
        probabilities = logits.softmax(-1)[:, :-1]  # (Q, C)
        if not self._rule.counts_all_classes:
            scores, labels = probabilities.max(-1)
            return scores, labels, torch.arange(len(scores), device=scores.device)
        scores, places = probabilities.flatten().topk(len(logits))
        return scores, places % probabilities.shape[1], places // probabilities.shape[1]

    def _mean_probability(self, masks: torch.Tensor, frame: Frame, size: tuple[int, int]) -> torch.Tensor:
        """Return (Q,) the mean probability of what lies in each mask, at the map's own resolution, padding apart."""
        tall, wide = masks.shape[1] / size[0], masks.shape[2] / size[1]
        rows = _span(frame.top, frame.height * frame.scale_y, tall)
        columns = _span(frame.left, frame.width * frame.scale_x, wide)
        within = masks[:, rows, columns].float().flatten(1)
        is_object = within > self._mask_logit
        return (within.sigmoid() * is_object).sum(1) / (is_object.sum(1) + 1e-6)

    def decode(self, output: list[_Picture], index: int, frame: Frame) -> Detections:
        picture = output[index]
        masks = crop_masks(picture.masks, frame, picture.input_size, threshold=self._card.thresholds.mask)
        kept = np.array([bool(masks[place].mask.size) for place in picture.mask_of], np.bool_)
        used = tuple(masks[place] for place in picture.mask_of[kept])
        return Detections(boxes_around(used), picture.scores[kept], picture.labels[kept], masks=used)


def _span(start: float, extent: float, scale: float) -> slice:
    first = round(start * scale)
    return slice(first, max(first + 1, round((start + extent) * scale)))


def load(
    folder: Path, card: ModelCard, *, device: str, threads: int | None, compile: bool = False
) -> TransformersInstances:
    """Load a network for instances. Raises ModelFailed, MemoryError."""
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
    return TransformersInstances(network, card, rule)
