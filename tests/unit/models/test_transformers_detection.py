"""Detectors of Transformers against the library's own reading of their outputs, on photographs."""

import numpy as np
import pytest
import torch
import transformers

from schema.models import Thresholds
from tests.unit.models.transformers_networks import CLASSES, QUERIES, save
from tests.unit.models.transformers_running import LETTERBOXED, STRETCHED, detect, make_card, normalise, photographs
from workers.inference.frames import fit
from workers.models.adapters import transformers_detection as detection

pytestmark = pytest.mark.slow

PROCESSORS = {
    "RTDetrForObjectDetection": transformers.RTDetrImageProcessorPil,
    "RTDetrV2ForObjectDetection": transformers.RTDetrImageProcessorPil,
    "DFineForObjectDetection": transformers.RTDetrImageProcessorPil,
    "DetrForObjectDetection": transformers.DetrImageProcessorPil,
    "ConditionalDetrForObjectDetection": transformers.ConditionalDetrImageProcessorPil,
    "YolosForObjectDetection": transformers.YolosImageProcessorPil,
}
# What float32 leaves of a picture normalised in another order and laid out channels last.
TOLERANCE_PX, TOLERANCE = 0.02, 5e-5


@pytest.fixture(scope="module", params=list(PROCESSORS))
def saved(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, folder, save(folder, request.param)


@pytest.fixture(scope="module")
def adapter(saved):
    return load(saved)


@pytest.fixture(scope="module")
def photos():
    return photographs()


def load(saved, **changes):
    architecture, folder, _ = saved
    return detection.load(folder, make_card(architecture, **changes), device="cpu", threads=None)


def assert_same(found, scores, labels, boxes):
    np.testing.assert_allclose(found.scores, scores, atol=TOLERANCE)
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_allclose(found.boxes, boxes, atol=TOLERANCE_PX)


def test_detections_are_those_of_the_library(saved, adapter, photos):
    architecture, _, network = saved
    picture = photos[0]
    found = detect(adapter, [picture])[0]
    with torch.inference_mode():
        said = network(pixel_values=normalise(fit(picture, STRETCHED)[0][None]))
    sizes = torch.tensor([picture.shape[:2]])
    theirs = PROCESSORS[architecture]().post_process_object_detection(said, threshold=-1, target_sizes=sizes)[0]
    order = theirs["scores"].argsort(descending=True, stable=True)
    boxes = np.clip(theirs["boxes"][order].numpy(), 0, [300, 400, 300, 400])
    assert len(found.scores) >= QUERIES
    assert np.ptp(found.scores) > 1e-4
    assert_same(found, theirs["scores"][order].numpy(), theirs["labels"][order].numpy(), boxes)


def test_batch_of_unlike_pictures_equals_each_alone(saved, adapter, photos):
    together = detect(adapter, photos, LETTERBOXED)
    for both, picture in zip(together, photos, strict=True):
        alone = detect(adapter, [picture], LETTERBOXED)[0]
        assert_same(both, alone.scores, alone.labels, alone.boxes)


def test_detections_lie_in_the_picture_best_first(saved, adapter, photos):
    for found, picture in zip(detect(adapter, photos), photos, strict=True):
        height, width = picture.shape[:2]
        assert found.boxes.dtype == np.float64
        assert np.all((found.boxes >= 0) & (found.boxes <= [width, height, width, height]))
        assert np.all((found.scores >= 0) & (found.scores <= 1))
        assert np.all(np.diff(found.scores) <= 0)
        assert set(found.labels) <= set(CLASSES)


def test_only_what_reaches_the_floor_is_kept_and_no_more_than_the_card_says(saved, adapter, photos):
    everything = detect(adapter, photos)[0]
    floor = float(np.median(everything.scores))
    above = detect(load(saved, thresholds=Thresholds(floor=floor)), photos)[0]
    assert 0 < len(above.scores) < len(everything.scores)
    np.testing.assert_allclose(above.scores, everything.scores[everything.scores >= floor], atol=TOLERANCE)
    few = detect(load(saved, max_objects=3), photos)[0]
    assert_same(few, everything.scores[:3], everything.labels[:3], everything.boxes[:3])


@pytest.mark.parametrize("saved", ["DetrForObjectDetection", "ConditionalDetrForObjectDetection"], indirect=True)
def test_network_that_looks_away_from_padding_is_told_of_it(saved, adapter, photos):
    """Boxes are relative to the picture then, and what lies in the padding changes nothing."""
    architecture, _, network = saved
    picture = photos[0]
    inputs, frame = fit(picture, LETTERBOXED)
    right = round(frame.width * frame.scale_x)
    values, mask = normalise(inputs[None]), torch.zeros((1, *inputs.shape[:2]), dtype=torch.long)
    values[..., right:], mask[..., :right] = 0, 1
    with torch.inference_mode():
        said = network(pixel_values=values, pixel_mask=mask)
    sizes = torch.tensor([picture.shape[:2]])
    theirs = PROCESSORS[architecture]().post_process_object_detection(said, threshold=-1, target_sizes=sizes)[0]
    order = theirs["scores"].argsort(descending=True, stable=True)
    boxes = np.clip(theirs["boxes"][order].numpy(), 0, [300, 400, 300, 400])
    soiled = inputs.copy()
    soiled[:, right:] = 200
    for batch in (inputs, soiled):
        found = adapter.decode(adapter.forward(batch[None], [frame]), 0, frame)
        assert_same(found, theirs["scores"][order].numpy(), theirs["labels"][order].numpy(), boxes)


@pytest.mark.parametrize("saved", ["RTDetrForObjectDetection", "YolosForObjectDetection"], indirect=True)
def test_letterbox_is_inverted(saved, adapter, photos):
    """The network sees the padding; its boxes are relative to the whole input."""
    _, _, network = saved
    picture = photos[1]
    spec = LETTERBOXED.model_copy(update={"resize": "letterbox_centred"})
    inputs, frame = fit(picture, spec)
    found = detect(adapter, [picture], spec)[0]
    values = normalise(inputs[None])
    if network.config.model_type == "yolos":  # whose padding is 0 after normalisation
        top = round(frame.top)
        values[:, :, :top] = values[:, :, top + round(frame.height * frame.scale_y) :] = 0
    with torch.inference_mode():
        x, y, width, height = network(pixel_values=values).pred_boxes[0].double().numpy().T * 128
    corners = np.stack(((x - width / 2), (y - height / 2), (x + width / 2), (y + height / 2)), axis=1)
    back = (corners - [0, frame.top, 0, frame.top]) / ([frame.scale_x, frame.scale_y] * 2)
    every = np.clip(back, 0, [370, 250, 370, 250])
    distance = np.abs(found.boxes[:, None] - every[None]).max(-1)
    assert frame.top > 0
    assert distance.min(axis=1).max() < TOLERANCE_PX
