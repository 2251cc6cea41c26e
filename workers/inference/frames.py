"""A picture as the input of a model: resized and padded as the model's card says, with the way back."""

import cv2
import numpy as np
from numpy.typing import NDArray

from schema.models import InputSpec
from workers.models.protocols import Frame


def fit(picture: NDArray[np.uint8], spec: InputSpec) -> tuple[NDArray[np.uint8], Frame]:
    """Return the input (h, w, 3) of an RGB picture (H, W, 3), and how the picture lies in it.

    The picture is interpolated linearly, and averaged over areas where it shrinks to less than half: there linear
    interpolation would leave pixels out.
    """
    height, width = picture.shape[:2]
    inner_height, inner_width = _inner_size(height, width, spec)
    input_height, input_width = _input_size(inner_height, inner_width, spec)
    is_centred = spec.resize == "letterbox_centred"
    top = (input_height - inner_height) // 2 if is_centred else 0
    left = (input_width - inner_width) // 2 if is_centred else 0
    frame = Frame(height, width, inner_width / width, inner_height / height, float(left), float(top))
    resized = _resize(picture, inner_height, inner_width)
    if resized.shape[:2] == (input_height, input_width):
        return resized, frame
    padded = np.full((input_height, input_width, 3), spec.pad_value, np.uint8)
    padded[top : top + inner_height, left : left + inner_width] = resized
    return padded, frame


def _inner_size(height: int, width: int, spec: InputSpec) -> tuple[int, int]:
    """Return the size that the picture itself gets, each side 1 px at least."""
    if spec.resize == "stretch":
        return _stretched(height, spec.height, spec), _stretched(width, spec.width, spec)
    if spec.resize == "shortest_edge":
        scale = min(spec.shortest_px / min(height, width), spec.longest_px / max(height, width))
    else:
        scale = min((spec.height or spec.longest_px) / height, (spec.width or spec.longest_px) / width)
        if spec.height is None and spec.width is None:
            scale = min(scale, 1.0)  # a model of any size is not shown more pixels than there are
    # A rounding up must not reach beyond a fixed side.
    most_height, most_width = spec.height or round(height * scale), spec.width or round(width * scale)
    return min(max(round(height * scale), 1), max(most_height, 1)), min(
        max(round(width * scale), 1), max(most_width, 1)
    )


def _stretched(side: int, fixed: int | None, spec: InputSpec) -> int:
    return fixed or _next_multiple(min(side, spec.longest_px), spec.multiple_of)


def _input_size(inner_height: int, inner_width: int, spec: InputSpec) -> tuple[int, int]:
    """Return the size of the input: fixed sides as they are, others the next multiple."""
    if spec.resize == "shortest_edge":
        return _next_multiple(inner_height, spec.multiple_of), _next_multiple(inner_width, spec.multiple_of)
    return (
        spec.height or _next_multiple(inner_height, spec.multiple_of),
        spec.width or _next_multiple(inner_width, spec.multiple_of),
    )


def _next_multiple(value: int, of: int) -> int:
    return -(-value // of) * of


def _resize(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    if picture.shape[:2] == (height, width):
        return np.ascontiguousarray(picture)
    shrinks = 2 * height < picture.shape[0] or 2 * width < picture.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=way), np.uint8)
