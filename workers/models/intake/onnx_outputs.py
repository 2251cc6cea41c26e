"""Tells by the outputs of an ONNX network how they are to be read: its family, its decoder and how many classes it has.

Layouts: Ultralytics' export formats, RT-DETR's and D-FINE's exports, CenterNet (Zhou et al. 2019, arXiv:1904.07850).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schema.models import ModelFamily, ModelTask
from workers.models.intake.refusals import ModelRefused, Reason, plain

_STRIDES = (8, 16, 32)
_ANCHORS = 3  # a cell of YOLOv5
_END2END_COLUMNS = 6  # x0, y0, x1, y1, score, label
_MOST_END2END = 1_000


@dataclass(frozen=True, slots=True)
class Output:
    """An output as it was for one picture."""

    name: str
    shape: tuple[int, ...]
    is_integer: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """How outputs are read. `classes`: how many the network tells apart, None where its outputs do not say."""

    family: ModelFamily
    task: ModelTask
    decoder: str
    classes: int | None
    keypoints: int = 0


@dataclass(frozen=True, slots=True)
class Clues:
    """What helps where shapes alone leave a choice."""

    height: int
    width: int
    classes: int | None
    ultralytics_task: str | None
    keypoints: int
    suppressed: bool
    decoder: str | None
    family: ModelFamily | None


def find_layout(outputs: Sequence[Output], clues: Clues, *, file: str) -> Layout:
    """Return the layout of a network's outputs. Raises ModelRefused when it is none that is known here."""
    if clues.ultralytics_task in ("obb", "classify"):
        raise ModelRefused(
            Reason.ONNX_OUTPUTS,
            f"{file} is an Ultralytics model for the task “{clues.ultralytics_task}”; detect, segment and pose are run "
            "here.",
        )
    if clues.suppressed and not (len(outputs) == 1 and outputs[0].shape[-1] == _END2END_COLUMNS):
        raise ModelRefused(
            Reason.ONNX_OUTPUTS,
            f"{file} suppresses overlaps itself, which is run here for boxes alone. Export it raw: "
            "`yolo export model=best.pt format=onnx nms=False end2end=False`.",
        )
    finders: tuple[Callable[[Sequence[Output], Clues], Layout | None], ...] = (
        _find_boxes,
        _find_detr,
        _find_centernet,
        _find_yolo,
        _find_semantic,
    )
    for find in finders:
        layout = find(outputs, clues)
        if layout is not None and clues.decoder in (None, layout.decoder) and clues.family in (None, layout.family):
            return layout
    found = ", ".join(f"{plain(o.name, 40)} {' x '.join(map(str, o.shape))}" for o in outputs[:8])
    raise ModelRefused(
        Reason.ONNX_OUTPUTS,
        f"{file} gives {found}, "
        + ("which does not fit what was said of it. " if clues.decoder or clues.family else "which is not known. ")
        + "Known are YOLO (raw or with suppression inside), logits with pred_boxes, boxes with scores and labels, "
        "CenterNet's hm, wh and reg, and class maps. Export the network so, or name its decoder in plumbline.json.",
    )


def _find_boxes(outputs: Sequence[Output], clues: Clues) -> Layout | None:
    names = {output.name.lower() for output in outputs}
    if not {"boxes", "scores", "labels"} <= names:
        return None
    task = ModelTask.INSTANCES if "masks" in names else ModelTask.BOXES
    # Nothing in the shapes tells boxes in px of the input from those in parts of it, so that is said.
    decoder = "boxes-normalised" if clues.decoder == "boxes-normalised" else "boxes"
    return Layout(ModelFamily.ONNX_BOXES, task, decoder, None)


def _find_detr(outputs: Sequence[Output], clues: Clues) -> Layout | None:
    by_name = {output.name.lower(): output.shape for output in outputs}
    logits = by_name.get("logits", by_name.get("pred_logits"))
    boxes = by_name.get("pred_boxes")
    if logits is None or boxes is None or len(logits) != 3 or boxes != (*logits[:2], 4):
        return None
    # DETR itself has one more, “no object”; RT-DETR and D-FINE have none.
    has_nothing = clues.classes is not None and clues.classes + 1 == logits[2]
    return Layout(ModelFamily.ONNX_BOXES, ModelTask.BOXES, "detr", logits[2] - 1 if has_nothing else logits[2])


def _find_centernet(outputs: Sequence[Output], clues: Clues) -> Layout | None:
    if len(outputs) != 3 or any(len(o.shape) != 4 or o.shape[2:] != outputs[0].shape[2:] for o in outputs):
        return None
    named = [o for o in outputs if o.name.lower() in ("hm", "heatmap", "heat_map")]
    maps = named or [o for o in outputs if o.shape[1] != 2] or [outputs[0]]
    others = [o for o in outputs if o is not maps[0]]
    if any(other.shape[1] != 2 for other in others):
        return None
    return Layout(ModelFamily.ONNX_CENTERNET, ModelTask.BOXES, "centernet", maps[0].shape[1])


def _find_yolo(outputs: Sequence[Output], clues: Clues) -> Layout | None:
    rows = [o for o in outputs if len(o.shape) == 3 and o.shape[0] == 1 and not o.is_integer]
    protos = [o for o in outputs if len(o.shape) == 4 and not o.is_integer]
    if len(rows) != 1 or len(outputs) != 1 + len(protos) or len(protos) > 1:
        return None
    _, first, last = rows[0].shape
    coefficients = protos[0].shape[1] if protos else 0
    poses = 3 * clues.keypoints
    is_v5 = not clues.suppressed and _is_v5(first, last, clues, coefficients)
    if last == _END2END_COLUMNS and not protos and not poses and not is_v5 and first <= _MOST_END2END:
        return Layout(ModelFamily.ONNX_YOLO, ModelTask.BOXES, "end2end", None)
    classes = last - 5 - coefficients if is_v5 else first - 4 - coefficients - poses
    if classes < 1 or (is_v5 and poses):
        return None
    version = "v5" if is_v5 else "v8"
    if protos:
        return Layout(ModelFamily.ONNX_YOLO, ModelTask.INSTANCES, f"{version}-segment", classes)
    if poses:
        return Layout(ModelFamily.ONNX_YOLO, ModelTask.KEYPOINTS, "v8-pose", classes, clues.keypoints)
    return Layout(ModelFamily.ONNX_YOLO, ModelTask.BOXES, version, classes)


def _is_v5(first: int, last: int, clues: Clues, coefficients: int) -> bool:
    """YOLOv5 gives a row for each of three anchors of a cell, YOLOv8 and later a column for each cell."""
    cells = sum((clues.height // stride) * (clues.width // stride) for stride in _STRIDES)
    if clues.decoder is not None and clues.decoder.startswith("v"):
        return clues.decoder.startswith("v5")
    if last == cells or first == _ANCHORS * cells:
        return last != cells
    if clues.classes is not None and clues.classes + coefficients in (last - 5, first - 4):
        return clues.classes + coefficients == last - 5
    return first > last and last != _END2END_COLUMNS


def _find_semantic(outputs: Sequence[Output], clues: Clues) -> Layout | None:
    if len(outputs) != 1:
        return None
    shape = outputs[0].shape
    if outputs[0].is_integer and (len(shape) == 3 or (len(shape) == 4 and shape[1] == 1)):
        return Layout(ModelFamily.ONNX_SEMANTIC, ModelTask.SEMANTIC, "semantic-labels", None)
    if not outputs[0].is_integer and len(shape) == 4 and shape[1] > 1:
        return Layout(ModelFamily.ONNX_SEMANTIC, ModelTask.SEMANTIC, "semantic-logits", shape[1])
    return None
