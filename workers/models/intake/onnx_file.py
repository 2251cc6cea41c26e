"""Parses an ONNX file and refuses what reaches beyond it: other files, foreign operators, what no picture fits into."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, NodeProto, TensorProto

from workers.models.intake.refusals import ModelRefused, Reason, plain

_MOST_BYTES = 2_000_000_000  # protobuf's own limit, a little less
_MOST_NODES = 200_000
_OWN_DOMAINS = ("", "ai.onnx")
_OLDEST_OPSET = 7
_MOST_NOTE_CHARS = 500_000
_PIXELS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8}


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """What an ONNX file says of itself. `height` and `width` are None where any size is taken."""

    name: str
    producer: str
    metadata: dict[str, str]
    input: str
    channels_last: bool
    is_bytes: bool
    height: int | None
    width: int | None
    parameters: int


def read_onnx(path: Path) -> OnnxFile:
    """Return what the file says of itself, once nothing in it reaches beyond it. Raises ModelRefused."""
    if path.stat().st_size > _MOST_BYTES:
        raise ModelRefused(
            Reason.TOO_LARGE, f"{path.name} is larger than 2 GB. Export the network with half precision."
        )
    try:
        model = onnx.load_model(str(path), load_external_data=False)
    except (DecodeError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    _check_operators(path, model)
    _refuse_external_data(path, model)
    try:
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    return _describe(path, model)


def _damaged(path: Path, what: str) -> ModelRefused:
    return ModelRefused(
        Reason.ONNX_DAMAGED,
        f"{path.name} is no sound ONNX file: {plain(what)}. Export the network anew and try "
        "`python -c \"import onnx; onnx.checker.check_model('model.onnx')\"`.",
    )


def _check_operators(path: Path, model: ModelProto) -> None:
    if model.functions:
        raise ModelRefused(
            Reason.ONNX_FUNCTIONS,
            f"{path.name} brings functions of its own ({plain(model.functions[0].name)}). Put them in place: "
            "`onnx.save_model(onnx.inliner.inline_local_functions(onnx.load('model.onnx')), 'plain.onnx')`.",
        )
    if model.training_info:
        raise _damaged(path, "it is made for training")
    versions = [entry.version for entry in model.opset_import if entry.domain in _OWN_DOMAINS]
    newest = onnx.defs.onnx_opset_version()
    if len(versions) != 1 or not _OLDEST_OPSET <= versions[0] <= newest:
        raise ModelRefused(
            Reason.ONNX_OPSET,
            f"{path.name} asks for opset {plain(str(versions))}; {_OLDEST_OPSET} to {newest} are known here. Export it "
            "with `opset_version=17`.",
        )
    for count, node in enumerate(_nodes(model.graph)):
        if count >= _MOST_NODES:
            raise _damaged(path, f"it has more than {_MOST_NODES} operators")
        if node.domain not in _OWN_DOMAINS:
            raise ModelRefused(
                Reason.ONNX_DOMAIN,
                f"{path.name} uses the operator {plain(node.op_type)} of {plain(node.domain)}, not one of ONNX itself. "
                "Export the network without plug-ins and optimisations for one runtime.",
            )


def _nodes(graph: GraphProto) -> Iterator[NodeProto]:
    for node in graph.node:
        yield node
        for inner in _graphs(node):
            yield from _nodes(inner)


def _graphs(node: NodeProto) -> Iterator[GraphProto]:
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield attribute.t
            yield from attribute.tensors
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)
        for inner in _graphs(node):
            yield from _tensors(inner)


def _refuse_external_data(path: Path, model: ModelProto) -> None:
    for tensor in _tensors(model.graph):
        if tensor.data_location != TensorProto.DEFAULT or tensor.external_data:
            raise ModelRefused(
                Reason.ONNX_EXTERNAL_DATA,
                f"{path.name} keeps {plain(tensor.name) or 'a tensor'} in another file. Save all in one: "
                "`onnx.save_model(onnx.load('model.onnx'), 'whole.onnx', save_as_external_data=False)`.",
            )


def _describe(path: Path, model: ModelProto) -> OnnxFile:
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in weights]
    pictures = [entry for entry in inputs if len(entry.type.tensor_type.shape.dim) == 4]
    if len(pictures) != 1:
        raise ModelRefused(
            Reason.ONNX_INPUT,
            f"{path.name} takes {len(pictures)} pictures (inputs of four dimensions), and one is needed. Export the "
            "network with one input of N x 3 x height x width.",
        )
    if len(inputs) > 1:
        others = ", ".join(plain(entry.name, 40) for entry in inputs if entry.name != pictures[0].name)
        raise ModelRefused(
            Reason.ONNX_INPUT,
            f"{path.name} takes more than a picture ({others}). Export the bare network, without the steps that bring "
            "its results to the size of the original.",
        )
    picture = pictures[0]
    shape = [_size(dimension) for dimension in picture.type.tensor_type.shape.dim]
    channels_last = shape[1] != 3
    if shape[3 if channels_last else 1] != 3 or shape[0] not in (None, 1):
        raise ModelRefused(
            Reason.ONNX_INPUT,
            f"{path.name} takes an input of {_in_words(shape)}, and a picture is N x 3 x height x width or N x height "
            "x width x 3 with N free or 1. Export the network for single pictures in colour.",
        )
    kind = picture.type.tensor_type.elem_type
    if kind not in _PIXELS:
        raise ModelRefused(
            Reason.ONNX_INPUT, f"{path.name} takes pixels that are neither float32, float16 nor uint8. Export it so."
        )
    height, width = shape[1:3] if channels_last else shape[2:4]
    return OnnxFile(
        name=path.name,
        producer=plain(f"{plain(model.producer_name)} {plain(model.producer_version)}".strip(), 100),
        metadata={plain(entry.key): plain(entry.value, _MOST_NOTE_CHARS) for entry in model.metadata_props},
        input=picture.name,
        channels_last=channels_last,
        is_bytes=kind == TensorProto.UINT8,
        height=height,
        width=width,
        parameters=sum(math.prod(tensor.dims) for tensor in model.graph.initializer if tensor.data_type in _PIXELS),
    )


def _size(dimension: Any) -> int | None:
    return int(dimension.dim_value) if dimension.dim_value > 0 else None


def _in_words(shape: Sequence[int | None]) -> str:
    return " x ".join("?" if size is None else str(size) for size in shape)
