"""What an adapter takes and gives: frames, detections, and the two protocols. Loads no network library."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """How a picture of (height, width) px lies in the input: input x = x * scale_x + left, likewise y.

    Coordinates are DESIGN's: the origin is the corner of the corner pixel. The letter-box is inverted by exactly this.
    """

    height: int
    width: int
    scale_x: float
    scale_y: float
    left: float
    top: float


@dataclass(frozen=True, slots=True)
class CroppedMask:
    """A mask in px of the original picture: its top-left corner, and (h, w) bool."""

    x: int
    y: int
    mask: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Detections:
    """What a model says of one picture, in px of the original picture, best score first.

    `boxes` (N, 4) float64 as x0, y0, x1, y1; `scores` (N,) float64 in [0, 1]; `labels` (N,) int64, the model's own
    class indices. `masks`, where the model gives some: one each, may be empty (all False). `keypoints` (N, K, 3) as
    x, y, score. Of a class map each connected component is one detection.
    """

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    masks: tuple[CroppedMask, ...] | None = None
    keypoints: NDArray[np.float64] | None = None


class PreLabeler(Protocol):
    """A model that says what is in a picture."""

    def forward(self, batch: NDArray[np.uint8], frames: Sequence[Frame]) -> Any:
        """Run the network on (B, H, W, 3) RGB pictures, already resized and padded; normalises on the device.

        `frames`, one each, tell the picture from its padding, for networks that look away from padding. The result is
        opaque; it lies where `decode` can read it. Raises MemoryError when the device has no room.
        """
        ...

    def decode(self, output: Any, index: int, frame: Frame) -> Detections:
        """Read the picture at `index` of a batch out of `output`: thresholds, suppression, back to original px.

        May be called from several threads at once.
        """
        ...


class PromptSegmenter(Protocol):
    """A model that cuts out what is pointed at."""

    def embed(self, picture: NDArray[np.uint8]) -> Any:
        """Compute what all prompts on one (H, W, 3) RGB picture share."""
        ...

    def segment(
        self,
        embedding: Any,
        *,
        positive: Sequence[Point] = (),
        negative: Sequence[Point] = (),
        box: tuple[float, float, float, float] | None = None,
    ) -> NDArray[np.bool_]:
        """Return the mask, (H, W) of the original picture, for points or a box in its px; at least one is given."""
        ...
