"""preprocessor_config.json of Transformers says to what size a picture is brought and how its pixels become numbers."""

import json

import pytest

from schema.models import InputSpec
from workers.models.intake.image_processors import read_input
from workers.models.intake.refusals import ModelRefused, Reason

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


@pytest.fixture
def read(tmp_path):
    def write_and_read(**said):
        (tmp_path / "preprocessor_config.json").write_text(json.dumps(said))
        return read_input(tmp_path, {})[0]

    return write_and_read


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"size": {"height": 640, "width": 480}}, {"height": 640, "width": 480, "resize": "stretch"}),
        ({"size": 512}, {"height": 512, "width": 512, "resize": "stretch"}),
        (
            {"size": {"shortest_edge": 800, "longest_edge": 1333}, "size_divisor": 64},
            {"resize": "shortest_edge", "shortest_px": 800, "longest_px": 1333, "multiple_of": 64},
        ),
        ({"size": 600, "max_size": 1000}, {"resize": "shortest_edge", "shortest_px": 600, "longest_px": 1000}),
        (
            {"size": {"longest_edge": 1024}, "pad_size": {"height": 1024, "width": 1024}},
            {"height": 1024, "width": 1024, "resize": "letterbox"},
        ),
        (
            {"size": {"shortest_edge": 640, "longest_edge": 640}},
            {"height": 640, "width": 640, "resize": "letterbox"},
        ),
    ],
)
def test_sizes_are_read_in_all_their_forms(read, said, expected):
    whole = {"height": None, "width": None, "pad_value": 0, **IMAGENET} | expected
    assert read(**said) == InputSpec(**whole)


def test_pixels_are_left_as_they_are_where_the_processor_leaves_them(read):
    spec = read(size=512, do_rescale=False, do_normalize=False, image_mean=[0.5] * 3)
    assert (spec.scale, spec.mean, spec.std) == (1.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"size": {"height": 1, "width": 1}},
        {"size": {"height": 100_000, "width": 64}},
        {"size": 512, "image_std": [0, 1, 1]},
        {"size": 512, "image_std": [10**400, 1, 1]},
        {"size": 512, "image_mean": "grey"},
        {"size": 512, "rescale_factor": "small"},
    ],
)
def test_what_cannot_be_followed_is_refused(read, said):
    with pytest.raises(ModelRefused) as caught:
        read(**said)
    assert caught.value.reason is Reason.DOCUMENT_DAMAGED


def test_code_of_its_own_is_refused(read):
    with pytest.raises(ModelRefused) as caught:
        read(size=512, auto_map={"AutoImageProcessor": "processing.Mine"})
    assert caught.value.reason is Reason.REMOTE_CODE


def test_without_the_file_the_network_s_own_size_is_taken_and_a_warning_given(tmp_path):
    spec, warnings = read_input(tmp_path, {"image_size": 384})
    assert spec == InputSpec(height=384, width=384, resize="stretch", pad_value=0, **IMAGENET)
    assert len(warnings) == 1
