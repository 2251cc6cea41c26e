"""Masks from four extreme points without a network: GrabCut seeded by an octagon and a star. Knows no queue."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.geometry.scan import Window, fill_rings

Point = tuple[float, float]

_WORK_PX = 256  # longest side of the crop that GrabCut sees
_MARGIN = 0.2  # of the box, on each side: background for GrabCut to learn from
_MARGIN_PX = 8
_ITERATIONS = 3
_RAY_SHARE = 0.4  # of the way from an extreme point to the middle that is surely inside
_CORE_SHARE = 0.15  # half axes of the ellipse in the middle that is surely inside, as a share of the box
_CLICK_RADIUS_PX = 5  # of a corrective click, in the working crop
_LEAST_CONTRAST = 3.0  # levels of 255 (standard deviation): below it there is no edge to find, and cuts take seconds
_SEED = 0


def segment_extreme(
    image_rgb: NDArray[np.uint8],
    points: Sequence[Point],
    *,
    positive: Sequence[Point] = (),
    negative: Sequence[Point] = (),
) -> NDArray[np.bool_]:
    """Return the mask, (H, W), of the object whose left-, top-, right- and bottommost points are given in any order.

    `image_rgb` is (H, W, 3); points are (x, y) in px. Corrective clicks are surely inside (`positive`) or outside
    (`negative`). Deterministic, and never empty: where GrabCut finds nothing, the octagon through the points stands.
    GrabCut: Rother, Kolmogorov, Blake (2004, DOI 10.1145/1015706.1015720); octagon through extreme points:
    Papadopoulos et al. (2017, DOI 10.1109/ICCV.2017.528). Needs two points at least that are not one.
    """
    height, width = image_rgb.shape[:2]
    window = _window_around([*points, *positive], height=height, width=width)
    scale = min(1.0, _WORK_PX / max(window.height, window.width))
    crop = image_rgb[window.row : window.row + window.height, window.column : window.column + window.width]
    size = (max(round(window.width * scale), 1), max(round(window.height * scale), 1))
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA).astype(np.uint8) if scale < 1 else crop
    ratio = np.array([size[0] / window.width, size[1] / window.height])
    inner, inside, outside = (
        (np.asarray(group, np.float64).reshape(-1, 2) - (window.column, window.row)) * ratio
        for group in (points, positive, negative)
    )
    octagon = _fill_octagon(inner, height=size[1], width=size[0])
    is_even = float(small.std(axis=(0, 1)).max()) < _LEAST_CONTRAST
    found = octagon if is_even else _cut(small, _trimap(octagon, inner, inside, outside))
    found = found if found.any() else octagon
    mask = np.zeros((height, width), np.bool_)
    full = cv2.resize(found.astype(np.float32), (window.width, window.height), interpolation=cv2.INTER_LINEAR) >= 0.5
    mask[window.row : window.row + window.height, window.column : window.column + window.width] = full
    return mask


def _window_around(points: Sequence[Point], *, height: int, width: int) -> Window:
    """Return the box of the points with its margin, inside the picture and of one pixel at least."""
    places = np.asarray(points, np.float64)
    low, high = places.min(axis=0), places.max(axis=0)
    margin = np.maximum(_MARGIN * (high - low), _MARGIN_PX)
    limit = np.array([width, height])
    first = np.clip(np.floor(low - margin), 0, limit - 1).astype(int)
    end = np.clip(np.ceil(high + margin), first + 1, limit).astype(int)
    return Window(int(first[1]), int(first[0]), int(end[1] - first[1]), int(end[0] - first[0]))


def _fill_octagon(points: NDArray[np.float64], *, height: int, width: int) -> NDArray[np.bool_]:
    """Fill the octagon: at each extreme point a piece of the box's side, a quarter of it to either way."""
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    reach_x, reach_y = (x1 - x0) / 4, (y1 - y0) / 4
    left_y, right_y = points[points[:, 0].argmin(), 1], points[points[:, 0].argmax(), 1]
    top_x, bottom_x = points[points[:, 1].argmin(), 0], points[points[:, 1].argmax(), 0]
    ring = [
        *((min(max(top_x + way, x0), x1), y0) for way in (-reach_x, reach_x)),
        *((x1, min(max(right_y + way, y0), y1)) for way in (-reach_y, reach_y)),
        *((min(max(bottom_x + way, x0), x1), y1) for way in (reach_x, -reach_x)),
        *((x0, min(max(left_y + way, y0), y1)) for way in (reach_y, -reach_y)),
    ]
    filled = fill_rings([ring], Window(0, 0, height, width))
    column, row = min(max(int((x0 + x1) / 2), 0), width - 1), min(max(int((y0 + y1) / 2), 0), height - 1)
    filled[row, column] = True  # points on one line enclose no pixel centre
    return filled


def _trimap(
    octagon: NDArray[np.bool_],
    points: NDArray[np.float64],
    inside: NDArray[np.float64],
    outside: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """Return OpenCV's four values: sure outside the box, likely by the octagon, sure on the star and the clicks."""
    trimap = np.full(octagon.shape, cv2.GC_BGD, np.uint8)
    low, high = points.min(axis=0), points.max(axis=0)
    (x0, y0), (x1, y1) = np.floor(low).astype(int).clip(0), np.ceil(high).astype(int)
    trimap[y0:y1, x0:x1] = cv2.GC_PR_BGD
    for x, y in inside:  # a click outside the box says that the box was too small
        cv2.circle(trimap, (int(x), int(y)), 4 * _CLICK_RADIUS_PX, cv2.GC_PR_FGD, cv2.FILLED)
    trimap[octagon] = cv2.GC_PR_FGD
    middle = (low + high) / 2
    for point in points:
        start, end = point + 0.06 * (middle - point), point + _RAY_SHARE * (middle - point)
        cv2.line(trimap, _pixel(start), _pixel(end), cv2.GC_FGD, 1)
    half_axes = np.maximum(_CORE_SHARE * (high - low), 1).astype(int)
    cv2.ellipse(trimap, _pixel(middle), _pixel(half_axes), 0, 0, 360, cv2.GC_FGD, cv2.FILLED)
    for clicks, value in ((inside, cv2.GC_FGD), (outside, cv2.GC_BGD)):
        for click in clicks:
            cv2.circle(trimap, _pixel(click), _CLICK_RADIUS_PX, value, cv2.FILLED)
    return trimap


def _pixel(point: NDArray[np.float64] | NDArray[np.int64]) -> tuple[int, int]:
    return int(point[0]), int(point[1])


def _cut(image: NDArray[np.uint8], trimap: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Run GrabCut and keep the pieces that hold something sure."""
    sure = trimap == cv2.GC_FGD
    known = trimap.copy()
    if not (known % 2 == 0).any():  # GrabCut needs background to learn from: the rim of the crop
        known[[0, -1]] = known[:, [0, -1]] = cv2.GC_BGD
    cv2.setRNGSeed(_SEED)
    cut, _, _ = cv2.grabCut(
        np.ascontiguousarray(image),
        known,
        (0, 0, 0, 0),
        np.zeros((1, 65)),
        np.zeros((1, 65)),
        _ITERATIONS,
        cv2.GC_INIT_WITH_MASK,
    )
    found = cut % 2 == 1
    _, labels = cv2.connectedComponents(found.astype(np.uint8), connectivity=4)
    keep = np.unique(labels[sure & found])
    return np.isin(labels, keep[keep > 0])
