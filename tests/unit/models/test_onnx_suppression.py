"""Overlap and suppression of boxes, and their way from the input back to the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.models import InputSpec
from workers.inference.frames import fit
from workers.models.adapters.boxes import are_seen, cut_off, from_centres, iou, suppress, to_picture


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / union if union > 0 else 0.0


def suppress_slowly(boxes, scores, labels, most_iou, most):
    kept = []
    for i in sorted(range(len(scores)), key=lambda i: -scores[i]):
        if all(labels[i] != labels[j] or overlap(boxes[i], boxes[j]) <= most_iou for j in kept):
            kept.append(i)
    return kept[:most]


@pytest.mark.parametrize("seed", range(20))
def test_suppression_keeps_what_a_double_loop_keeps(seed):
    random = np.random.default_rng(seed)
    corners = random.integers(0, 40, (200, 2)).astype(np.float64)
    boxes = np.concatenate((corners, corners + random.integers(0, 30, (200, 2))), axis=1)
    scores, labels = random.integers(0, 50, 200) / 50, random.integers(0, 3, 200)
    most_iou, most = random.choice([0.3, 0.5, 0.7]), random.choice([5, 300])
    expected = suppress_slowly(boxes, scores, labels, most_iou, most)
    assert suppress(boxes, scores, labels, most_iou=most_iou, most=most).tolist() == expected
    assert len(expected) < 200


def test_boxes_of_two_classes_do_not_suppress_each_other():
    boxes = np.array([[0, 0, 10, 10]] * 3, np.float64)
    kept = suppress(boxes, np.array([0.5, 0.9, 0.8]), np.array([0, 1, 1]), most_iou=0.5, most=10)
    assert kept.tolist() == [1, 0]


def test_an_overlap_of_exactly_the_threshold_is_kept():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 5]], np.float64)
    assert iou(boxes[:1], boxes[1:]).tolist() == [[0.5]]
    assert len(suppress(boxes, np.array([0.9, 0.8]), np.zeros(2, np.int64), most_iou=0.5, most=10)) == 2


def test_nothing_to_suppress_is_nothing_kept():
    empty = np.empty((0, 4))
    assert suppress(empty, np.empty(0), np.empty(0, np.int64), most_iou=0.5, most=10).tolist() == []


def test_boxes_of_no_area_overlap_nothing():
    flat = np.array([[5, 5, 5, 9]], np.float64)
    assert iou(flat, flat).tolist() == [[0.0]]


@given(
    height=st.integers(1, 700),
    width=st.integers(1, 700),
    resize=st.sampled_from(["letterbox", "letterbox_centred", "stretch", "shortest_edge"]),
    fractions=st.tuples(*[st.floats(0, 1)] * 4),
)
def test_a_box_that_is_put_into_the_input_comes_back_exactly(height, width, resize, fractions):
    spec = InputSpec(height=96, width=64, resize=resize, shortest_px=64, longest_px=128)
    _, frame = fit(np.zeros((height, width, 3), np.uint8), spec)
    box = np.array([fractions[0] * width, fractions[1] * height, fractions[2] * width, fractions[3] * height])
    x, y = box[0::2] * frame.scale_x + frame.left, box[1::2] * frame.scale_y + frame.top
    centre = [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2, x[1] - x[0], y[1] - y[0]]
    back = to_picture(from_centres([centre]), frame)
    assert np.abs(back - box).max() < 1e-9 * max(height, width, 1) + 1e-9 / min(frame.scale_x, frame.scale_y)


def test_a_box_in_the_padding_or_of_no_number_is_not_seen():
    _, frame = fit(np.zeros((50, 100, 3), np.uint8), InputSpec(height=64, width=64))
    inputs = [[0, 20, 9, 44], [0, 0, 64, 16], [0, 0, np.inf, 64], [0, np.nan, 9, 44], [9, 40, 5, 44]]
    assert are_seen(to_picture(np.array(inputs), frame), frame).tolist() == [True, False, False, False, False]


def test_what_reaches_beyond_the_picture_is_cut_off():
    _, frame = fit(np.zeros((50, 100, 3), np.uint8), InputSpec(height=64, width=64))
    boxes = to_picture(np.array([[-5.0, 0.0, 70.0, 64.0], [0.0, 0.0, 64.0, 10.0]]), frame)
    assert cut_off(boxes, frame).tolist() == [[0, 0, 100, 50], [0, 0, 100, 0]]
