"""How a picture lies in a model's input, and that its frame leads back to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.models import InputSpec
from workers.inference.frames import fit

FIXED = [
    InputSpec(height=h, width=w, resize=resize, multiple_of=1)
    for resize in ("letterbox", "letterbox_centred", "stretch")
    for h, w in ((64, 64), (48, 80))
]
OPEN = [
    InputSpec(height=None, width=None, resize=resize, multiple_of=multiple, shortest_px=64, longest_px=96)
    for resize in ("letterbox", "letterbox_centred", "stretch", "shortest_edge")
    for multiple in (1, 32)
]
specs = st.sampled_from([*FIXED, *OPEN])
sides = st.integers(1, 300)


@given(spec=specs, height=sides, width=sides)
def test_the_input_is_of_the_size_that_the_model_takes(spec, height, width):
    pixels, _ = fit(np.zeros((height, width, 3), np.uint8), spec)
    for side, fixed in zip(pixels.shape, (spec.height, spec.width), strict=False):
        assert side == fixed if fixed is not None and spec.resize != "shortest_edge" else side % spec.multiple_of == 0


@given(spec=specs, height=sides, width=sides)
def test_the_frame_says_exactly_where_the_picture_lies(spec, height, width):
    pixels, frame = fit(np.full((height, width, 3), 255, np.uint8), spec.model_copy(update={"pad_value": 0}))
    rows, columns = np.flatnonzero(pixels.any(axis=(1, 2))), np.flatnonzero(pixels.any(axis=(0, 2)))
    assert (frame.left, frame.top) == (columns[0], rows[0])
    assert width * frame.scale_x + frame.left == pytest.approx(columns[-1] + 1)
    assert height * frame.scale_y + frame.top == pytest.approx(rows[-1] + 1)
    assert (frame.height, frame.width) == (height, width)


@given(spec=specs, height=st.integers(20, 300), width=st.integers(20, 300))
def test_a_letter_box_keeps_the_aspect_up_to_the_rounding_of_a_side(spec, height, width):
    _, frame = fit(np.zeros((height, width, 3), np.uint8), spec)
    if spec.resize != "stretch":
        assert abs(frame.scale_x - frame.scale_y) <= 1 / min(height, width)


def test_a_point_is_found_again_where_the_frame_says():
    picture = np.zeros((90, 150, 3), np.uint8)
    picture[40:50, 100:110] = 255
    pixels, frame = fit(picture, InputSpec(height=120, width=120, pad_value=0))
    rows, columns = np.nonzero(pixels[:, :, 0] > 127)
    assert (columns.mean() + 0.5 - frame.left) / frame.scale_x == pytest.approx(105, abs=0.5)
    assert (rows.mean() + 0.5 - frame.top) / frame.scale_y == pytest.approx(45, abs=0.5)


def test_padding_is_right_and_below_or_all_round():
    picture = np.full((32, 64, 3), 200, np.uint8)
    corner, _ = fit(picture, InputSpec(height=64, width=64, resize="letterbox"))
    centred, _ = fit(picture, InputSpec(height=64, width=64, resize="letterbox_centred"))
    assert (corner[:32] == 200).all()
    assert (corner[32:] == 114).all()
    assert (centred[16:48] == 200).all()
    assert (centred[:16] == 114).all()
    assert (centred[48:] == 114).all()


def test_the_shortest_edge_is_as_asked_unless_the_longest_would_be_too_long():
    spec = InputSpec(height=None, width=None, resize="shortest_edge", shortest_px=80, longest_px=133, multiple_of=1)
    assert fit(np.zeros((40, 50, 3), np.uint8), spec)[0].shape == (80, 100, 3)
    assert fit(np.zeros((40, 200, 3), np.uint8), spec)[0].shape == (27, 133, 3)
