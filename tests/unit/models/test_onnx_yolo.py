"""YOLO networks: what the adapter finds is what their outputs, decoded one cell after the other, say."""

import numpy as np
import pytest

from schema.models import InputSpec, ModelFamily, ModelTask, Thresholds
from tests.unit.models import onnx_networks
from tests.unit.models.onnx_running import (
    SPEC,
    THRESHOLDS,
    assert_mask,
    card_of,
    centres_within,
    fill,
    interpolate_whole,
    load,
    photograph,
    show,
    square,
    to_picture,
)
from tests.unit.models.test_onnx_suppression import suppress_slowly
from workers.models.failures import ModelFailed

BUILDERS = {
    "v5": onnx_networks.yolo_v5,
    "v5-segment": onnx_networks.yolo_v5_segment,
    "v8": onnx_networks.yolo_v8,
    "v8-segment": onnx_networks.yolo_v8_segment,
}
FLOOR = THRESHOLDS.floor
DECODERS = list(BUILDERS)
# Wide and low with padding above and below; narrow with padding left and right; smaller than the input.
PICTURES = {"wide": (200, 500), "narrow": (400, 300), "small": (50, 40, 8)}


def yolo_card(decoder, **fields):
    task = ModelTask.INSTANCES if decoder.endswith("segment") else ModelTask.BOXES
    return card_of(ModelFamily.ONNX_YOLO, task, decoder, **fields)


def read_slowly(cells, decoder, *, floor, most_iou=0.5, most=300, classes=2):
    """Decode cells one by one: a list of (box in px of the input, score, label, rest), best first."""
    found = []
    for cell in cells[0] if decoder.startswith("v5") else cells[0].T:
        x, y, width, height = cell[:4].astype(float)
        start = 5 if decoder.startswith("v5") else 4
        scores = [float(cell[start + c]) * (float(cell[4]) if start == 5 else 1.0) for c in range(classes)]
        label = int(np.argmax(scores))
        if scores[label] >= floor:
            box = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
            found.append((box, scores[label], label, cell[start + classes :].astype(float)))
    boxes, scores, labels, _ = zip(*found, strict=True)
    return [found[i] for i in suppress_slowly(boxes, scores, labels, most_iou, most)]


@pytest.mark.parametrize("size", PICTURES)
@pytest.mark.parametrize("decoder", DECODERS)
def test_boxes_scores_and_classes_of_a_photograph_are_those_of_a_direct_forward(tmp_path, decoder, size):
    card = yolo_card(decoder)
    found, frame, raw = show(tmp_path, BUILDERS[decoder](), card, photograph(*PICTURES[size])).single()
    expected = read_slowly(raw["output0"], decoder, floor=FLOOR)
    assert len(expected) > 5
    assert {label for _, _, label, _ in expected} == {0, 1}
    np.testing.assert_allclose(found.boxes, [to_picture(box, frame) for box, *_ in expected], atol=1e-3)
    np.testing.assert_allclose(found.scores, [score for _, score, _, _ in expected], atol=1e-6)
    assert found.labels.tolist() == [label for _, _, label, _ in expected]


@pytest.mark.parametrize("decoder", ["v5-segment", "v8-segment"])
def test_cropped_masks_are_those_of_the_whole_picture(tmp_path, decoder):
    found, frame, raw = show(tmp_path, BUILDERS[decoder](), yolo_card(decoder), photograph(400, 300)).single()
    expected = read_slowly(raw["output0"], decoder, floor=FLOOR)
    maps = np.tensordot([rest for *_, rest in expected], raw["output1"][0].astype(float), 1)
    values = interpolate_whole(maps, frame, (64, 64))
    filled = 0
    for mask, box, logits in zip(found.masks, found.boxes, values, strict=True):
        assert_mask(mask, logits, 0.0, frame, within=centres_within(box, frame))
        filled += fill(mask, frame).any()
    assert filled > 5


def test_a_mask_threshold_is_one_of_probabilities(tmp_path):
    card = yolo_card("v8-segment", thresholds=Thresholds(floor=FLOOR, mask=0.9))
    found, frame, raw = show(tmp_path, BUILDERS["v8-segment"](), card, photograph(400, 300)).single()
    [*_, rest] = read_slowly(raw["output0"], "v8-segment", floor=FLOOR)[0]
    logits = interpolate_whole(np.tensordot(rest, raw["output1"][0], 1)[None], frame, (64, 64))[0]
    assert_mask(found.masks[0], 1 / (1 + np.exp(-logits)), 0.9, frame, within=centres_within(found.boxes[0], frame))


def test_key_points_come_back_with_their_boxes(tmp_path):
    names = ("first", "last")
    card = card_of(ModelFamily.ONNX_YOLO, ModelTask.KEYPOINTS, "v8-pose", colours=("bright",), keypoints=names)
    found, frame, raw = show(tmp_path, onnx_networks.yolo_v8_pose(), card, photograph(200, 500)).single()
    expected = read_slowly(raw["output0"], "v8-pose", floor=FLOOR, classes=1)
    assert found.keypoints.shape == (len(expected), 2, 3)
    points = [
        [[(x - frame.left) / frame.scale_x, (y - frame.top) / frame.scale_y, s] for x, y, s in rest.reshape(2, 3)]
        for *_, rest in expected
    ]
    np.testing.assert_allclose(found.keypoints, points, atol=1e-3)
    inside = (found.boxes[:, 0] > 0) & (found.boxes[:, 1] > 0)
    assert inside.any()
    np.testing.assert_allclose(found.keypoints[inside, 0, :2], found.boxes[inside, :2], atol=1e-3)


def test_of_suppressed_boxes_nothing_is_suppressed_again(tmp_path):
    found, frame, raw = show(tmp_path, onnx_networks.yolo_end2end(), yolo_card("end2end"), photograph()).single()
    expected = [row for row in raw["output0"][0] if row[4] >= FLOOR]
    assert 0 < len(expected) < 12
    np.testing.assert_allclose(found.boxes, [to_picture(row[:4], frame) for row in expected], atol=1e-3)
    np.testing.assert_allclose(found.scores, [row[4] for row in expected], atol=1e-6)
    assert found.labels.tolist() == [int(row[5]) for row in expected]


@pytest.mark.parametrize("decoder", ["v8", "end2end"])
def test_a_square_is_found_where_it_lies(tmp_path, decoder):
    body = onnx_networks.yolo_end2end() if decoder == "end2end" else onnx_networks.yolo_v8(grow=1.0)
    found, _, _ = show(tmp_path, body, yolo_card(decoder), square(64, 32, 96, 64)).single()
    at = np.equal(found.boxes, [64.0, 32.0, 96.0, 64.0])
    assert at.all(axis=1).sum() == 1
    assert (found.labels == 0).all()
    inside = (found.boxes[:, :2] >= [64, 32]).all(axis=1) & (found.boxes[:, 2:] <= [96, 64]).all(axis=1)
    assert inside.all()


def test_a_mask_is_the_square_where_it_lies(tmp_path):
    picture = square(50, 40, 100, 90)
    found, frame, _ = show(tmp_path, BUILDERS["v8-segment"](), yolo_card("v8-segment"), picture).single()
    truth = picture[..., 0] == 255
    for mask, box in zip(found.masks, found.boxes, strict=True):
        expected = truth & centres_within(box, frame)
        shared = (fill(mask, frame) & expected).sum()
        assert shared / (fill(mask, frame) | expected).sum() > 0.75


def test_three_pictures_at_once_give_what_each_gives_alone(tmp_path):
    body, card = BUILDERS["v8-segment"](), yolo_card("v8-segment")
    pictures = [photograph(*size) for size in PICTURES.values()]
    together = show(tmp_path, body, card, *pictures).found
    for found, picture in zip(together, pictures, strict=True):
        alone, frame, _ = show(tmp_path, body, card, picture).single()
        np.testing.assert_allclose(found.boxes, alone.boxes)
        np.testing.assert_allclose(found.scores, alone.scores, atol=1e-6)
        assert found.labels.tolist() == alone.labels.tolist()
        for one, other in zip(found.masks, alone.masks, strict=True):
            assert (fill(one, frame) != fill(other, frame)).sum() <= 2


def test_what_is_seen_in_the_padding_is_left_out(tmp_path):
    card = yolo_card("end2end", spec=SPEC.model_copy(update={"pad_value": 255}))
    found, _, raw = show(tmp_path, onnx_networks.yolo_end2end(), card, square(32, 0, 64, 32, height=64)).single()
    assert (raw["output0"][0, :, 4] > 0.9).sum() == 9  # eight cells of the padding are as bright as the square
    assert found.boxes.tolist() == [[32, 0, 64, 32]]


def test_at_most_as_many_objects_as_the_card_says(tmp_path):
    body, picture = BUILDERS["v8"](), photograph()
    every = show(tmp_path, body, yolo_card("v8"), picture).found[0]
    few = show(tmp_path, body, yolo_card("v8", max_objects=4), picture).found[0]
    assert few.scores.tolist() == every.scores[:4].tolist()


def test_an_even_picture_gives_nothing(tmp_path):
    card = yolo_card("v8-segment", spec=SPEC.model_copy(update={"pad_value": 110}))
    grey = np.full((40, 90, 3), 110, np.uint8)
    found, _, _ = show(tmp_path, BUILDERS["v8-segment"](), card, grey).single()
    assert found.boxes.shape == (0, 4)
    assert found.masks == ()


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (yolo_card("v8", colours=("a", "b", "c")), "3 classes 7 numbers a cell"),
        (yolo_card("v5"), "7 numbers a cell"),
        (yolo_card("v8-segment"), "prototypes"),
    ],
)
def test_outputs_that_do_not_fit_the_card_are_told(tmp_path, card, words):
    with pytest.raises(ModelFailed, match=words):
        show(tmp_path, BUILDERS["v8"](), card, photograph())


def test_an_unknown_decoder_is_told(tmp_path):
    with pytest.raises(ModelFailed, match="v8-segment"):
        load(tmp_path, BUILDERS["v8"](), yolo_card("v3"))


def test_a_rectangular_input_is_read_along_its_own_sides(tmp_path):
    card = yolo_card("v8", spec=InputSpec(height=96, width=160))
    found, frame, raw = show(tmp_path, onnx_networks.yolo_v8(96, 160), card, photograph(400, 300)).single()
    expected = read_slowly(raw["output0"], "v8", floor=FLOOR)
    np.testing.assert_allclose(found.boxes, [to_picture(box, frame) for box, *_ in expected], atol=1e-3)
