"""Networks of Transformers that cut out what is pointed at: SAM, SAM-HQ and SAM2.

What size a picture is brought to is the network's own; of the card only how pixels become numbers counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from schema.models import ModelCard
from workers.models.adapters.masks import crop_masks
from workers.models.adapters.networks import Network, read_architecture
from workers.models.protocols import Frame, Point


@dataclass(frozen=True, slots=True)
class _Rule:
    """`is_padded`: the longer side fills the square input, right and bottom stay 0; else the picture is stretched.
    `has_intermediates`: the decoder wants the encoder's inner maps too."""

    is_padded: bool = True
    has_intermediates: bool = False


RULES = {
    "SamModel": _Rule(),  # Kirillov et al., "Segment Anything" (2023)
    "SamHQModel": _Rule(has_intermediates=True),  # Ke et al., "Segment Anything in High Quality" (2023)
    "Sam2Model": _Rule(is_padded=False),  # Ravi et al., "SAM 2: Segment Anything in Images and Videos" (2024)
}


@dataclass(frozen=True, slots=True)
class Embedding:
    """What all prompts on a picture share, on the device. `inner_size`: (height, width) of the picture in the input."""

    inputs: dict[str, Any]
    frame: Frame
    inner_size: tuple[int, int]


class TransformersPromptSegmenter:
    """Implements PromptSegmenter."""

    def __init__(self, network: Network, card: ModelCard, rule: _Rule) -> None:
        self._network = network
        self._rule = rule
        self._side = int(network.module.config.prompt_encoder_config.image_size)
        self._threshold = card.thresholds.mask

    def embed(self, picture: NDArray[np.uint8]) -> Embedding:
        frame, inner_size = self._place(picture.shape[0], picture.shape[1])
        network = self._network
        with network.computing():
            pixels = network.upload(picture[None]).permute(0, 3, 1, 2).float()  # (1, 3, H, W)
            resized = functional.interpolate(pixels, inner_size, mode="bilinear", antialias=True).round_()
            values = network.normalise(resized.permute(0, 2, 3, 1))
            right, bottom = self._side - inner_size[1], self._side - inner_size[0]
            found = network.module.get_image_embeddings(functional.pad(values, (0, right, 0, bottom)))
        names = ("image_embeddings", "intermediate_embeddings") if self._rule.has_intermediates else ()
        inputs = dict(zip(names, found, strict=True)) if names else {"image_embeddings": found}
        return Embedding(inputs, frame, inner_size)

    def _place(self, height: int, width: int) -> tuple[Frame, tuple[int, int]]:
        inner_height, inner_width = self._side, self._side
        if self._rule.is_padded:
            scale = self._side / max(height, width)
            inner_height, inner_width = max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))
        frame = Frame(height, width, inner_width / width, inner_height / height, 0.0, 0.0)
        return frame, (inner_height, inner_width)

    def segment(
        self,
        embedding: Embedding,
        *,
        positive: Sequence[Point] = (),
        negative: Sequence[Point] = (),
        box: tuple[float, float, float, float] | None = None,
    ) -> NDArray[np.bool_]:
        if not positive and not negative and box is None:
            raise ValueError("a prompt has a point or a box at least")
        frame = embedding.frame
        with self._network.computing():
            said = self._network.module(
                **embedding.inputs, **self._prompt(frame, positive, negative, box), multimask_output=True
            )
            best = said.pred_masks[0, 0, said.iou_scores[0, 0].argmax()].float()  # (h, w)
            return self._to_picture(best[None], embedding)

    def _prompt(
        self,
        frame: Frame,
        positive: Sequence[Point],
        negative: Sequence[Point],
        box: tuple[float, float, float, float] | None,
    ) -> dict[str, torch.Tensor]:
        """Bring prompts to the input. The networks count from the middle of the first pixel, we from its corner."""
        device = self._network.device
        scale = torch.tensor([frame.scale_x, frame.scale_y], dtype=torch.float64)
        prompt = {}
        if positive or negative:
            points = torch.tensor([*positive, *negative], dtype=torch.float64) * scale - 0.5  # (N, 2)
            labels = torch.tensor([1] * len(positive) + [0] * len(negative), dtype=torch.int32)
            prompt["input_points"] = points.float()[None, None].to(device)
            prompt["input_labels"] = labels[None, None].to(device)
        if box is not None:
            corners = torch.tensor(box, dtype=torch.float64).reshape(2, 2) * scale - 0.5
            prompt["input_boxes"] = corners.float().reshape(1, 1, 4).to(device)
        return prompt

    def _to_picture(self, logits: torch.Tensor, embedding: Embedding) -> NDArray[np.bool_]:
        """Bring (1, h, w) logits to the picture as its authors do: by way of the input, where that is padded."""
        if self._rule.is_padded:
            whole = functional.interpolate(logits[None], (self._side, self._side), mode="bilinear")[0]
            logits = whole[:, : embedding.inner_size[0], : embedding.inner_size[1]]
        frame, size = embedding.frame, embedding.inner_size
        [crop] = crop_masks(logits.cpu().numpy(), frame, size, threshold=self._threshold)
        mask = np.zeros((frame.height, frame.width), np.bool_)
        mask[crop.y : crop.y + crop.mask.shape[0], crop.x : crop.x + crop.mask.shape[1]] = crop.mask
        return mask


def load(
    folder: Path, card: ModelCard, *, device: str, threads: int | None, compile: bool = False
) -> TransformersPromptSegmenter:
    """Load a network for prompts. Raises ModelFailed, MemoryError."""
    architecture = read_architecture(folder, RULES)
    network = Network(folder, card, architecture=architecture, device=device, threads=threads)
    if compile:  # what a click runs is small
        network.module.vision_encoder.compile()
    return TransformersPromptSegmenter(network, card, RULES[architecture])
