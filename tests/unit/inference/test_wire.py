"""What a model's child sends is read within limits, whatever it is."""

import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.models.protocols import CroppedMask, Detections, Frame
from workers.models.wire import Messages, WireError, pack, unpack

FRAME = Frame(height=20, width=30, scale_x=1.0, scale_y=1.0, left=0.0, top=0.0)
MASK = np.random.default_rng(0).random((7, 5)) > 0.5
FOUND = Detections(
    boxes=np.array([[1.0, 2, 3, 4], [5, 6, 7, 8]]),
    scores=np.array([0.5, 0.25]),
    labels=np.array([3, 1]),
    masks=(CroppedMask(25, 13, MASK), CroppedMask(0, 0, np.zeros((0, 0), np.bool_))),
    keypoints=np.arange(12, dtype=np.float64).reshape(2, 2, 3),
)
NOTHING = Detections(np.empty((0, 4)), np.empty(0), np.empty(0, np.int64))


def parse(message):
    line, payload = message.split(b"\n", 1)
    return json.loads(line), payload


def test_what_was_packed_is_unpacked():
    header, payload = parse(pack({"number": 1}, [FOUND, "a fault", NOTHING]))
    first, fault, nothing = unpack(header, payload, [FRAME] * 3)
    for name in ("boxes", "scores", "labels", "keypoints"):
        np.testing.assert_array_equal(getattr(first, name), getattr(FOUND, name))
    assert [(m.x, m.y) for m in first.masks] == [(25, 13), (0, 0)]
    np.testing.assert_array_equal(first.masks[0].mask, MASK)
    assert fault == "a fault"
    assert (len(nothing.scores), nothing.masks, nothing.keypoints) == (0, None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 10**9},
        {"count": -1},
        {"count": True},
        {"count": "2"},
        {"keypoints": 10**9},
        {"masks": [[25, 13, 7, 6], [0, 0, 0, 0]]},
        {"masks": [[0, 0, 10**9, 10**9], [0, 0, 0, 0]]},
        {"masks": [[-1, 0, 7, 5], [0, 0, 0, 0]]},
        {"masks": [[0, 0]]},
        {"masks": 7},
        {"count": 1},
    ],
)
def test_sizes_that_cannot_be_are_refused(change):
    header, payload = parse(pack({"number": 1}, [FOUND]))
    header["pictures"][0] |= change
    with pytest.raises(WireError):
        unpack(header, payload, [FRAME])


def test_more_or_fewer_pictures_than_asked_are_refused():
    header, payload = parse(pack({"number": 1}, [FOUND]))
    with pytest.raises(WireError):
        unpack(header, payload, [FRAME] * 2)


@given(cut=st.integers(0, 400))
def test_a_payload_that_is_too_short_is_refused(cut):
    header, payload = parse(pack({"number": 1}, [FOUND]))
    if cut < len(payload):
        with pytest.raises(WireError):
            unpack(header, payload[:cut], [FRAME])


@given(noise=st.binary(max_size=300))
def test_noise_in_the_pipe_is_never_more_than_an_error(noise):
    reading, writing = os.pipe()
    os.write(writing, noise + b"\n")
    os.close(writing)
    messages = Messages(reading)
    try:
        while not messages.is_over:
            for header, payload in messages.read():
                unpack(header, payload, [FRAME])
    except WireError:
        pass
    finally:
        os.close(reading)


def test_messages_come_whole_however_they_are_cut():
    reading, writing = os.pipe()
    sent = pack({"number": 1}, [FOUND]) + pack({"number": 2}, ["no"])
    messages, got = Messages(reading), []
    for start in range(0, len(sent), 11):
        os.write(writing, sent[start : start + 11])
        got += messages.read()
    os.close(writing)
    assert [header["number"] for header, _ in got] == [1, 2]
    assert list(messages.read()) == []
    assert messages.is_over
    os.close(reading)
