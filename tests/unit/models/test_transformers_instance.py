"""Networks for instances against the published rule, written out, and against the library where it follows that."""

import numpy as np
import pytest
import torch
import transformers
from torch.nn import functional

from schema.models import Thresholds
from tests.unit.models.transformers_networks import CLASSES, QUERIES, SIDE, save
from tests.unit.models.transformers_running import LETTERBOXED, STRETCHED, detect, make_card, normalise, photographs
from workers.inference.frames import fit
from workers.models.adapters import transformers_instance as instance

pytestmark = pytest.mark.slow

MASKFORMERS = ("Mask2FormerForUniversalSegmentation", "MaskFormerForInstanceSegmentation")
ARCHITECTURES = (*MASKFORMERS, "EomtForUniversalSegmentation", "DetrForSegmentation")
# What float32 leaves of a picture normalised in another order and laid out channels last.
TOLERANCE = 5e-5
# Pixels whose logit is 0 but for that.
FLIPPED = 1e-3


@pytest.fixture(scope="module", params=ARCHITECTURES)
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
    return instance.load(folder, make_card(architecture, **changes), device="cpu", threads=None)


def whole_masks(found, picture):
    """Paste the crops of (N,) detections: (N, H, W)."""
    wholes = np.zeros((len(found.masks), *picture.shape[:2]), bool)
    for whole, crop in zip(wholes, found.masks, strict=True):
        part = whole[crop.y : crop.y + crop.mask.shape[0], crop.x : crop.x + crop.mask.shape[1]]
        assert part.shape == crop.mask.shape
        part[:] = crop.mask
    return wholes


def read_slowly(architecture, said, size):
    """Return scores, labels and masks (N, H, W) by the rule of the authors, every mask at full size."""
    if architecture == "DetrForSegmentation":
        logits, maps = said.logits[0], said.pred_masks[0]
    else:
        logits, maps = said.class_queries_logits[0], said.masks_queries_logits[0]
    rows = []
    for query, probabilities in enumerate(logits.softmax(-1)[:, :-1].tolist()):
        within = maps[query].flatten()
        mean = within[within > 0].sigmoid().mean().item() if (within > 0).any() else 0.0
        weight = 1.0 if architecture == "DetrForSegmentation" else mean
        best = max(probabilities)
        for label, probability in enumerate(probabilities):
            if architecture in MASKFORMERS or probability == best:
                rows.append((probability, weight, label, query))
    rows = sorted(rows, reverse=True)[:QUERIES]
    rows = sorted(((probability * weight, label, query) for probability, weight, label, query in rows), reverse=True)
    whole = functional.interpolate(maps[None], size, mode="bilinear", align_corners=False)[0] > 0
    scores, labels, queries = (list(column) for column in zip(*rows, strict=True))
    return np.array(scores), np.array(labels), whole[queries].numpy()


def test_instances_are_those_of_the_published_rule(saved, adapter, photos):
    architecture, _, network = saved
    for picture in photos:
        with torch.inference_mode():
            said = network(pixel_values=normalise(fit(picture, STRETCHED)[0][None]))
        scores, labels, masks = read_slowly(architecture, said, picture.shape[:2])
        found = detect(adapter, [picture])[0]
        kept = masks.any(axis=(1, 2))
        assert kept.sum() >= 5
        assert np.ptp(scores) > 1e-3
        np.testing.assert_allclose(found.scores, scores[kept], atol=TOLERANCE)
        np.testing.assert_array_equal(found.labels, labels[kept])
        assert np.mean(whole_masks(found, picture) != masks[kept]) < FLIPPED


@pytest.mark.parametrize("saved", MASKFORMERS, indirect=True)
def test_maskformers_agree_with_the_library(saved, adapter, photos):
    """The library weighs Mask2Former's scores at 384 px, and brings masks to size without interpolating."""
    architecture, _, network = saved
    processor, tolerance = {
        "Mask2FormerForUniversalSegmentation": (transformers.Mask2FormerImageProcessorPil, 0.02),
        "MaskFormerForInstanceSegmentation": (transformers.MaskFormerImageProcessorPil, TOLERANCE),
    }[architecture]
    picture = photos[0]
    with torch.inference_mode():
        said = network(pixel_values=normalise(fit(picture, STRETCHED)[0][None]))
        theirs = processor().post_process_instance_segmentation(
            said, threshold=0, target_sizes=[picture.shape[:2]], return_binary_maps=True
        )[0]
    found = detect(adapter, [picture])[0]
    order = np.argsort([-segment["score"] for segment in theirs["segments_info"]], kind="stable")
    scores = np.array([theirs["segments_info"][place]["score"] for place in order])
    np.testing.assert_allclose(found.scores, scores, atol=tolerance)
    ours, labels = whole_masks(found, picture), found.labels
    for place in order:
        label = theirs["segments_info"][place]["label_id"]
        agreement = np.mean(ours[labels == label] == (theirs["segmentation"][place].numpy() > 0), axis=(1, 2))
        assert agreement.max() > 0.93


@pytest.mark.parametrize("saved", ["EomtForUniversalSegmentation"], indirect=True)
def test_eomt_agrees_with_the_library(saved, adapter, photos):
    """The library weighs scores at the picture's size, which tells with random masks, that are edges all over."""
    picture = photos[0]
    inputs, _ = fit(picture, LETTERBOXED)
    processor = transformers.EomtImageProcessorPil(size={"shortest_edge": SIDE, "longest_edge": SIDE})
    with torch.inference_mode():
        said = saved[2](pixel_values=normalise(inputs[None]))
        theirs = processor.post_process_instance_segmentation(said, [picture.shape[:2]], threshold=0)[0]
    found = detect(adapter, [picture], LETTERBOXED)[0]
    segments = theirs["segments_info"]
    np.testing.assert_allclose(found.scores, sorted((s["score"] for s in segments), reverse=True), atol=0.05)
    np.testing.assert_array_equal(np.sort(found.labels), sorted(s["label_id"] for s in segments))
    # Later segments lie on earlier ones, so the last one's pixels are all its own.
    last = theirs["segmentation"].numpy() == segments[-1]["id"]
    assert np.mean(whole_masks(found, picture) == last, axis=(1, 2)).max() > 0.99


def test_batch_of_unlike_pictures_equals_each_alone(adapter, photos):
    for both, picture in zip(detect(adapter, photos, LETTERBOXED), photos, strict=True):
        alone = detect(adapter, [picture], LETTERBOXED)[0]
        np.testing.assert_allclose(both.scores, alone.scores, atol=TOLERANCE)
        np.testing.assert_array_equal(both.labels, alone.labels)
        assert np.mean(whole_masks(both, picture) != whole_masks(alone, picture)) < FLIPPED


def test_masks_lie_in_the_picture_and_boxes_around_them(adapter, photos):
    for found, picture in zip(detect(adapter, photos, LETTERBOXED), photos, strict=True):
        height, width = picture.shape[:2]
        assert np.all((found.scores >= 0) & (found.scores <= 1))
        assert np.all(np.diff(found.scores) <= 0)
        assert set(found.labels) <= set(CLASSES)
        for mask, box in zip(whole_masks(found, picture), found.boxes, strict=True):
            rows, columns = np.nonzero(mask)
            assert box.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert rows.max() < height and columns.max() < width


def test_only_what_reaches_the_floor_is_kept_and_no_more_than_the_card_says(saved, adapter, photos):
    everything = detect(adapter, photos)[0]
    floor = float(np.median(everything.scores))
    above = detect(load(saved, thresholds=Thresholds(floor=floor)), photos)[0]
    assert 0 < len(above.scores) < len(everything.scores)
    np.testing.assert_allclose(above.scores, everything.scores[everything.scores >= floor], atol=TOLERANCE)
    few = detect(load(saved, max_objects=3), photos)[0]
    np.testing.assert_allclose(few.scores, everything.scores[:3], atol=TOLERANCE)
    nothing = detect(load(saved, thresholds=Thresholds(floor=1.0)), photos)[0]
    assert nothing.boxes.shape == (0, 4)
    assert nothing.masks == ()


def test_mask_threshold_is_the_probability_of_a_pixel(saved, adapter, photos):
    loose = detect(load(saved, thresholds=Thresholds(floor=0, mask=0.2)), photos[:1])[0]
    strict = detect(load(saved, thresholds=Thresholds(floor=0, mask=0.8)), photos[:1])[0]
    areas = [sum(mask.mask.sum() for mask in found.masks) for found in (loose, detect(adapter, photos)[0], strict)]
    assert areas[0] > areas[1] > areas[2] > 0


@pytest.mark.parametrize("saved", [*MASKFORMERS, "DetrForSegmentation"], indirect=True)
def test_what_lies_in_the_padding_changes_nothing(adapter, photos):
    inputs, frame = fit(photos[0], LETTERBOXED)
    soiled = inputs.copy()
    soiled[:, round(frame.width * frame.scale_x) :] = 200
    clean, dirty = (adapter.decode(adapter.forward(batch[None], [frame]), 0, frame) for batch in (inputs, soiled))
    np.testing.assert_array_equal(clean.scores, dirty.scores)
    np.testing.assert_array_equal(whole_masks(clean, photos[0]), whole_masks(dirty, photos[0]))


@pytest.mark.parametrize("saved", ["EomtForUniversalSegmentation"], indirect=True)
def test_mask_of_a_letterboxed_picture_is_that_part_of_the_map(saved, adapter, photos):
    """A mask that is cut from the map and brought to size equals the map brought to the size of picture and padding."""
    picture = photos[1][:SIDE, : 2 * SIDE]
    spec = LETTERBOXED.model_copy(update={"resize": "letterbox_centred"})
    inputs, frame = fit(picture, spec)
    with torch.inference_mode():
        maps = saved[2](pixel_values=normalise(inputs[None])).masks_queries_logits
    padded = functional.interpolate(maps, (2 * SIDE, 2 * SIDE), mode="bilinear")[0].numpy() > 0
    whole = padded[:, SIDE // 2 : SIDE // 2 + SIDE]
    assert frame.top == SIDE / 4
    for mask in whole_masks(detect(adapter, [picture], spec)[0], picture):
        assert np.mean(whole != mask, axis=(1, 2)).min() < FLIPPED
