"""Semantic networks of Transformers: the class of every pixel is that of the library's own reading, on photographs."""

import numpy as np
import pytest
import torch
import transformers
from scipy import ndimage
from torch.nn import functional

from tests.unit.models.transformers_networks import CLASSES, save
from tests.unit.models.transformers_running import LETTERBOXED, STRETCHED, detect, make_card, normalise, photographs
from workers.inference.frames import fit
from workers.models.adapters import transformers_semantic as semantic
from workers.models.protocols import Frame

pytestmark = pytest.mark.slow

# With these seeds the random networks see several classes in each photograph.
SEEDS = {"SegformerForSemanticSegmentation": 3, "MobileViTForSemanticSegmentation": 3}
# Pixels at which two classes are equal but for what float32 leaves.
FLIPPED = 1e-3
LEAST_AREA_PX = 32


@pytest.fixture(scope="module", params=semantic.ARCHITECTURES)
def saved(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, folder, save(folder, request.param, seed=SEEDS.get(request.param, 1))


@pytest.fixture(scope="module")
def adapter(saved):
    return semantic.load(saved[1], make_card(saved[0], max_objects=2_000), device="cpu", threads=None)


@pytest.fixture(scope="module")
def photos():
    return photographs()


def paint(found, picture):
    """Return the map (H, W) of classes that the instances came from; -1 where none lies."""
    painted = np.full(picture.shape[:2], -1)
    for crop, label in zip(found.masks, found.labels, strict=True):
        part = painted[crop.y : crop.y + crop.mask.shape[0], crop.x : crop.x + crop.mask.shape[1]]
        assert part.shape == crop.mask.shape
        assert np.all(part[crop.mask] == -1)
        part[crop.mask] = label
    return painted


def test_class_of_every_pixel_is_that_of_the_library(saved, adapter, photos):
    for picture in photos:
        with torch.inference_mode():
            said = saved[2](pixel_values=normalise(fit(picture, STRETCHED)[0][None]))
        processor = transformers.SegformerImageProcessorPil()
        theirs = processor.post_process_semantic_segmentation(said, target_sizes=[picture.shape[:2]])[0].numpy()
        found = detect(adapter, [picture])[0]
        painted = paint(found, picture)
        assert len(np.unique(theirs)) > 1
        is_painted = painted >= 0
        assert is_painted.mean() > 0.9
        assert np.mean(painted[is_painted] != theirs[is_painted]) < FLIPPED


def test_score_is_the_mean_probability_of_the_class(saved, adapter, photos):
    """Interpolated from the map's own probabilities."""
    picture = photos[0]
    with torch.inference_mode():
        logits = saved[2](pixel_values=normalise(fit(picture, STRETCHED)[0][None])).logits
        likely = functional.interpolate(logits.softmax(1), picture.shape[:2], mode="bilinear")[0].numpy()
    found = detect(adapter, [picture])[0]
    assert np.all(np.diff(found.scores) <= 0)
    for crop, label, score in zip(found.masks, found.labels, found.scores, strict=True):
        part = likely[label, crop.y : crop.y + crop.mask.shape[0], crop.x : crop.x + crop.mask.shape[1]]
        assert score == pytest.approx(part[crop.mask].mean(), abs=1e-4)
        assert 1 / len(CLASSES) - 0.1 < score <= 1


def test_each_instance_is_one_component(adapter, photos):
    for found, picture in zip(detect(adapter, photos), photos, strict=True):
        assert set(found.labels) <= set(CLASSES)
        for crop, box in zip(found.masks, found.boxes, strict=True):
            assert ndimage.label(crop.mask)[1] == 1
            assert crop.mask.sum() >= LEAST_AREA_PX
            assert box.tolist() == [crop.x, crop.y, crop.x + crop.mask.shape[1], crop.y + crop.mask.shape[0]]
            assert box[2] <= picture.shape[1] and box[3] <= picture.shape[0]


def test_batch_of_unlike_pictures_equals_each_alone(adapter, photos):
    for both, picture in zip(detect(adapter, photos, LETTERBOXED), photos, strict=True):
        alone = detect(adapter, [picture], LETTERBOXED)[0]
        assert np.mean(paint(both, picture) != paint(alone, picture)) < FLIPPED


@pytest.mark.parametrize("classes", [1, 3, 60])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (12, 17)])
def test_map_read_in_strips_is_the_map_read_as_a_whole(classes, size, monkeypatch):
    monkeypatch.setattr("workers.models.adapters.sampling._STRIP_NUMBERS", classes * 97 * 5)
    torch.manual_seed(0)
    logits = torch.randn(classes, *size).mul_(2)
    frame = Frame(height=83, width=97, scale_x=64 / 97, scale_y=48 / 83, left=0.0, top=0.0)
    found = semantic.read_class_map(logits, frame, (48, 64))
    whole = functional.interpolate(logits[None], (83, 97), mode="bilinear")[0]
    likely = functional.interpolate(logits.softmax(0)[None], (83, 97), mode="bilinear")[0]
    assert np.mean(found.classes != whole.argmax(0).numpy()) < FLIPPED
    expected = likely.gather(0, torch.from_numpy(found.classes).long()[None])[0]
    np.testing.assert_allclose(found.probabilities, expected.numpy(), atol=1e-5)
