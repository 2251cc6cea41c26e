"""Logits and probabilities, as NumPy arrays."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_logit(probability: float) -> float:
    """Return the logit of a probability in [0, 1]; infinite at 0 and 1."""
    if probability in (0, 1):
        return math.inf if probability else -math.inf
    return math.log(probability / (1 - probability))


def sigmoid(logits: NDArray[Any]) -> NDArray[np.float64]:
    """1 / (1 + exp(-x)), which this form of it says without overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * logits.astype(np.float64))


def softmax(logits: NDArray[Any], *, axis: int) -> NDArray[np.float32]:
    """Return probabilities along an axis, float32."""
    powers: NDArray[np.float32] = np.subtract(logits, logits.max(axis=axis, keepdims=True), dtype=np.float32)
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=axis, keepdims=True)
    return powers
