"""What an ONNX network is given: its type, its layout and its batches; and what is told when it fails."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from schema.models import InputSpec, ModelFamily, ModelTask
from tests.unit.models import onnx_networks
from tests.unit.models.onnx_networks import COLOURS
from tests.unit.models.onnx_running import SPEC, card_of, load, photograph, show
from workers.inference.frames import fit
from workers.models.adapters import onnx_network
from workers.models.adapters.normalise import make_normalise
from workers.models.adapters.registry import ADAPTERS
from workers.models.failures import ModelFailed

IMAGENET = InputSpec(height=64, width=64, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
MAP = ("background", *COLOURS)
BYTES = InputSpec(height=64, width=64, scale=1.0)


def yolo_card(**fields):
    return card_of(ModelFamily.ONNX_YOLO, ModelTask.BOXES, "v8", **fields)


def batch_of(*sizes):
    inputs, frames = zip(*(fit(photograph(*size), SPEC) for size in sizes), strict=True)
    return np.stack(inputs), frames


@pytest.mark.parametrize("colour", ["rgb", "bgr"])
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_pixels_are_scaled_shifted_and_laid_as_the_network_takes_them(kind, channels_last, colour):
    batch, _ = batch_of((200, 400), (400, 300))
    spec = IMAGENET.model_copy(update={"colour": colour})
    pixels = make_normalise(spec, kind, channels_last=channels_last)(batch)
    expected = batch[..., ::-1] if colour == "bgr" else batch
    expected = (expected.astype(np.float64) / 255 - spec.mean) / spec.std
    assert pixels.dtype == kind
    assert pixels.flags.c_contiguous
    laid = expected if channels_last else expected.transpose(0, 3, 1, 2)
    np.testing.assert_allclose(pixels, laid, atol=2e-3 if kind is np.float16 else 1e-6)


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("colour", ["rgb", "bgr"])
def test_a_network_of_bytes_gets_the_picture_itself(channels_last, colour):
    batch, _ = batch_of((200, 400))
    spec = BYTES.model_copy(update={"colour": colour})
    pixels = make_normalise(spec, np.uint8, channels_last=channels_last)(batch)
    expected = batch[..., ::-1] if colour == "bgr" else batch
    assert pixels.dtype == np.uint8
    assert (pixels == (expected if channels_last else expected.transpose(0, 3, 1, 2))).all()


def test_a_network_of_bytes_takes_no_fractions():
    with pytest.raises(ModelFailed, match=r"scale to 1.*plumbline\.json"):
        make_normalise(IMAGENET, np.uint8, channels_last=True)


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(("kind", "spec"), [("float32", SPEC), ("float16", SPEC), ("uint8", BYTES)])
def test_networks_find_the_same_whatever_they_take(tmp_path, kind, spec, channels_last):
    picture = photograph(200, 400)
    expected = show(tmp_path, onnx_networks.yolo_v8(), yolo_card(), picture).found[0]
    body = onnx_networks.yolo_v8(pixels=kind, channels_last=channels_last)
    adapter = load(tmp_path, body, yolo_card(spec=spec))
    batch, frames = batch_of((200, 400))
    found = adapter.decode(adapter.forward(batch, frames), 0, frames[0])
    np.testing.assert_allclose(found.scores, expected.scores, atol=5e-3)
    assert found.labels.tolist() == expected.labels.tolist()


@pytest.mark.parametrize(
    ("build", "family", "task", "decoder", "colours"),
    [
        (onnx_networks.yolo_v5, ModelFamily.ONNX_YOLO, ModelTask.BOXES, "v5", COLOURS),
        (onnx_networks.yolo_v8_segment, ModelFamily.ONNX_YOLO, ModelTask.INSTANCES, "v8-segment", COLOURS),
        (onnx_networks.detr, ModelFamily.ONNX_BOXES, ModelTask.BOXES, "detr", COLOURS),
        (onnx_networks.centernet, ModelFamily.ONNX_CENTERNET, ModelTask.BOXES, "centernet", COLOURS),
        (onnx_networks.semantic, ModelFamily.ONNX_SEMANTIC, ModelTask.SEMANTIC, "semantic-logits", MAP),
    ],
)
def test_a_network_of_halves_is_read_as_one_of_floats(tmp_path, build, family, task, decoder, colours):
    card = card_of(family, task, decoder, colours=colours)
    # Halves may change the order of two that are nearly equal, and what is beside a threshold.
    expected = {round(x, 2) for x in show(tmp_path, build(), card, photograph()).found[0].scores.tolist()}
    found = show(tmp_path, build(gives_halves=True), card, photograph()).found[0]
    close = [min(abs(score - one) for one in expected) for score in found.scores.tolist()]
    assert len(close) > 2
    assert max(close) < 0.02


def test_a_batch_is_decoded_by_several_threads_at_once(tmp_path):
    card = card_of(ModelFamily.ONNX_YOLO, ModelTask.INSTANCES, "v8-segment")
    adapter = load(tmp_path, onnx_networks.yolo_v8_segment(), card)
    inputs, frames = batch_of(*[(200, 400), (400, 300)] * 8)
    output = adapter.forward(inputs, frames)
    expected = [adapter.decode(output, i, frame) for i, frame in enumerate(frames)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(partial(adapter.decode, output), range(len(frames)), frames))
    for one, other in zip(found, expected, strict=True):
        assert (one.boxes == other.boxes).all()
        assert all((a.mask == b.mask).all() for a, b in zip(one.masks, other.masks, strict=True))


@pytest.mark.parametrize("batch", ["batch", 1])
def test_a_batch_gives_what_single_pictures_give(tmp_path, batch):
    adapter = load(tmp_path, onnx_networks.yolo_v8(batch=batch), yolo_card())
    inputs, frames = batch_of((200, 400), (400, 300), (50, 40, 8))
    output = adapter.forward(inputs, frames)
    for i, frame in enumerate(frames):
        alone = adapter.decode(adapter.forward(inputs[i : i + 1], [frame]), 0, frame)
        np.testing.assert_allclose(adapter.decode(output, i, frame).boxes, alone.boxes)
        np.testing.assert_allclose(adapter.decode(output, i, frame).scores, alone.scores, atol=1e-6)


def test_a_network_that_only_says_its_batch_is_free_is_run_one_by_one(tmp_path):
    model = onnx.load_model_from_string(onnx_networks.yolo_v8(batch=1))
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    [output] = model.graph.output
    output.type.tensor_type.shape.dim[0].dim_param = "batch"
    fixed = helper.make_tensor("fixed", TensorProto.INT64, [3], [1, 6, -1])
    model.graph.node[-1].input[0], inner = "fixed_rows", model.graph.node[-1].input[0]
    model.graph.initializer.append(fixed)
    model.graph.node.insert(len(model.graph.node) - 1, helper.make_node("Reshape", [inner, "fixed"], ["fixed_rows"]))
    adapter = load(tmp_path, model.SerializeToString(), yolo_card())
    inputs, frames = batch_of((200, 400), (400, 300))
    found = adapter.decode(adapter.forward(inputs, frames), 1, frames[1])
    alone = adapter.decode(adapter.forward(inputs[1:], frames[1:]), 0, frames[1])
    np.testing.assert_allclose(found.boxes, alone.boxes)


def test_a_size_that_the_network_does_not_take_is_told(tmp_path):
    adapter = load(tmp_path, onnx_networks.yolo_v8(), yolo_card())
    with pytest.raises(ModelFailed, match="fails on a picture"):
        adapter.forward(np.zeros((1, 32, 64, 3), np.uint8), [])


def test_a_damaged_file_is_told(tmp_path):
    with pytest.raises(ModelFailed, match=r"model\.onnx cannot be loaded"):
        load(tmp_path, b"no network", yolo_card())


def test_a_second_file_is_told(tmp_path):
    (tmp_path / "other.onnx").write_bytes(b"")
    with pytest.raises(ModelFailed, match=r"2 \.onnx files"):
        load(tmp_path, onnx_networks.yolo_v8(), yolo_card())


def greedy_network():
    """A network that repeats its picture 2 ** 40 times."""
    picture = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64])
    repeats = helper.make_tensor("repeats", TensorProto.INT64, [4], [1 << 40, 1, 1, 1])
    output = helper.make_tensor_value_info("output0", TensorProto.FLOAT, [None, 3, 64, 64])
    node = helper.make_node("Expand", ["images", "repeats"], ["output0"])
    graph = helper.make_graph([node], "greedy", [picture], [output], [repeats])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def test_want_of_memory_is_told_as_such(tmp_path):
    adapter = load(tmp_path, greedy_network(), yolo_card())
    with pytest.raises(MemoryError):
        adapter.forward(np.zeros((1, 64, 64, 3), np.uint8), [])


def test_cuda_is_used_only_where_it_is_there(monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    assert onnx_network._providers("cuda:1")[0] == ("CUDAExecutionProvider", {"device_id": 1})
    assert onnx_network._providers("auto")[0] == ("CUDAExecutionProvider", {"device_id": 0})
    assert onnx_network._providers("cpu") == ["CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    assert onnx_network._providers("cuda") == ["CPUExecutionProvider"]


def test_every_family_has_an_adapter():
    assert set(ADAPTERS) == set(ModelFamily)


def test_an_onnx_model_is_run_without_torch(tmp_path):
    (tmp_path / "model.onnx").write_bytes(onnx_networks.yolo_v8())
    program = (
        "import sys; from pathlib import Path; from schema.models import ModelCard;"
        "from workers.models.adapters.registry import load_adapter;"
        "card = ModelCard.model_validate_json(sys.argv[1]);"
        "load_adapter(Path(sys.argv[2]), card, device='cpu', threads=1);"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    arguments = [sys.executable, "-c", program, yolo_card().model_dump_json(), str(tmp_path)]
    assert subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.strip() == "[]"
