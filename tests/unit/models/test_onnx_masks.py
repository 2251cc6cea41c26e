"""Masks out of maps: a crop is the same part of the whole, and nothing that is above the level lies outside of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.models import InputSpec
from tests.unit.models.onnx_running import assert_mask, fill, interpolate_whole
from workers.inference.frames import fit
from workers.models.adapters import masks
from workers.models.adapters.masks import Grid, Region, boxes_around, crop_masks, mask_within, pixels_within, read_maps
from workers.models.protocols import Frame

SPECS = [
    InputSpec(height=64, width=64),
    InputSpec(height=48, width=96, resize="letterbox"),
    InputSpec(height=64, width=64, resize="stretch"),
]


def frame_of(height, width, spec=SPECS[0]):
    return fit(np.zeros((height, width, 3), np.uint8), spec)[1]


def blobs(seed, height, width, count=1):
    """Smooth maps with some cells above 0."""
    random = np.random.default_rng(seed)
    values = random.normal(-1.0, 1.5, (count, height, width)).astype(np.float32)
    return values + np.roll(values, 1, 1) / 2 + np.roll(values, 1, 2) / 2


@given(
    seed=st.integers(0, 1_000),
    size=st.tuples(st.integers(1, 150), st.integers(1, 150)),
    cells=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    spec=st.sampled_from(SPECS),
    threshold=st.sampled_from([0.3, 0.5, 0.9]),
)
def test_cropped_masks_are_those_of_the_whole_picture(seed, size, cells, spec, threshold):
    frame, logits = frame_of(*size, spec), blobs(seed, *cells, count=2)
    input_size = (spec.height, spec.width)
    level = np.log(threshold / (1 - threshold))
    values = interpolate_whole(logits, frame, input_size)
    for mask, whole in zip(crop_masks(logits, frame, input_size, threshold=threshold), values, strict=True):
        differing = fill(mask, frame) != (whole > level)
        assert np.abs(whole[differing] - level).max(initial=0.0) < 1e-4


def test_a_mask_is_as_tight_as_holds_it_all():
    frame = frame_of(100, 80)
    logits = np.full((1, 16, 16), -1.0, np.float32)
    logits[0, 4:6, 8:11] = 1.0
    [mask] = crop_masks(logits, frame, (64, 64), threshold=0.5)
    assert mask.mask.any(axis=1).all()
    assert mask.mask.any(axis=0).all()
    height, width = mask.mask.shape
    assert boxes_around((mask,)).tolist() == [[mask.x, mask.y, mask.x + width, mask.y + height]]


def test_a_map_below_the_level_gives_an_empty_mask():
    [mask] = crop_masks(np.full((1, 8, 8), -3.0, np.float32), frame_of(50, 50), (64, 64), threshold=0.5)
    assert mask.mask.shape == (0, 0)


def test_a_region_is_exactly_that_part_of_the_whole():
    frame, [values] = frame_of(150, 110), blobs(3, 16, 16)
    grid = Grid.of_input(frame, (64, 64), (16, 16))
    whole = read_maps(values, grid, Region(0, 0, 110, 150))
    assert (read_maps(values, grid, Region(17, 40, 63, 111)) == whole[40:111, 17:63]).all()
    part, part_grid = grid.crop(values, Region(17, 40, 63, 111))
    assert part.size < values.size
    np.testing.assert_allclose(read_maps(part, part_grid, Region(17, 40, 63, 111)), whole[40:111, 17:63], atol=1e-5)


def test_a_large_mask_is_read_in_strips(monkeypatch):
    frame, [values] = frame_of(150, 110), blobs(4, 16, 16)
    grid, region = Grid.of_input(frame, (64, 64), (16, 16)), Region(5, 3, 100, 149)
    whole = mask_within(values, grid, region, above=0.0)
    monkeypatch.setattr(masks, "_STRIP_PX", 7 * 95)
    strips = mask_within(values, grid, region, above=0.0)
    assert (strips.mask == whole.mask).all()
    assert whole.mask.any()
    expected = np.zeros((150, 110), np.bool_)
    expected[3:149, 5:100] = True
    assert_mask(strips, interpolate_whole(values[None], frame, (64, 64))[0], 0.0, frame, within=expected)


@pytest.mark.parametrize(
    ("box", "region"),
    [
        ([0.0, 0.0, 10.0, 5.0], Region(0, 0, 10, 5)),
        ([0.6, 0.4, 2.6, 2.4], Region(1, 0, 3, 2)),
        ([-5.0, -1e300, 1e300, 3.0], Region(0, 0, 20, 3)),
        ([4.6, 4.6, 5.4, 5.4], Region(5, 5, 5, 5)),
        ([9.0, 9.0, 3.0, 3.0], Region(9, 9, 9, 9)),
        ([30.0, 30.0, 40.0, 40.0], Region(20, 10, 20, 10)),
    ],
)
def test_a_box_holds_the_pixels_whose_centres_lie_in_it(box, region):
    frame = Frame(height=10, width=20, scale_x=1.0, scale_y=1.0, left=0.0, top=0.0)
    assert pixels_within(np.array(box), frame) == region
