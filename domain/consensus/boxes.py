"""Merge upright and rotated boxes by coordinate-wise medians. Pure NumPy."""

from collections.abc import Sequence

import numpy as np

from schema.geometry import Box, RotatedBox


def merge_boxes(drawn: Sequence[Box]) -> Box | None:
    """Return the box of the medians of x0, y0, x1, y1; of two boxes these are the means.

    None when rounding to 1/100 px leaves no area (boxes of a few hundredths of a pixel).
    """
    medians = np.median([(b.x0, b.y0, b.x1, b.y1) for b in drawn], axis=0)
    x0, y0, x1, y1 = (round(float(value), 2) for value in medians)
    return Box(x0=x0, y0=y0, x1=x1, y1=y1) if x0 < x1 and y0 < y1 else None


def merge_rotated_boxes(drawn: Sequence[RotatedBox], *, reference: RotatedBox) -> RotatedBox | None:
    """Return the medians of centre, sides and angle, each box first written with the angle nearest to `reference`.

    The same rectangle is (w, h, a) and (h, w, a + 90): of the two, the angle within 45 degrees of the reference is
    taken, so boxes at 1 and 179 degrees meet at 0. None when a side rounds to nothing.
    """
    medians = np.median([_seen_from(b, reference.angle_deg) for b in drawn], axis=0)
    cx, cy, width, height, turn_deg = (float(value) for value in medians)
    if round(width, 2) <= 0 or round(height, 2) <= 0:
        return None
    angle_deg = round(reference.angle_deg + turn_deg, 4) % 180
    return RotatedBox(cx=cx, cy=cy, width=width, height=height, angle_deg=angle_deg)


def _seen_from(box: RotatedBox, angle_deg: float) -> tuple[float, float, float, float, float]:
    """(cx, cy, width, height, turn) with the turn from `angle_deg` in [-45, 45] degrees."""
    turn_deg = (box.angle_deg - angle_deg + 90) % 180 - 90
    if abs(turn_deg) <= 45:
        return box.cx, box.cy, box.width, box.height, turn_deg
    return box.cx, box.cy, box.height, box.width, turn_deg - 90 if turn_deg > 0 else turn_deg + 90
