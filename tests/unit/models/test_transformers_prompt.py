"""SAM, SAM-HQ and SAM2 against a direct forward and the library's own way from picture to mask."""

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from torch.nn import functional

from schema.models import Thresholds
from tests.unit.models.transformers_networks import SIDE, save
from tests.unit.models.transformers_running import make_card, normalise, photographs
from workers.models.adapters import transformers_prompt as prompt

PROMPTS = [
    {"positive": [(120.5, 90.0)]},
    {"positive": [(60.0, 200.0), (80.0, 180.5)], "negative": [(150.0, 30.0)]},
    {"box": (20.0, 40.0, 160.5, 210.0)},
    {"box": (20.0, 40.0, 160.5, 210.0), "positive": [(70.0, 100.0)], "negative": [(30.0, 60.0)]},
]
# Pixels whose logit is 0 but for what float32 leaves, and but for a resize that rounds otherwise.
FLIPPED, FLIPPED_RESIZED = 1e-3, 0.02


@pytest.fixture(scope="module", params=list(prompt.RULES))
def saved(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, folder, save(folder, request.param, seed=3)


@pytest.fixture(scope="module")
def segmenter(saved):
    return load(saved)


@pytest.fixture(scope="module")
def photos():
    return photographs()


def load(saved, **changes):
    return prompt.load(saved[1], make_card(saved[0], **changes), device="cpu", threads=None)


def segment_slowly(architecture, network, picture, positive=(), negative=(), box=None):
    """Embed and prompt in one forward, with the library's processor where it has one without torchvision."""
    height, width = picture.shape[:2]
    if architecture == "Sam2Model":
        resized = np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
        values, inner = normalise(resized[None]), (SIDE, SIDE)
    else:
        processor = transformers.SamImageProcessorPil(
            size={"longest_edge": SIDE}, pad_size={"height": SIDE, "width": SIDE}
        )
        taken = processor(picture, return_tensors="pt")
        values, inner = taken["pixel_values"].float(), tuple(taken["reshaped_input_sizes"][0].tolist())
    scale = torch.tensor([inner[1] / width, inner[0] / height])
    prompts = {}
    if positive or negative:
        points = torch.tensor([*positive, *negative]) * scale - 0.5
        labels = torch.tensor([1] * len(positive) + [0] * len(negative))
        prompts = {"input_points": points[None, None], "input_labels": labels[None, None]}
    if box:
        prompts["input_boxes"] = (torch.tensor(box).reshape(2, 2) * scale - 0.5).reshape(1, 1, 4)
    with torch.inference_mode():
        said = network(pixel_values=values, **prompts)
    best = said.pred_masks[:, :, said.iou_scores[0, 0].argmax()][:, :, None][:, 0]  # (1, 1, h, w)
    if architecture == "Sam2Model":
        return functional.interpolate(best, (height, width), mode="bilinear")[0, 0].numpy() > 0
    return processor.post_process_masks([best], [(height, width)], [inner])[0][0, 0].numpy()


@pytest.mark.parametrize("place", range(len(PROMPTS)))
def test_mask_is_that_of_a_direct_forward(saved, segmenter, photos, place):
    for picture in photos:
        expected = segment_slowly(saved[0], saved[2], picture, **PROMPTS[place])
        mask = segmenter.segment(segmenter.embed(picture), **PROMPTS[place])
        assert mask.shape == picture.shape[:2] and mask.dtype == np.bool_
        assert 0.01 < expected.mean() < 0.99
        assert np.mean(mask != expected) < FLIPPED_RESIZED


def test_mask_of_a_picture_that_is_not_resized_is_exact(saved, segmenter, photos):
    width = SIDE if saved[0] == "Sam2Model" else 96  # SAM pads what is less wide
    picture = np.ascontiguousarray(photos[0][40 : 40 + SIDE, 100 : 100 + width])
    embedding = segmenter.embed(picture)
    for prompts in ({"positive": [(40.5, 50.5)]}, {"box": (10.0, 20.0, 80.0, 100.0), "negative": [(70.0, 90.0)]}):
        expected = segment_slowly(saved[0], saved[2], picture, **prompts)
        assert np.mean(segmenter.segment(embedding, **prompts) != expected) < FLIPPED


def test_one_embedding_serves_many_prompts(segmenter, photos):
    embedding = segmenter.embed(photos[0])
    first = [segmenter.segment(embedding, **prompts) for prompts in PROMPTS]
    again = [segmenter.segment(embedding, **prompts) for prompts in reversed(PROMPTS)][::-1]
    np.testing.assert_array_equal(first, again)
    assert len({mask.tobytes() for mask in first}) == len(PROMPTS)


def test_point_to_leave_out_is_no_point_to_take_in(segmenter, photos):
    embedding = segmenter.embed(photos[0])
    taken = segmenter.segment(embedding, positive=[(120.0, 90.0)])
    left = segmenter.segment(embedding, negative=[(120.0, 90.0)])
    assert np.any(taken != left)


def test_prompt_of_nothing_is_refused(segmenter, photos):
    with pytest.raises(ValueError, match="point or a box"):
        segmenter.segment(segmenter.embed(photos[1]))


def test_mask_threshold_is_the_probability_of_a_pixel(saved, segmenter, photos):
    strict, loose = (load(saved, thresholds=Thresholds(mask=mask)) for mask in (0.8, 0.2))
    areas = [one.segment(one.embed(photos[0]), **PROMPTS[2]).sum() for one in (strict, segmenter, loose)]
    assert areas[0] < areas[1] < areas[2]
