"""What a model found in several windows of a picture, as one answer: nothing twice, and nothing in pieces.

After slicing aided inference (`tiling.py`), but what is compared across a seam is only what both windows saw.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from workers.inference.tiling import OVERLAP, Window
from workers.models.protocols import CroppedMask, Detections

View = tuple[Window, Detections]
SAME_IOU: Final = 0.4
# Of a piece's part in the overlap, so much lies in what it is a piece of.
SAME_PIECE: Final = 0.5
# A thing that ends so near to the edge of its window, in parts of the window's side, is taken as cut off.
_NEAR_EDGE: Final = 0.005
_Box = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Found:
    """One detection in px of the picture; `is_cut`: it reaches an edge that only its window has."""

    view: int
    window: _Box
    box: _Box
    score: float
    label: int
    mask: CroppedMask | None
    keypoints: NDArray[np.float64] | None
    is_cut: bool


def merge_views(tiles: Sequence[View], whole: Detections, *, height: int, width: int) -> Detections:
    """Return one answer of those to overlapping windows and to the whole picture, best score first.

    Of the whole picture only what is larger than the overlap counts: some window saw all else entirely. Detections of
    a class in two views are one thing when one that is cut off lies, of its part in the overlap, by `SAME_PIECE` in
    the other; or, both entire, when their IoU is at least `SAME_IOU`.
    """
    found = _gather([*tiles, (Window(0, 0, width, height), whole)], height, width)
    largest = max((max(w.x1 - w.x0, w.y1 - w.y0) for w, _ in tiles), default=0)
    found = [f for f in found if f.view < len(tiles) or max(_sides(f.box)) > OVERLAP * largest]
    groups = _group(found, reach_px=0.0, are_one=_are_one)
    return _in_order([_unite_pieces([found[i] for i in group]) for group in groups])


def stitch_views(tiles: Sequence[View], *, height: int, width: int) -> Detections:
    """Return one class map's components of those of overlapping windows: at each pixel the window rules that sees most
    around it. Components that touch across a seam are one; its score is the mean over their pixels."""
    cores = _cores([window for window, _ in tiles])
    whole = [found for found in _gather(tiles, height, width) if found.mask is not None]
    found = [piece for piece in (_clip(component, cores[component.view]) for component in whole) if piece is not None]
    groups = _group(found, reach_px=1.0, are_one=_touch)
    return _in_order([_unite_components([found[i] for i in group]) for group in groups])


def _gather(views: Sequence[View], height: int, width: int) -> list[_Found]:
    gathered = []
    for number, (window, detections) in enumerate(views):
        offset = np.array([window.x0, window.y0], np.float64)
        edges = np.array([window.x0, window.y0, window.x1, window.y1], np.float64)
        inner = edges != np.array([0, 0, width, height])
        near_px = max(1.0, _NEAR_EDGE * max(window.x1 - window.x0, window.y1 - window.y0))
        for i, box in enumerate(detections.boxes):
            placed = box + np.tile(offset, 2)
            mask = detections.masks[i] if detections.masks is not None else None
            keypoints = detections.keypoints[i].copy() if detections.keypoints is not None else None
            if keypoints is not None:
                keypoints[:, :2] += offset
            gathered.append(
                _Found(
                    view=number,
                    window=edges,
                    box=placed,
                    score=float(detections.scores[i]),
                    label=int(detections.labels[i]),
                    mask=CroppedMask(mask.x + window.x0, mask.y + window.y0, mask.mask) if mask is not None else None,
                    keypoints=keypoints,
                    is_cut=bool((inner & (np.abs(placed - edges) <= near_px)).any()),
                )
            )
    return gathered


def _group(found: Sequence[_Found], *, reach_px: float, are_one: Callable[[_Found, _Found], bool]) -> list[list[int]]:
    """Return groups of indices: those that are one thing, directly or by way of others."""
    leader = list(range(len(found)))

    def lead(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for first, second in _iter_near(found, reach_px):
        if lead(first) != lead(second) and are_one(found[first], found[second]):
            leader[lead(second)] = lead(first)
    groups: dict[int, list[int]] = {}
    for index in range(len(found)):
        groups.setdefault(lead(index), []).append(index)
    return list(groups.values())


def _iter_near(found: Sequence[_Found], reach_px: float) -> Iterator[tuple[int, int]]:
    """Yield pairs of one class in two views whose boxes meet, or nearly."""
    if not found:
        return
    boxes = np.stack([f.box for f in found])
    labels, views = np.array([f.label for f in found]), np.array([f.view for f in found])
    for i in range(len(found) - 1):
        rest = boxes[i + 1 :]
        meet = (rest[:, :2] <= boxes[i, 2:] + reach_px).all(axis=1) & (rest[:, 2:] >= boxes[i, :2] - reach_px).all(
            axis=1
        )
        near = meet & (labels[i + 1 :] == labels[i]) & (views[i + 1 :] != views[i])
        for j in np.flatnonzero(near).tolist():
            yield i, i + 1 + j


def _are_one(first: _Found, second: _Found) -> bool:
    both_saw = _intersect(first.window, second.window)
    if first.is_cut or second.is_cut:
        shared_px, first_px, second_px = _areas(first, second, both_saw)
        pieces = [px for f, px in ((first, first_px), (second, second_px)) if f.is_cut]
        return shared_px > 0 and shared_px >= SAME_PIECE * min(pieces)
    return _are_alike(first, second)


def _are_alike(first: _Found, second: _Found) -> bool:
    shared_px, first_px, second_px = _areas(first, second, _hull([first.box, second.box]))
    return shared_px > 0 and shared_px >= SAME_IOU * (first_px + second_px - shared_px)


def _areas(first: _Found, second: _Found, within: _Box) -> tuple[float, float, float]:
    """Return the areas of the intersection and of both within a box, px: of masks where both have one."""
    if first.mask is not None and second.mask is not None:
        a, b = _lay(first.mask, within), _lay(second.mask, within)
        if a is None or b is None:
            return 0.0, 0.0, 0.0
        area = _intersect(_place(a), _place(b))
        inner_a, inner_b = _lay(a, area), _lay(b, area)
        shared = 0 if inner_a is None or inner_b is None else int((inner_a.mask & inner_b.mask).sum())
        return float(shared), float(a.mask.sum()), float(b.mask.sum())
    one, other = _intersect(first.box, within), _intersect(second.box, within)
    return _area(_intersect(one, other)), _area(one), _area(other)


def _touch(first: _Found, second: _Found) -> bool:
    """Tell whether a pixel of one lies beside (not only at a corner of) a pixel of the other."""
    assert first.mask is not None
    assert second.mask is not None
    area = _intersect(_place(first.mask) + np.array([-1, -1, 1, 1]), _place(second.mask))
    there = _lay(second.mask, area)
    if there is None:
        return False
    wide = np.array([-1, -1, 1, 1]) + _place(there)
    here = np.zeros((there.mask.shape[0] + 2, there.mask.shape[1] + 2), np.bool_)
    part = _lay(first.mask, wide)
    if part is None:
        return False
    y, x = part.y - int(wide[1]), part.x - int(wide[0])
    here[y : y + part.mask.shape[0], x : x + part.mask.shape[1]] = part.mask
    beside = here[:-2, 1:-1] | here[2:, 1:-1] | here[1:-1, :-2] | here[1:-1, 2:]
    return bool((beside & there.mask).any())


def _unite_pieces(group: Sequence[_Found]) -> _Found:
    """Return the best detection of those in the smallest window that saw the thing entirely, or its pieces as one.

    Pieces of small windows are finer than what the whole picture shows, and count for it where both agree.
    """
    entire = sorted((f for f in group if not f.is_cut), key=lambda f: (_area(f.window), -f.score))
    pieces = [f for f in group if f.is_cut]
    if not pieces:
        return entire[0]
    best = max(group, key=lambda f: f.score)
    masks = [f.mask for f in pieces if f.mask is not None]
    united = replace(best, box=_hull([f.box for f in pieces]), mask=_unite_masks(masks) if masks else None)
    if not entire:
        return united
    is_finer = _area(pieces[0].window) < _area(entire[0].window)
    return united if is_finer and _are_alike(united, entire[0]) else entire[0]


def _unite_components(group: Sequence[_Found]) -> _Found:
    masks = [f.mask for f in group if f.mask is not None]
    areas = np.array([mask.mask.sum() for mask in masks], np.float64)
    score = float(np.average([f.score for f in group], weights=areas))
    united = _unite_masks(masks)
    return replace(group[0], box=_place(united), mask=united, score=score)


def _unite_masks(masks: Sequence[CroppedMask]) -> CroppedMask:
    x0, y0, x1, y1 = _hull([_place(mask) for mask in masks]).astype(int).tolist()
    united = np.zeros((y1 - y0, x1 - x0), np.bool_)
    for mask in masks:
        height, width = mask.mask.shape
        united[mask.y - y0 : mask.y - y0 + height, mask.x - x0 : mask.x - x0 + width] |= mask.mask
    return CroppedMask(x0, y0, united)


def _cores(windows: Sequence[Window]) -> list[_Box]:
    """Return what each window of a grid rules: up to the middle of what it shares with its neighbours."""
    columns = sorted({(w.x0, w.x1) for w in windows})
    rows = sorted({(w.y0, w.y1) for w in windows})
    inner_columns, inner_rows = _up_to_the_middle(columns), _up_to_the_middle(rows)
    cores = []
    for w in windows:
        (x0, x1), (y0, y1) = inner_columns[w.x0, w.x1], inner_rows[w.y0, w.y1]
        cores.append(np.array([x0, y0, x1, y1], np.float64))
    return cores


def _up_to_the_middle(spans: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[int, int]]:
    seams = [(before[1] + after[0]) // 2 for before, after in pairwise(spans)]
    starts, ends = [spans[0][0], *seams], [*seams, spans[-1][1]]
    return dict(zip(spans, zip(starts, ends, strict=True), strict=True))


def _clip(found: _Found, core: _Box) -> _Found | None:
    assert found.mask is not None
    mask = _lay(found.mask, core)
    return replace(found, mask=mask, box=_place(mask)) if mask is not None and mask.mask.any() else None


def _lay(mask: CroppedMask, within: _Box) -> CroppedMask | None:
    """Return the part of a mask within a box of whole px, None where they do not meet."""
    x0, y0, x1, y1 = _intersect(_place(mask), within).astype(int).tolist()
    if x1 <= x0 or y1 <= y0:
        return None
    return CroppedMask(x0, y0, mask.mask[y0 - mask.y : y1 - mask.y, x0 - mask.x : x1 - mask.x])


def _place(mask: CroppedMask) -> _Box:
    height, width = mask.mask.shape
    return np.array([mask.x, mask.y, mask.x + width, mask.y + height], np.float64)


def _intersect(a: _Box, b: _Box) -> _Box:
    return np.concatenate([np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])])


def _hull(boxes: Sequence[_Box]) -> _Box:
    stacked = np.stack(boxes)
    return np.concatenate([stacked[:, :2].min(axis=0), stacked[:, 2:].max(axis=0)])


def _sides(box: _Box) -> tuple[float, float]:
    return max(0.0, float(box[2] - box[0])), max(0.0, float(box[3] - box[1]))


def _area(box: _Box) -> float:
    width, height = _sides(box)
    return width * height


def _in_order(found: Sequence[_Found]) -> Detections:
    ordered = sorted(found, key=lambda f: -f.score)
    masks = [f.mask for f in ordered if f.mask is not None]
    keypoints = [f.keypoints for f in ordered if f.keypoints is not None]
    return Detections(
        boxes=np.stack([f.box for f in ordered]) if ordered else np.empty((0, 4)),
        scores=np.array([f.score for f in ordered], np.float64),
        labels=np.array([f.label for f in ordered], np.int64),
        masks=tuple(masks) if masks and len(masks) == len(ordered) else None,
        keypoints=np.stack(keypoints) if keypoints and len(keypoints) == len(ordered) else None,
    )
