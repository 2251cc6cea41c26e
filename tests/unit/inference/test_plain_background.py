"""Objects on a plain background are proposed one by one; where there is nothing, nothing is."""

import numpy as np
import pytest

from workers.inference.plain_background import propose


def make_discs(centres, radius=20, height=200, width=300, light=True):
    """Discs on an uneven background."""
    y, x = np.mgrid[:height, :width] + 0.5
    discs = np.zeros((height, width), bool)
    for cx, cy in centres:
        discs |= np.hypot(x - cx, y - cy) < radius
    background = 90 + 40 * x / width - 20 * (y / height) ** 2
    noise = np.random.default_rng(0).normal(0, 2, discs.shape)
    grey = background + np.where(discs, 60 if light else -60, 0) + noise
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2), discs


APART = [(50, 50), (150, 60), (250, 50), (60, 150), (160, 140), (240, 150)]


@pytest.mark.parametrize("light", [True, False], ids=["lighter", "darker"])
def test_objects_apart_are_each_proposed(light):
    image, discs = make_discs(APART, light=light)
    proposals = propose(image)
    union = np.any([mask for mask, _ in proposals], axis=0)
    assert len(proposals) == len(APART)
    assert (union & discs).sum() / (union | discs).sum() > 0.9


def test_touching_objects_are_cut_apart():
    image, _ = make_discs([(100, 100), (138, 100), (250, 60)])
    assert len(propose(image)) == 3


def test_proposals_do_not_overlap():
    image, _ = make_discs([(100, 100), (138, 100), (250, 60)])
    assert np.sum([mask for mask, _ in propose(image)], axis=0).max() == 1


def test_best_come_first_with_scores_within_bounds():
    scores = [score for _, score in propose(make_discs(APART)[0])]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_no_more_than_asked_for():
    assert len(propose(make_discs(APART)[0], max_objects=2)) == 2


def test_large_picture_gives_masks_of_its_own_size():
    image, _ = make_discs([(600, 500)], radius=200, height=1000, width=1400)
    ((mask, _),) = propose(image)
    assert mask.shape == (1000, 1400)
    assert abs(mask.sum() / (np.pi * 200**2) - 1) < 0.05


@pytest.mark.parametrize("kind", ["even", "noise", "slope", "tiny"])
def test_empty_picture_gives_nothing(kind):
    image = {
        "even": np.full((80, 90, 3), 128, np.uint8),
        "noise": np.random.default_rng(0).integers(100, 150, (200, 300, 3)).astype(np.uint8),
        "slope": make_discs([])[0],
        "tiny": np.zeros((1, 1, 3), np.uint8),
    }[kind]
    assert propose(image) == []


def test_every_coin_of_a_known_photograph_is_proposed():
    data = pytest.importorskip("skimage.data")
    proposals = propose(np.repeat(data.coins()[..., None], 3, axis=2))
    rows = [(r, c) for r in (50, 120, 190, 260) for c in range(20, 384, 4)]
    hit = {i for r, c in rows for i, (mask, _) in enumerate(proposals) if mask[r, c]}
    assert len([i for i in hit if proposals[i][0].sum() > 800]) == 24
    assert len(proposals) <= 27
