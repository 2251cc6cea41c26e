"""Detectors of a stated cost for benchmarks: convolutions as wide and deep as a YOLOv8's, on a head that finds colours.

What they find depends on the picture and not on chance, so decoding and polygons cost what they cost in earnest.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.unit.models import onnx_networks

SIDE = 640
# Channels and stride of the stages; each gets as many 3 x 3 convolutions as are asked for.
STAGES = ((32, 4), (64, 8), (128, 16), (256, 32))
COLOURS = ("bright", "red", "green", "blue")


def detector(*, width: float, blocks: int) -> tuple[bytes, float]:
    """Return an ONNX file (decoder v8-segment, 640 x 640, four classes) and its cost in GFLOPs an image."""
    model = onnx.load_model_from_string(onnx_networks.yolo_v8_segment(SIDE, SIDE, COLOURS))  # type: ignore[no-untyped-call]
    graph = model.graph
    rng = np.random.default_rng(0)
    nodes: list[onnx.NodeProto] = []
    flops, values, channels = 0.0, "images", 3
    for depth, stride in STAGES:
        wide = max(8, int(depth * width))
        for block in range(blocks):
            step = _step(stride) if block == 0 else 1
            name = f"backbone{len(nodes)}"
            weights = rng.normal(0, (2 / (9 * channels)) ** 0.5, (wide, channels, 3, 3)).astype(np.float32)
            graph.initializer.append(numpy_helper.from_array(weights, f"{name}_weights"))
            nodes.append(
                helper.make_node("Conv", [values, f"{name}_weights"], [f"{name}_sum"], pads=[1] * 4, strides=[step] * 2)
            )
            nodes.append(helper.make_node("Relu", [f"{name}_sum"], [name]))
            flops += 2 * 9 * channels * wide * (SIDE // stride) ** 2
            values, channels = name, wide
    nodes += _hang_on(graph, values)
    last = graph.node[-2] if graph.node[-2].output[0] == "output0" else graph.node[-1]
    place = list(graph.node).index(last)
    for offset, node in enumerate(nodes):
        graph.node.insert(place + offset, node)
    onnx.checker.check_model(model)
    return model.SerializeToString(), flops / 1e9


def _step(stride: int) -> int:
    return 4 if stride == STAGES[0][1] else 2


def _hang_on(graph: onnx.GraphProto, values: str) -> list[onnx.NodeProto]:
    """Add next to nothing of what the convolutions give to the detections, so that they must be computed."""
    [last] = [node for node in graph.node if node.output[0] == "output0"]
    found = last.input[0]
    graph.initializer.append(helper.make_tensor("nothing", TensorProto.FLOAT, [], [1e-12]))
    graph.initializer.append(helper.make_tensor("flat", TensorProto.INT64, [3], [-1, 1, 1]))
    last.input[0] = "with_backbone"
    return [
        helper.make_node("ReduceMean", [values], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["little"]),
        helper.make_node("Reshape", ["little", "flat"], ["little_flat"]),
        helper.make_node("Add", [found, "little_flat"], ["with_backbone"]),
    ]
