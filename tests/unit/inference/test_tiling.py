"""A large picture in windows: things that cross the seams are found once and whole."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.models import InputSpec
from workers.inference.merging import merge_views, stitch_views
from workers.inference.tiling import MOST_WINDOWS, OVERLAP, Window, windows_of
from workers.models.protocols import CroppedMask, Detections

TILE = 100
SPEC = InputSpec(height=TILE, width=TILE)
HEIGHT, WIDTH = 370, 530


def blobs(*, seed=3, count=40, most_px=60):
    """A picture (HEIGHT, WIDTH) of ellipses that do not touch, numbered from 1, and how many there are."""
    rng, drawn, number = np.random.default_rng(seed), np.zeros((HEIGHT, WIDTH), np.int32), 0
    while number < count:
        axes = rng.integers(4, most_px // 2, 2)
        centre = rng.integers([40, 40], [WIDTH - 40, HEIGHT - 40])
        shape, room = np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((HEIGHT, WIDTH), np.uint8)
        angle = float(rng.uniform(0, 180))
        cv2.ellipse(shape, centre.tolist(), axes.tolist(), angle, 0, 360, 1, -1)
        cv2.ellipse(room, centre.tolist(), (axes + 4).tolist(), angle, 0, 360, 1, -1)
        if not drawn[room > 0].any():
            number += 1
            drawn[shape > 0] = number
        most_px = max(16, most_px - 1)
    return drawn


def detect(drawn, *, masks=True, label_of=lambda number: number % 2):
    """What a perfect model says of a (part of a) picture: each component on it."""
    found, boxes, labels = [], [], []
    for number in np.unique(drawn[drawn > 0]).tolist():
        count, pieces = cv2.connectedComponents((drawn == number).astype(np.uint8), connectivity=4)
        for piece in range(1, count):
            rows, columns = np.nonzero(pieces == piece)
            y0, x0, y1, x1 = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
            boxes.append([x0, y0, x1, y1])
            labels.append(label_of(number))
            found.append(CroppedMask(int(x0), int(y0), (pieces == piece)[y0:y1, x0:x1]))
    scores = np.linspace(0.9, 0.5, len(boxes)) if boxes else np.empty(0)
    return Detections(
        np.array(boxes, np.float64).reshape(-1, 4), scores, np.array(labels, np.int64), tuple(found) if masks else None
    )


def detect_coarsely(drawn, factor=4, **options):
    """The same on the picture scaled down."""
    small = detect(drawn[::factor, ::factor], **options)
    height, width = drawn.shape
    masks = None
    if small.masks is not None:
        grown = [
            (m.x * factor, m.y * factor, m.mask.repeat(factor, axis=0).repeat(factor, axis=1)) for m in small.masks
        ]
        masks = tuple(CroppedMask(x, y, mask[: height - y, : width - x]) for x, y, mask in grown)
    boxes = np.minimum(small.boxes * factor, [width, height, width, height])
    return Detections(boxes, small.scores, small.labels, masks)


def boxes_of(drawn):
    return {tuple(box) for box in detect(drawn).boxes.tolist()}


def iou(a, b):
    shared = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return shared / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - shared)


def merge(drawn, *, masks=True):
    tiles = [
        (window, detect(window.cut(drawn), masks=masks)) for window in windows_of(*drawn.shape, SPEC, tile_px=TILE)
    ]
    return merge_views(tiles, detect_coarsely(drawn, masks=masks), height=HEIGHT, width=WIDTH)


@given(height=st.integers(1, 3_000), width=st.integers(1, 3_000))
def test_windows_cover_the_picture_and_share_a_fifth(height, width):
    windows = windows_of(height, width, SPEC, tile_px=256)
    if max(height, width) <= 256:
        assert windows == ()
        return
    assert len(windows) <= MOST_WINDOWS
    for along, length in ((0, width), (1, height)):
        spans = sorted({((w.x0, w.x1), (w.y0, w.y1))[along] for w in windows})
        assert (spans[0][0], spans[-1][1]) == (0, length)
        for (_, end), (start, next_end) in pairwise(spans):
            assert end - start >= OVERLAP * (next_end - start) - 1


def test_a_picture_of_twice_the_input_is_taken_as_it_is():
    assert windows_of(200, 200, SPEC, tile_px=100) == ()
    assert windows_of(300, 300, SPEC, tile_px=300) == ()
    assert len(windows_of(201, 100, SPEC, tile_px=100)) == 3


@pytest.mark.parametrize("seed", range(5))
def test_what_crosses_the_seams_is_found_once_and_nothing_is_lost(seed):
    drawn = blobs(seed=seed)
    found = merge(drawn)
    assert len(found.scores) == drawn.max()
    for number in range(1, drawn.max() + 1):
        truth = drawn == number
        best = max(_mask_iou(mask, truth) for mask in found.masks)
        assert best > 0.75
    assert np.all(np.diff(found.scores) <= 0)


@pytest.mark.parametrize("seed", range(5))
def test_boxes_that_cross_the_seams_are_found_once_too(seed):
    drawn = blobs(seed=seed, count=25)
    found = merge(drawn, masks=False)
    truth = detect(drawn).boxes
    assert len(found.scores) == len(truth)
    assert all(max(iou(box, other) for other in found.boxes) > 0.7 for box in truth)


def test_a_thing_larger_than_any_window_is_what_the_whole_picture_shows():
    drawn = np.zeros((HEIGHT, WIDTH), np.int32)
    drawn[60:300, 100:420] = 1
    assert [box.tolist() for box in merge(drawn).boxes] == [[100, 60, 420, 300]]


def test_pieces_are_united_where_the_whole_picture_shows_nothing():
    drawn = np.zeros((HEIGHT, WIDTH), np.int32)
    drawn[60:70, 20:500] = 1
    tiles = [(window, detect(window.cut(drawn))) for window in windows_of(*drawn.shape, SPEC, tile_px=TILE)]
    nothing = Detections(np.empty((0, 4)), np.empty(0), np.empty(0, np.int64), ())
    assert merge_views(tiles, nothing, height=HEIGHT, width=WIDTH).boxes.tolist() == [[20, 60, 500, 70]]


def test_two_classes_are_never_one_thing():
    window = Window(0, 0, TILE, TILE)
    one = Detections(np.array([[10.0, 10, 40, 40]]), np.array([0.9]), np.array([0]))
    other = Detections(np.array([[10.0, 10, 40, 40]]), np.array([0.8]), np.array([1]))
    assert len(merge_views([(window, one)], other, height=TILE, width=TILE).scores) == 2


def test_a_class_map_is_stitched_pixel_by_pixel():
    drawn = blobs(seed=1)
    tiles = [(window, detect(window.cut(drawn))) for window in windows_of(*drawn.shape, SPEC, tile_px=TILE)]
    found = stitch_views(tiles, height=HEIGHT, width=WIDTH)
    assert {tuple(box) for box in found.boxes.tolist()} == boxes_of(drawn)
    map_of_all = np.zeros((HEIGHT, WIDTH), np.int32)
    for mask, label in zip(found.masks, found.labels.tolist(), strict=True):
        h, w = mask.mask.shape
        map_of_all[mask.y : mask.y + h, mask.x : mask.x + w] += mask.mask * (label + 1)
    np.testing.assert_array_equal(map_of_all, np.where(drawn > 0, drawn % 2 + 1, 0))


def _mask_iou(cropped, truth):
    placed = np.zeros((HEIGHT, WIDTH), np.bool_)
    h, w = cropped.mask.shape
    placed[cropped.y : cropped.y + h, cropped.x : cropped.x + w] = cropped.mask
    return (placed & truth).sum() / (placed | truth).sum()
