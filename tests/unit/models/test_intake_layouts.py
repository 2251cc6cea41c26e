"""What the outputs of an ONNX network look like tells how they are read."""

import pytest

from schema.models import ModelFamily, ModelTask
from workers.models.intake.onnx_outputs import Clues, Output, find_layout
from workers.models.intake.refusals import ModelRefused, Reason


def layout_of(*outputs, side=640, **clues):
    known = {"classes": None, "ultralytics_task": None, "keypoints": 0, "suppressed": False, "decoder": None}
    shapes = [Output(name, shape, kind == "int") for name, shape, kind in ((*o, "float")[:3] for o in outputs)]
    return find_layout(shapes, Clues(side, side, **(known | {"family": None} | clues)), file="model.onnx")


@pytest.mark.parametrize(
    ("outputs", "clues", "decoder", "classes"),
    [
        ([("output0", (1, 84, 8400))], {}, "v8", 80),
        ([("output0", (1, 6, 8400))], {}, "v8", 2),
        ([("output0", (1, 84, 84))], {"side": 64}, "v8", 80),
        ([("output0", (1, 25200, 85))], {}, "v5", 80),
        ([("output0", (1, 25200, 6))], {}, "v5", 1),
        ([("output0", (1, 252, 7))], {"side": 64}, "v5", 2),
        ([("output0", (1, 300, 6))], {}, "end2end", None),
        ([("output0", (1, 300, 6))], {"suppressed": True, "classes": 1}, "end2end", None),
        ([("output0", (1, 116, 8400)), ("output1", (1, 32, 160, 160))], {}, "v8-segment", 80),
        ([("output0", (1, 25200, 117)), ("output1", (1, 32, 160, 160))], {}, "v5-segment", 80),
        ([("output0", (1, 56, 8400))], {"keypoints": 17}, "v8-pose", 1),
        ([("logits", (1, 300, 80)), ("pred_boxes", (1, 300, 4))], {}, "detr", 80),
        ([("logits", (1, 100, 92)), ("pred_boxes", (1, 100, 4))], {"classes": 91}, "detr", 91),
        ([("boxes", (5, 4)), ("labels", (5,), "int"), ("scores", (5,))], {}, "boxes", None),
        ([("hm", (1, 80, 128, 128)), ("wh", (1, 2, 128, 128)), ("reg", (1, 2, 128, 128))], {}, "centernet", 80),
        ([("a", (1, 2, 128, 128)), ("hm", (1, 2, 128, 128)), ("b", (1, 2, 128, 128))], {}, "centernet", 2),
        ([("out", (1, 21, 520, 520))], {}, "semantic-logits", 21),
        ([("out", (1, 520, 520), "int")], {}, "semantic-labels", None),
        ([("out", (1, 1, 520, 520), "int")], {}, "semantic-labels", None),
    ],
)
def test_outputs_name_their_decoder_and_count_classes(outputs, clues, decoder, classes):
    layout = layout_of(*outputs, **clues)
    assert (layout.decoder, layout.classes) == (decoder, classes)


def test_boxes_with_masks_are_instances():
    layout = layout_of(("boxes", (5, 4)), ("labels", (5,), "int"), ("scores", (5,)), ("masks", (5, 1, 28, 28)))
    assert (layout.family, layout.task) == (ModelFamily.ONNX_BOXES, ModelTask.INSTANCES)


def test_where_both_readings_are_possible_the_decoder_that_was_named_counts():
    output = ("output0", (1, 200, 100))
    assert layout_of(output, decoder="v5").classes == 95
    assert layout_of(output, decoder="v8").classes == 196


@pytest.mark.parametrize(
    ("outputs", "clues"),
    [
        ([("features", (1, 1000))], {}),
        ([("output0", (1, 84, 8400))], {"decoder": "detr"}),
        ([("output0", (1, 84, 8400))], {"family": ModelFamily.ONNX_SEMANTIC}),
        ([("output0", (1, 20, 8400))], {"ultralytics_task": "obb"}),
        ([("output0", (1, 300, 38)), ("output1", (1, 32, 160, 160))], {"suppressed": True}),
        ([("hm", (1, 80, 128, 128)), ("wh", (1, 4, 128, 128)), ("reg", (1, 2, 128, 128))], {}),
    ],
)
def test_outputs_that_no_decoder_reads_are_refused(outputs, clues):
    with pytest.raises(ModelRefused) as caught:
        layout_of(*outputs, **clues)
    assert caught.value.reason is Reason.ONNX_OUTPUTS
