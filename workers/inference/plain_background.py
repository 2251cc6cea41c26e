"""Proposes objects that stand out from a plain background (coins, cells, parts). On photographs it would be noise."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Proposal = tuple[NDArray[np.bool_], float]

_WORK_PX = 768  # longest side at which the picture is looked at
_FIT_STEPS = 8
_MIN_AREA_SHARE = 2e-4  # of the picture; smaller pieces are specks
_MIN_AREA_PX = 25
_MAX_AREA_SHARE = 0.4
_SPECK_SHARE = 0.2  # of the median object's area; smaller ones are specks or slivers beside it
_EASE = 0.7  # of Otsu's threshold: it leaves out the dim part of uneven objects
_SADDLE_SHARE = 0.15  # two tops are two objects when the saddle between lies this much lower
_RECONSTRUCTION_STEPS = 100
_FLOOD_STEPS = 2
_NOISE_FACTOR = 4.0  # times the background's median misfit: what must be exceeded
_MIN_CONTRAST = 3.0  # CIELAB units between an object and the background around it


def propose(image_rgb: NDArray[np.uint8], *, max_objects: int = 200) -> list[Proposal]:
    """Return masks (H, W) with scores in [0, 1], best first; they do not overlap. An even picture gives none.

    The background is a quadratic surface a channel (CIELAB), fitted robustly, starting from the flattest half of the
    picture; Otsu's threshold (1979, DOI 10.1109/TSMC.1979.4310076) cuts what differs from it; touching blobs are cut
    where the distance to their rim has a saddle (watershed by flooding, Vincent and Soille 1991,
    DOI 10.1109/34.87344). The score
    is the product of contrast and squared solidity.
    """
    height, width = image_rgb.shape[:2]
    scale = min(1.0, _WORK_PX / max(height, width))
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(image_rgb, size, interpolation=cv2.INTER_AREA).astype(np.uint8) if scale < 1 else image_rgb
    difference, least = _difference_from_background(small)
    foreground = _threshold(difference, least)
    labels = _split_touching(foreground)
    found = sorted(_iter_objects(labels, difference), key=lambda item: -item.score)[:max_objects]
    return [(_enlarge(labels == item.label, height=height, width=width), item.score) for item in found]


@dataclass(frozen=True, slots=True)
class _Found:
    label: int
    score: float


def _difference_from_background(image_rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
    """Return how far each pixel lies from the fitted background, in CIELAB units, (H, W), in the colour direction
    that most objects share: halos and shadows on the other side count as none.
    Beside it the least difference that is more than noise."""
    lab = cv2.cvtColor(image_rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    residual, noise = _subtract_background(cv2.GaussianBlur(lab, (0, 0), 1.0).astype(np.float32))
    distance = np.linalg.norm(residual, axis=2)
    least = max(_MIN_CONTRAST, _NOISE_FACTOR * noise)
    striking = residual[distance >= max(float(np.quantile(distance, 0.98)) / 2, least)]
    if not len(striking):
        return np.zeros(distance.shape, np.float32), least
    lighter = striking[:, 0] >= 0
    side = (
        striking[lighter]
        if np.abs(striking[lighter, 0]).sum() >= np.abs(striking[~lighter, 0]).sum()
        else striking[~lighter]
    )
    direction = side.sum(axis=0) / np.linalg.norm(side.sum(axis=0))
    difference: NDArray[np.float32] = np.where(residual @ direction > 0, distance, 0).astype(np.float32)
    return difference, least


def _subtract_background(lab: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Return the picture less a quadratic surface a channel, fitted to flat pixels that agree with it, and how far
    such pixels lie from the surface (median)."""
    height, width = lab.shape[:2]
    step = max(1, round((height * width / 20_000) ** 0.5))
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=2).astype(np.float32)
    slope = np.hypot(cv2.Sobel(lab[..., 0], cv2.CV_32F, 1, 0), cv2.Sobel(lab[..., 0], cv2.CV_32F, 0, 1))
    roughness = cv2.boxFilter(slope.astype(np.float32), -1, (7, 7))[::step, ::step].ravel()
    some_terms, some_lab = terms[::step, ::step].reshape(-1, 6), lab[::step, ::step].reshape(-1, 3)
    flat, keep = roughness <= np.quantile(roughness, 0.6), roughness <= np.quantile(roughness, 0.5)
    for _ in range(_FIT_STEPS):
        surface, *_ = np.linalg.lstsq(some_terms[keep], some_lab[keep], rcond=None)
        misfit = np.linalg.norm(some_lab - some_terms @ surface, axis=1)
        keep = flat & (misfit <= max(2.5 * float(np.median(misfit[keep])), 1.0))
    noise = float(np.median(misfit[keep]))
    return (lab - terms @ surface).astype(np.float32), noise


def _threshold(difference: NDArray[np.float32], least: float) -> NDArray[np.bool_]:
    """Return the foreground: Otsu's threshold, eased, with gaps closed and holes filled."""
    brightest = max(float(np.quantile(difference, 0.99)), least)
    scaled = np.clip(difference * (255 / brightest), 0, 255).astype(np.uint8)
    otsu, _ = cv2.threshold(scaled, 0, 255, cv2.THRESH_OTSU)
    cut = max(_EASE * otsu * brightest / 255, least)
    raw = (difference >= cut).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    return _fill_holes(cv2.morphologyEx(raw, cv2.MORPH_OPEN, disc).astype(np.uint8))


def _fill_holes(foreground: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Fill background that the rim of the picture does not reach, unless it is large enough to be background."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((foreground == 0).astype(np.uint8), connectivity=4)
    rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    is_hole = stats[:, cv2.CC_STAT_AREA] < 0.02 * foreground.size
    is_hole[0], is_hole[rim] = False, False
    filled: NDArray[np.bool_] = (foreground > 0) | is_hole[labels]
    return filled


def _split_touching(foreground: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return labels (H, W), 0 for background: a label a blob, blobs cut at saddles of the distance to their rim."""
    depth = cv2.distanceTransform(foreground.astype(np.uint8), cv2.DIST_L2, 5).astype(np.float32)
    depth = cv2.GaussianBlur(depth, (0, 0), 1.0).astype(np.float32) * foreground
    tops, labels = cv2.connectedComponents(_find_tops(depth).astype(np.uint8), connectivity=8)
    pieces, whole = cv2.connectedComponents(foreground.astype(np.uint8), connectivity=8)
    if tops == pieces:
        return whole.astype(np.int32)
    flooded = labels.astype(np.float32)
    for level in np.arange(np.floor(depth.max()), -1, -1):
        wet = foreground & (depth >= level)
        for _ in range(_FLOOD_STEPS):  # depth falls by one a pixel: a level is a rim this thin, save in corners
            flooded = _spread(flooded, wet)
    while (dry := foreground & (flooded == 0)).any():
        flooded = _spread(flooded, foreground)
        if np.array_equal(dry, foreground & (flooded == 0)):
            break
    return flooded.astype(np.int32)


def _spread(labels: NDArray[np.float32], wet: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give each wet pixel without a label one of its neighbours'."""
    around = cv2.dilate(labels, np.ones((3, 3), np.uint8))
    return np.where((labels == 0) & wet, around, labels).astype(np.float32)


def _find_tops(depth: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the tops that rise above every saddle around them by a share of their own height."""
    lowered = np.maximum(depth * (1 - _SADDLE_SHARE) - 0.25, 0).astype(np.float32)
    kernel = np.ones((3, 3), np.uint8)
    for _ in range(_RECONSTRUCTION_STEPS):  # grey reconstruction by dilation: lowered tops flow back under `depth`
        grown = np.minimum(cv2.dilate(lowered, kernel), depth).astype(np.float32)
        if np.array_equal(grown, lowered):
            break
        lowered = grown
    tops: NDArray[np.bool_] = depth > lowered
    return tops


def _iter_objects(labels: NDArray[np.int32], difference: NDArray[np.float32]) -> Iterator[_Found]:
    """Yield the labels that look like objects.

    Left out: specks (also next to the typical object of this picture), and what fills much of the picture.
    """
    smallest, largest = max(_MIN_AREA_PX, _MIN_AREA_SHARE * labels.size), _MAX_AREA_SHARE * labels.size
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    large_enough = areas[areas >= smallest]
    if len(large_enough):
        smallest = max(smallest, _SPECK_SHARE * float(np.median(large_enough)))
    sums = np.bincount(labels.ravel(), weights=difference.ravel().astype(np.float64))
    for label in np.flatnonzero((areas >= smallest) & (areas <= largest)):
        contrast = float(sums[label] / areas[label])
        x, y, width, height = cv2.boundingRect((labels == label).astype(np.uint8))
        solidity = _solidity(labels[y : y + height, x : x + width] == label)
        yield _Found(int(label), contrast / (contrast + 2 * _MIN_CONTRAST) * solidity**2)


def _solidity(blob: NDArray[np.bool_]) -> float:
    """Return the blob's share of its convex hull."""
    contours, _ = cv2.findContours(blob.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(np.concatenate(contours))
    filled = cv2.fillConvexPoly(np.zeros(blob.shape, np.uint8), hull, 1)
    return min(float(blob.sum()) / max(int(filled.sum()), 1), 1.0)


def _enlarge(blob: NDArray[np.bool_], *, height: int, width: int) -> NDArray[np.bool_]:
    if blob.shape == (height, width):
        return blob
    large = cv2.resize(blob.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return large >= 0.5
