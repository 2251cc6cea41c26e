"""An ONNX file → what it is: its own words, one run for the shapes of its outputs, and what is usual in its family."""

import re
from pathlib import Path

from schema.models import CardOverrides, InputSpec, ModelFamily
from workers.models.intake.class_files import parse_literal
from workers.models.intake.found import Found, NamedClasses, choose_classes
from workers.models.intake.onnx_file import OnnxFile, read_onnx
from workers.models.intake.onnx_network import run_once
from workers.models.intake.onnx_outputs import Clues, Layout, find_layout
from workers.models.intake.refusals import ModelRefused, Reason

_SIDE_PX = 640
_NUMBERS = re.compile(r"\d{1,5}")
_GUESSED = (
    "The file does not say how its pictures are prepared; what is usual for such networks was taken (see `input`). If "
    "the network was trained otherwise, set `input` in plumbline.json."
)
# CenterNet's own (xingyizhou/CenterNet, src/lib/opts.py and datasets): of BGR pictures; else ImageNet's.
_CENTERNET = {"mean": (0.408, 0.447, 0.47), "std": (0.289, 0.274, 0.278)}
_IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


def examine_onnx(path: Path, overrides: CardOverrides, named: NamedClasses | None, *, threads: int) -> Found:
    """Return what the network is. Raises ModelRefused."""
    file = read_onnx(path)
    own = (
        ("the file's metadata", parse_literal(file.metadata["names"], path.name)) if "names" in file.metadata else None
    )
    height, width = _input_size(file, overrides)
    keypoints = _count_keypoints(file)
    clues = Clues(
        height=height,
        width=width,
        classes=len(chosen[1]) if (chosen := named or own) is not None else None,
        ultralytics_task=file.metadata.get("task"),
        keypoints=keypoints or len(overrides.keypoints or ()),
        suppressed=file.metadata.get("end2end") == "True" or "'nms': True" in file.metadata.get("args", ""),
        decoder=overrides.decoder,
        family=overrides.family,
    )
    outputs = run_once(path, file, height=height, width=width, threads=threads)
    layout = find_layout(outputs, clues, file=path.name)
    return Found(
        family=layout.family,
        task=layout.task,
        architecture=_architecture(file),
        decoder=layout.decoder,
        classes=choose_classes((named, own), outputs=layout.classes),
        input=_default_input(file, layout, height=height, width=width),
        parameters=file.parameters,
        keypoints=_keypoint_names(layout, overrides),
        warnings=() if layout.family is ModelFamily.ONNX_YOLO else (_GUESSED,),
    )


def _architecture(file: OnnxFile) -> str:
    return file.metadata.get("description", file.producer)[:200] or "ONNX"


def _input_size(file: OnnxFile, overrides: CardOverrides) -> tuple[int, int]:
    """Return (height, width) px to run at: the file's own, else what was said, else what its metadata says."""
    sides = [int(number) for number in _NUMBERS.findall(file.metadata.get("imgsz", ""))] or [_SIDE_PX]
    height: int | None = sides[0]
    width: int | None = sides[-1]
    if overrides.input is not None:
        height = overrides.input.height if "height" in overrides.input.model_fields_set else height
        width = overrides.input.width if "width" in overrides.input.model_fields_set else width
    height, width = file.height or height or _SIDE_PX, file.width or width or _SIDE_PX
    if not 16 <= min(height, width) <= max(height, width) <= 8_192:
        raise ModelRefused(
            Reason.ONNX_INPUT, f"{file.name} takes pictures of {width} x {height} px; 16 to 8192 a side are run here."
        )
    return height, width


def _count_keypoints(file: OnnxFile) -> int:
    """Return how many key points the metadata speaks of, each with x, y and a score; 0: of none."""
    numbers = _NUMBERS.findall(file.metadata.get("kpt_shape", ""))
    if numbers and (len(numbers) != 2 or numbers[1] != "3"):
        raise ModelRefused(
            Reason.ONNX_OUTPUTS,
            f"{file.name} gives key points without a score (kpt_shape {', '.join(numbers)}). Train it with visibility, "
            "`kpt_shape: [number, 3]`, and export it anew.",
        )
    return int(numbers[0]) if numbers else 0


def _keypoint_names(layout: Layout, overrides: CardOverrides) -> tuple[str, ...]:
    if overrides.keypoints is None:
        return tuple(f"point {number}" for number in range(1, layout.keypoints + 1))
    if len(overrides.keypoints) != layout.keypoints:
        raise ModelRefused(
            Reason.OVERRIDES_DAMAGED,
            f"`keypoints` names {len(overrides.keypoints)} points, and the network gives {layout.keypoints}.",
        )
    return overrides.keypoints


def _default_input(file: OnnxFile, layout: Layout, *, height: int, width: int) -> InputSpec:
    scale = 1.0 if file.is_bytes else 1 / 255
    spec = InputSpec(height=height, width=width, scale=scale)
    if layout.family is ModelFamily.ONNX_YOLO:
        return spec
    if layout.decoder == "detr":
        return spec.model_copy(update={"resize": "stretch"})
    if layout.decoder == "boxes":
        return spec.model_copy(update={"resize": "letterbox", "pad_value": 0})
    pixels: dict[str, object] = {} if file.is_bytes else {**_IMAGENET}
    if layout.decoder == "centernet":
        pixels = ({} if file.is_bytes else {**_CENTERNET}) | {"colour": "bgr", "pad_value": 0}
    else:
        pixels["resize"] = "stretch"
    return spec.model_copy(update=pixels)
