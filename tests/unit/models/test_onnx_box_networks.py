"""ONNX networks of boxes, scores and labels, of DETR's outputs, and CenterNet: read as their outputs say."""

import numpy as np
import pytest

from schema.models import ModelFamily, ModelTask
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
from workers.models.adapters.masks import Grid, mask_within, pixels_within
from workers.models.failures import ModelFailed
from workers.models.protocols import Frame

FLOOR = THRESHOLDS.floor


def boxes_card(decoder="boxes", *, masks=False, **fields):
    return card_of(ModelFamily.ONNX_BOXES, ModelTask.INSTANCES if masks else ModelTask.BOXES, decoder, **fields)


def centernet_card(**fields):
    return card_of(ModelFamily.ONNX_CENTERNET, ModelTask.BOXES, "centernet", **fields)


def assert_found(found, expected, frame):
    """What was found is `expected`, a list of (box in px of the input, score, label), the best first."""
    expected = sorted(expected, key=lambda entry: -entry[1])
    assert len(expected) > 1
    np.testing.assert_allclose(found.boxes, [to_picture(box, frame) for box, *_ in expected], atol=1e-3)
    np.testing.assert_allclose(found.scores, [score for _, score, _ in expected], atol=1e-6)
    assert found.labels.tolist() == [label for *_, label in expected]


@pytest.mark.parametrize("normalised", [False, True])
def test_boxes_scores_and_labels_are_taken_as_they_are(tmp_path, normalised):
    card = boxes_card("boxes-normalised" if normalised else "boxes")
    found, frame, raw = show(tmp_path, onnx_networks.boxes(normalised=normalised), card, photograph(200, 400)).single()
    sides = 64 if normalised else 1
    expected = zip((raw["boxes"] * sides).tolist(), raw["scores"].tolist(), raw["labels"].tolist(), strict=True)
    assert_found(found, list(expected), frame)
    assert found.masks is None


def test_boxes_with_an_axis_for_the_batch_are_run_together(tmp_path):
    body, pictures = onnx_networks.boxes_batched(), [photograph(200, 400), photograph(400, 300), photograph(50, 40, 8)]
    shown = show(tmp_path, body, boxes_card(), *pictures)
    for found, frame, raw in zip(shown.found, shown.frames, shown.raw, strict=True):
        rows = zip(raw["boxes"][0].tolist(), raw["scores"][0].tolist(), raw["labels"][0].tolist(), strict=True)
        assert_found(found, [row for row in rows if row[1] >= FLOOR], frame)


def test_boxes_without_such_an_axis_are_run_one_by_one(tmp_path):
    pictures = [photograph(200, 400), np.full((70, 60, 3), 110, np.uint8), photograph(400, 300)]
    card = boxes_card(spec=SPEC.model_copy(update={"pad_value": 110}))
    shown = show(tmp_path, onnx_networks.boxes(), card, *pictures)
    for found, raw in zip(shown.found, shown.raw, strict=True):
        np.testing.assert_allclose(found.scores, sorted(raw["scores"].tolist(), reverse=True), atol=1e-6)
    assert [len(found.scores) > 0 for found in shown.found] == [True, False, True]


def test_masks_over_the_input_are_those_of_the_whole_picture(tmp_path):
    card = boxes_card(masks=True)
    found, frame, raw = show(tmp_path, onnx_networks.boxes(masks="input"), card, photograph(400, 300)).single()
    order = np.argsort(-raw["scores"], kind="stable")
    values = interpolate_whole(raw["masks"][order, 0], frame, (64, 64))
    for mask, probabilities in zip(found.masks, values, strict=True):
        assert_mask(mask, probabilities, 0.5, frame)
        assert fill(mask, frame).any()


def test_masks_over_their_boxes_lie_where_those_over_the_input_do(tmp_path):
    card, picture = boxes_card(masks=True), photograph(400, 300)
    over_boxes, frame, _ = show(tmp_path, onnx_networks.boxes(masks="box"), card, picture).single()
    over_input = show(tmp_path, onnx_networks.boxes(masks="input"), card, picture).found[0]
    for one, other, box in zip(over_boxes.masks, over_input.masks, over_boxes.boxes, strict=True):
        expected = fill(other, frame) & centres_within(box, frame)
        shared = (fill(one, frame) & expected).sum()
        assert shared >= 0.9 * (fill(one, frame) | expected).sum() > 0  # only a box's outermost pixels may differ


def test_a_mask_over_a_box_that_reaches_beyond_the_picture_keeps_its_place():
    frame = Frame(height=20, width=20, scale_x=1.0, scale_y=1.0, left=0.0, top=0.0)
    box = np.array([-10.0, 0.0, 10.0, 20.0])
    cells = np.zeros((2, 4))
    cells[:, 2] = 1.0  # of the box's third quarter: x from 0 to 5
    mask = mask_within(cells, Grid.of_box(box, (2, 4)), pixels_within(box, frame), above=0.5)
    assert (mask.x, mask.y, mask.mask.shape) == (0, 0, (20, 5))
    assert mask.mask.all()


def test_masks_of_logits_are_known_by_their_values(tmp_path):
    body, picture = onnx_networks.boxes(masks="input"), photograph(400, 300)
    as_logits = onnx_networks.boxes(masks="input", mask_logits=True)
    card = boxes_card(masks=True)
    of_probabilities, frame, _ = show(tmp_path, body, card, picture).single()
    of_logits = show(tmp_path, as_logits, card, picture).found[0]
    for one, other in zip(of_probabilities.masks, of_logits.masks, strict=True):
        differing = (fill(one, frame) != fill(other, frame)).sum()  # interpolated before or after the sigmoid
        assert differing <= 0.1 * fill(one, frame).sum()


@pytest.mark.parametrize("no_object", [False, True])
def test_queries_are_read_by_their_number_of_logits(tmp_path, no_object):
    body = onnx_networks.detr(no_object=no_object)
    found, frame, raw = show(tmp_path, body, boxes_card("detr"), photograph(400, 300)).single()
    expected = []
    for logits, (x, y, width, height) in zip(raw["logits"][0].astype(float), raw["pred_boxes"][0] * 64, strict=True):
        box = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
        if no_object:
            scores = (np.exp(logits) / np.exp(logits).sum())[:-1]
            entries = [(box, scores.max(), int(scores.argmax()))]
        else:
            entries = [(box, 1 / (1 + np.exp(-logit)), label) for label, logit in enumerate(logits)]
        expected += [entry for entry in entries if entry[1] >= FLOOR]
    assert {label for *_, label in expected} == {0, 1}
    assert_found(found, expected, frame)


def test_a_query_may_stand_for_two_classes_where_each_has_its_own_logit(tmp_path):
    body = onnx_networks.detr(colours=("bright", "bright"))
    found, _, _ = show(tmp_path, body, boxes_card("detr"), square(64, 32, 96, 64)).single()
    assert found.boxes[:2].tolist() == [[64, 32, 96, 64]] * 2
    assert sorted(found.labels[:2].tolist()) == [0, 1]


def peaks_slowly(raw, *, is_probable):
    """Peaks of a heat map cell by cell: (box px of the input, score, label)."""
    found = []
    heat, size, offset = (raw[name][0].astype(float) for name in ("hm", "wh", "reg"))
    probabilities = heat if is_probable else 1 / (1 + np.exp(-heat))
    for label, one in enumerate(probabilities):
        for y, x in np.argwhere(one >= FLOOR):
            if one[y, x] == one[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].max():
                centre_x, centre_y = (x + offset[0, y, x]) * 4, (y + offset[1, y, x]) * 4
                half_width, half_height = size[:, y, x] * 2
                box = [centre_x - half_width, centre_y - half_height, centre_x + half_width, centre_y + half_height]
                found.append((box, one[y, x], label))
    return found


@pytest.mark.parametrize("is_probable", [False, True])
def test_peaks_of_the_heat_map_are_found_with_their_size_and_offset(tmp_path, is_probable):
    body = onnx_networks.centernet(is_probable=is_probable)
    found, frame, raw = show(tmp_path, body, centernet_card(), photograph(200, 400)).single()
    assert_found(found, peaks_slowly(raw, is_probable=is_probable), frame)


def test_a_blob_is_one_peak_where_it_lies(tmp_path):
    found, _, _ = show(tmp_path, onnx_networks.centernet(), centernet_card(), square(40, 24, 96, 80)).single()
    # The square is as large as what the heat is averaged over; its middle cell's corner is (8, 6) cells of 8 px.
    assert found.labels.tolist() == [0]
    assert found.boxes.tolist() == [[(8.25 - 3) * 8, (6.75 - 2) * 8, (8.25 + 3) * 8, (6.75 + 2) * 8]]


def test_of_many_peaks_the_best_stay(tmp_path):
    every = show(tmp_path, onnx_networks.centernet(), centernet_card(), photograph()).found[0]
    best = show(tmp_path, onnx_networks.centernet(), centernet_card(max_objects=2), photograph()).found[0]
    assert best.scores.tolist() == every.scores[:2].tolist()
    assert len(every.scores) > 2


@pytest.mark.parametrize(
    ("body", "card", "words"),
    [
        (onnx_networks.detr(), boxes_card("detr", colours=("a", "b", "c")), "2 classes apart, and the card names 3"),
        (onnx_networks.detr(), boxes_card("boxes"), "no scores"),
        (onnx_networks.centernet(), centernet_card(colours=("a", "b", "c")), "hm 1 x 2 x 16 x 16"),
    ],
)
def test_outputs_that_do_not_fit_the_card_are_told(tmp_path, body, card, words):
    with pytest.raises(ModelFailed, match=words):
        show(tmp_path, body, card, photograph())


def test_an_unknown_decoder_is_told(tmp_path):
    with pytest.raises(ModelFailed, match="boxes-normalised"):
        load(tmp_path, onnx_networks.detr(), boxes_card("yolo"))
