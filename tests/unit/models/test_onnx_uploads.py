"""A network and the names of its classes are enough: what the intake makes of them is what the adapter needs."""

import numpy as np
import pytest

from schema.models import CardOverrides
from tests.unit.models import onnx_networks
from tests.unit.models.onnx_running import photograph
from workers.inference.frames import fit
from workers.models.adapters.registry import load_adapter
from workers.models.intake.examine import examine

COLOURS = ("bright", "dark")
SEMANTIC = ("background", *COLOURS)


@pytest.mark.parametrize(
    ("body", "classes", "said", "decoder"),
    [
        (onnx_networks.yolo_v5(), COLOURS, {}, "v5"),
        (onnx_networks.yolo_v8(), COLOURS, {}, "v8"),
        (onnx_networks.yolo_v8(pixels="uint8", channels_last=True), COLOURS, {}, "v8"),
        (onnx_networks.yolo_v8(pixels="float16"), COLOURS, {}, "v8"),
        (onnx_networks.yolo_v5_segment(), COLOURS, {}, "v5-segment"),
        (onnx_networks.yolo_v8_segment(), COLOURS, {}, "v8-segment"),
        (onnx_networks.yolo_v8_pose(), ("bright",), {"keypoints": ("first", "last")}, "v8-pose"),
        (onnx_networks.yolo_end2end(), COLOURS, {}, "end2end"),
        (onnx_networks.boxes(), COLOURS, {}, "boxes"),
        (onnx_networks.boxes(masks="box"), COLOURS, {}, "boxes"),
        (onnx_networks.boxes(masks="input"), COLOURS, {}, "boxes"),
        (onnx_networks.boxes(normalised=True), COLOURS, {"decoder": "boxes-normalised"}, "boxes-normalised"),
        (onnx_networks.boxes_batched(), COLOURS, {}, "boxes"),
        (onnx_networks.detr(), COLOURS, {}, "detr"),
        (onnx_networks.detr(no_object=True), COLOURS, {}, "detr"),
        (onnx_networks.centernet(), COLOURS, {}, "centernet"),
        (onnx_networks.centernet(is_probable=False), COLOURS, {}, "centernet"),
        (onnx_networks.semantic(), SEMANTIC, {}, "semantic-logits"),
        (onnx_networks.semantic(gives="labels"), SEMANTIC, {}, "semantic-labels"),
    ],
)
def test_every_layout_is_recognised_and_finds_something(tmp_path, body, classes, said, decoder):
    (tmp_path / "model.onnx").write_bytes(body)
    overrides = CardOverrides(classes=classes, **said)
    card = examine(tmp_path, overrides, left_out=(), threads=1)
    assert card.decoder == decoder
    adapter = load_adapter(tmp_path, card, device="cpu", threads=1)
    pixels, frame = fit(photograph(), card.input)
    found = adapter.decode(adapter.forward(pixels[None], [frame]), 0, frame)
    assert len(found.scores) > 0
    assert set(found.labels.tolist()) <= set(range(len(classes)))
    assert np.diff(found.scores).max(initial=-1.0) <= 0.0
    assert (found.boxes[:, 2:] > found.boxes[:, :2]).all()
    assert (found.masks is not None) == (card.task.value in ("instances", "semantic"))


def test_description_of_several_lines_becomes_one(tmp_path):
    metadata = {"description": "Weeds,\nseen from\x00 above"}
    (tmp_path / "model.onnx").write_bytes(onnx_networks.yolo_v8(metadata=metadata))
    card = examine(tmp_path, CardOverrides(classes=COLOURS), left_out=(), threads=1)
    assert card.architecture == "Weeds, seen from\N{REPLACEMENT CHARACTER} above"
