"""Class maps: brought to the picture's size, then each connected component of a class is an instance."""

import numpy as np
import pytest
from scipy import ndimage

from schema.models import InputSpec, ModelFamily, ModelTask
from tests.unit.models import onnx_networks
from tests.unit.models.onnx_running import card_of, fill, interpolate_whole, load, photograph, show, square
from workers.models.adapters import onnx_semantic
from workers.models.adapters.components import LEAST_AREA_PX, instances_of_class_map
from workers.models.failures import ModelFailed

CLASSES = ("background", "bright", "dark")


def semantic_card(decoder="semantic-logits", *, colours=CLASSES, **fields):
    return card_of(ModelFamily.ONNX_SEMANTIC, ModelTask.SEMANTIC, decoder, colours=colours, **fields)


def components_slowly(classes, probabilities, *, background=0):
    """Components of a class map: a list of (mask (H, W), score, label) without specks."""
    found = []
    for label in set(np.unique(classes).tolist()) - {background}:
        numbered, count = ndimage.label(classes == label)
        for number in range(1, count + 1):
            mask = numbered == number
            if mask.sum() >= LEAST_AREA_PX:
                found.append((mask, probabilities[mask].mean(), label))
    return sorted(found, key=lambda entry: -entry[1])


def softmax(logits):
    powers = np.exp(logits.astype(float) - logits.max(axis=0))
    return powers / powers.sum(axis=0)


def assert_components(found, frame, expected):
    assert len(found.scores) == len(expected) > 2
    np.testing.assert_allclose(found.scores, [score for _, score, _ in expected], atol=1e-4)
    assert found.labels.tolist() == [label for *_, label in expected]
    for mask, box, (whole, _, _) in zip(found.masks, found.boxes, expected, strict=True):
        assert (fill(mask, frame) != whole).sum() <= 2  # rounding along a border
        y, x = np.nonzero(fill(mask, frame))
        assert box.tolist() == [x.min(), y.min(), x.max() + 1, y.max() + 1]


@pytest.mark.parametrize("gives", ["logits", "probabilities"])
@pytest.mark.parametrize("size", [(200, 400), (400, 300), (50, 40, 8)])
def test_components_of_a_photograph_are_those_of_a_direct_forward(tmp_path, gives, size):
    body = onnx_networks.semantic(gives=gives)
    found, frame, _ = show(tmp_path, body, semantic_card(), photograph(*size)).single()
    _, _, raw = show(tmp_path, onnx_networks.semantic(), semantic_card(), photograph(*size)).single()
    classes = interpolate_whole(raw["logits"][0], frame, (64, 64)).argmax(axis=0)
    likely = interpolate_whole(softmax(raw["logits"][0]), frame, (64, 64))
    probabilities = np.take_along_axis(likely, classes[None], axis=0)[0]
    assert_components(found, frame, components_slowly(classes, probabilities))


def test_tiles_change_nothing(tmp_path, monkeypatch):
    colours = ("background", "bright", "dark", "red", "green", "blue")
    body, card, picture = onnx_networks.semantic(colours=colours), semantic_card(colours=colours), photograph(500, 400)
    whole, frame, raw = show(tmp_path, body, card, picture).single()
    monkeypatch.setattr(onnx_semantic, "_TILE_PX", 37)
    tiles = show(tmp_path, body, card, picture).found[0]
    assert tiles.scores.tolist() == pytest.approx(whole.scores.tolist())
    for one, other in zip(tiles.masks, whole.masks, strict=True):
        assert (one.x, one.y) == (other.x, other.y)
        assert (one.mask == other.mask).all()
    classes = interpolate_whole(raw["logits"][0], frame, (64, 64)).argmax(axis=0)
    assert len(np.unique(classes)) >= 4


def test_labels_are_those_of_the_cell_that_a_pixel_lies_in(tmp_path):
    body, card = onnx_networks.semantic(gives="labels"), semantic_card("semantic-labels")
    found, frame, raw = show(tmp_path, body, card, photograph(200, 400)).single()
    rows = [int(((y + 0.5) * frame.scale_y + frame.top) / 4) for y in range(200)]
    columns = [int(((x + 0.5) * frame.scale_x + frame.left) / 4) for x in range(400)]
    expected = components_slowly(raw["labels"][0][rows][:, columns], np.ones((200, 400)))
    assert len(expected) > 2
    assert found.scores.tolist() == [1.0] * len(expected)
    places = [(label, np.packbits(mask).tobytes()) for mask, _, label in expected]
    assert {
        (label, np.packbits(fill(m, frame)).tobytes()) for m, label in zip(found.masks, found.labels, strict=True)
    } == set(places)


@pytest.mark.parametrize("gives", ["logits", "labels"])
def test_a_square_is_one_instance_where_it_lies(tmp_path, gives):
    body, card = onnx_networks.semantic(gives=gives), semantic_card(f"semantic-{gives}")
    picture = square(48, 32, 104, 72)
    found, frame, _ = show(tmp_path, body, card, picture).single()
    truth = picture[..., 0] == 255
    assert found.labels.tolist() == [1]
    assert (fill(found.masks[0], frame) & truth).sum() / (fill(found.masks[0], frame) | truth).sum() > 0.8


def test_three_pictures_at_once_give_what_each_gives_alone(tmp_path):
    pictures = [photograph(200, 400), photograph(400, 300), photograph(50, 40, 8)]
    together = show(tmp_path, onnx_networks.semantic(), semantic_card(), *pictures).found
    for found, picture in zip(together, pictures, strict=True):
        alone = show(tmp_path, onnx_networks.semantic(), semantic_card(), picture).found[0]
        assert found.boxes.tolist() == alone.boxes.tolist()
        np.testing.assert_allclose(found.scores, alone.scores, atol=1e-6)


def test_a_stretched_picture_has_its_map_stretched_back(tmp_path):
    card = semantic_card(spec=InputSpec(height=64, width=64, resize="stretch"))
    found, frame, _ = show(tmp_path, onnx_networks.semantic(), card, square(150, 20, 250, 60, width=400)).single()
    assert found.boxes[0] == pytest.approx([150, 20, 250, 60], abs=10)
    assert frame.scale_x != frame.scale_y


def test_what_meets_at_a_corner_is_two_things():
    classes = np.zeros((40, 40), np.int64)
    classes[:10, :10] = classes[10:20, 10:20] = 1
    found = instances_of_class_map(classes, None, semantic_card())
    assert sorted(found.boxes.tolist()) == [[0, 0, 10, 10], [10, 10, 20, 20]]


def test_specks_backgrounds_and_classes_without_a_name_are_left_out():
    classes = np.full((40, 40), 255, np.int64)
    classes[:10] = 0
    classes[20:25, 20:25] = 1  # 25 px
    classes[30:, 30:] = 2
    classes[:, 0] = -1
    found = instances_of_class_map(classes, None, semantic_card())
    assert found.labels.tolist() == [2]
    assert found.boxes.tolist() == [[30, 30, 40, 40]]


def test_a_first_class_that_is_no_background_counts():
    classes = np.zeros((20, 20), np.uint8)
    found = instances_of_class_map(classes, None, semantic_card(colours=("road", "kerb")))
    assert found.labels.tolist() == [0]


def test_of_too_many_components_the_largest_stay_the_best_first():
    classes, probabilities = np.zeros((30, 60), np.int32), np.full((30, 60), 0.5, np.float32)
    for x, (side, score) in {0: (7, 0.9), 10: (9, 0.6), 20: (8, 0.8)}.items():
        classes[:side, x : x + side] = 1
        probabilities[:side, x : x + side] = score
    found = instances_of_class_map(classes, probabilities, semantic_card(max_objects=2))
    assert found.boxes.tolist() == [[20, 0, 28, 8], [10, 0, 19, 9]]
    assert found.scores.tolist() == pytest.approx([0.8, 0.6])


def test_another_number_of_classes_is_told(tmp_path):
    card = semantic_card(colours=("background", "bright"))
    with pytest.raises(ModelFailed, match="3 classes apart, and the card names 2"):
        show(tmp_path, onnx_networks.semantic(), card, photograph())


def test_an_unknown_decoder_is_told(tmp_path):
    with pytest.raises(ModelFailed, match="semantic-logits"):
        load(tmp_path, onnx_networks.semantic(), semantic_card("panoptic"))
