"""From a model's arrays to the objects that are stored."""

import numpy as np
import pytest

from domain.geometry.raster import rasterise
from schema.geometry import Box, Points, Polygon
from schema.models import ModelClass, ModelTask
from tests.unit.inference.stub_models import card_of
from workers.inference.predictions import objects_of
from workers.models.protocols import CroppedMask, Detections

CARD = card_of({"a": b""}).model_copy(
    update={"classes": (ModelClass(index=0, name="a"), ModelClass(index=7, name="b"))}
)


def found(boxes, *, scores=None, labels=None, masks=None, keypoints=None):
    boxes = np.array(boxes, np.float64).reshape(-1, 4)
    scores = np.full(len(boxes), 0.5) if scores is None else np.array(scores, np.float64)
    return Detections(boxes, scores, np.array(labels or [0] * len(boxes), np.int64), masks, keypoints)


def test_a_class_is_the_models_index_plus_one_and_scores_are_kept_best_first():
    objects = objects_of(
        found([[0, 0, 4, 4], [1, 1, 5, 5]], scores=[0.25, 0.75], labels=[0, 7]), CARD, height=9, width=9
    )
    assert [(o.class_id, o.score, o.origin) for o in objects] == [(8, 0.75, "model"), (1, 0.25, "model")]


def test_what_lies_outside_is_cut_off_and_what_has_no_area_left_is_left_out():
    objects = objects_of(
        found([[-5, -5, 4, 4], [20, 2, 30, 8], [3, 3, 3, 8], [np.nan, 0, 4, 4]]), CARD, height=10, width=10
    )
    assert [o.shape for o in objects] == [Box(x0=0, y0=0, x1=4, y1=4)]


@pytest.mark.parametrize(("score", "label"), [(1.5, 0), (-0.1, 0), (np.nan, 0), (0.5, 3), (0.5, -1)])
def test_numbers_that_mean_nothing_are_left_out(score, label):
    assert objects_of(found([[0, 0, 4, 4]], scores=[score], labels=[label]), CARD, height=9, width=9) == ()


def test_a_mask_becomes_a_polygon_where_it_lies():
    mask = np.zeros((30, 40), np.bool_)
    mask[5:25, 3:33] = True
    mask[10:18, 10:20] = False
    [made] = objects_of(found([[0, 0, 1, 1]], masks=(CroppedMask(50, 20, mask),)), CARD, height=100, width=100)
    assert isinstance(made.shape, Polygon)
    drawn = rasterise(made.shape, height=100, width=100)
    truth = np.zeros((100, 100), np.bool_)
    truth[20:50, 50:90] = mask
    assert (drawn & truth).sum() / (drawn | truth).sum() >= 0.98


def test_a_mask_that_reaches_out_of_the_picture_is_cut_off_and_an_empty_one_is_left_out():
    masks = (CroppedMask(90, 90, np.ones((30, 30), np.bool_)), CroppedMask(0, 0, np.zeros((5, 5), np.bool_)))
    [made] = objects_of(found([[0, 0, 1, 1]] * 2, masks=masks), CARD, height=100, width=100)
    assert rasterise(made.shape, height=100, width=100).sum() == 100


def test_key_points_are_points_seen_or_hidden_by_their_score():
    card = CARD.model_copy(update={"task": ModelTask.KEYPOINTS})
    points = np.array([[[1.5, 2, 0.9], [30, -4, 0.2]]])
    [made] = objects_of(found([[0, 0, 9, 9]], keypoints=points), card, height=10, width=10)
    assert made.shape == Points(points=((1.5, 2), (10, 0)), visibility=(2, 1))


def test_no_more_objects_than_the_card_lets():
    card = CARD.model_copy(update={"max_objects": 3})
    objects = objects_of(found([[0, 0, 4, 4]] * 9, scores=np.linspace(0, 0.8, 9)), card, height=9, width=9)
    assert [o.score for o in objects] == [0.8, 0.7, 0.6]


def test_regions_of_a_class_map_share_their_border():
    card = CARD.model_copy(update={"task": ModelTask.SEMANTIC})
    y, x = np.mgrid[0:120, 0:160]
    left = x < 80 + 15 * np.sin(y / 12)
    masks = (CroppedMask(0, 0, left), CroppedMask(0, 0, ~left))
    made = objects_of(found([[0, 0, 1, 1]] * 2, labels=[0, 7], masks=masks), card, height=120, width=160)
    filled = sum(rasterise(o.shape, height=120, width=160).astype(int) for o in made)
    assert [o.class_id for o in made] == [1, 8]
    assert (filled == 1).all()
    assert sum(len(ring) for part in made[0].shape.parts for ring in part) < 60


def test_a_class_map_of_background_alone_gives_nothing():
    card = CARD.model_copy(update={"task": ModelTask.SEMANTIC})
    assert objects_of(found([], masks=()), card, height=20, width=20) == ()
