"""Working copies as arrays."""

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.errors import Unavailable


def decode_working_copy(body: bytes) -> NDArray[np.uint8]:
    """Decode one of our own working copies to RGB, (H, W, 3); it was written upright and sound."""
    found = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    if found is None:
        raise Unavailable("a working copy cannot be decoded; it will be tried again")
    return np.asarray(found, np.uint8)
