"""Looks through a config.json of Transformers before any library reads it: no code, no downloads, no monsters."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schema.models import ModelFamily, ModelTask
from workers.models.intake.documents import read_object
from workers.models.intake.refusals import ModelRefused, Reason, plain

_DETECTION = (ModelFamily.TRANSFORMERS_DETECTION, ModelTask.BOXES)
_INSTANCE = (ModelFamily.TRANSFORMERS_INSTANCE, ModelTask.INSTANCES)
_SEMANTIC = (ModelFamily.TRANSFORMERS_SEMANTIC, ModelTask.SEMANTIC)
_PROMPT = (ModelFamily.TRANSFORMERS_PROMPT, ModelTask.PROMPT)
ARCHITECTURES: dict[str, tuple[ModelFamily, ModelTask]] = {
    "RTDetrForObjectDetection": _DETECTION,
    "RTDetrV2ForObjectDetection": _DETECTION,
    "DFineForObjectDetection": _DETECTION,
    "DetrForObjectDetection": _DETECTION,
    "ConditionalDetrForObjectDetection": _DETECTION,
    "YolosForObjectDetection": _DETECTION,
    "Mask2FormerForUniversalSegmentation": _INSTANCE,
    "MaskFormerForInstanceSegmentation": _INSTANCE,
    "EomtForUniversalSegmentation": _INSTANCE,
    "DetrForSegmentation": _INSTANCE,
    "SegformerForSemanticSegmentation": _SEMANTIC,
    "MobileNetV2ForSemanticSegmentation": _SEMANTIC,
    "MobileViTForSemanticSegmentation": _SEMANTIC,
    "MobileViTV2ForSemanticSegmentation": _SEMANTIC,
    "UperNetForSemanticSegmentation": _SEMANTIC,
    "BeitForSemanticSegmentation": _SEMANTIC,
    "Data2VecVisionForSemanticSegmentation": _SEMANTIC,
    "DPTForSemanticSegmentation": _SEMANTIC,
    "SamModel": _PROMPT,
    "SamHQModel": _PROMPT,
    "Sam2Model": _PROMPT,
}
OWN_BACKBONE = (
    "Save the model with Transformers' own backbone (`use_timm_backbone=False` and a `backbone_config`; for "
    'facebook/detr-* take `revision="no_timm"`), or export it to ONNX.'
)
_CODE_KEYS = {"auto_map", "custom_pipelines", "trust_remote_code", "kernel_config", "use_kernels"}
_IMPLEMENTATION = re.compile(r"(attn|experts)_implementation$")
_OWN_IMPLEMENTATIONS = (None, "eager", "sdpa")
_NUMBER_KINDS = (None, "float32", "float16", "bfloat16")
_DEEP = re.compile(r"layers|depth|blocks|stages")
_MOST_LAYERS = 500
_MOST_NUMBER = 10_000_000
_MOST_ENTRIES = 20_000


def read_config(folder: Path) -> dict[str, Any]:
    """Return a configuration that is safe to build a network from. Raises ModelRefused."""
    config = read_object(folder / "config.json")
    for count, (key, value) in enumerate(_walk(config)):
        if count > _MOST_ENTRIES:
            raise _unlikely(f"it has more than {_MOST_ENTRIES} entries")
        _refuse_code(key, value)
        _refuse_downloads(key, value)
        _refuse_monsters(key, value)
    architectures = config.get("architectures")
    name = architectures[0] if isinstance(architectures, list) and architectures else None
    if not isinstance(name, str) or name not in ARCHITECTURES:
        raise ModelRefused(
            Reason.ARCHITECTURE_UNKNOWN,
            f"config.json names the architecture “{plain(str(name))}”. Run here are {', '.join(ARCHITECTURES)}. "
            "Others: export the network with `torch.onnx.export` and upload the .onnx file.",
        )
    return config


def _walk(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    yield key, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, key)


def _refuse_code(key: str, value: Any) -> None:
    if key in _CODE_KEYS and value:
        raise ModelRefused(
            Reason.REMOTE_CODE,
            f"config.json asks for code of its own ({key}), and no code of an upload is run. If the architecture is "
            "one of Transformers itself, take the key out; else export the network with `torch.onnx.export`.",
        )
    if _IMPLEMENTATION.search(key) and value not in _OWN_IMPLEMENTATIONS:
        raise ModelRefused(
            Reason.REMOTE_CODE, f"config.json asks for kernels from elsewhere ({key}). Take that key out of it."
        )
    if key == "quantization_config" and value:
        raise _unlikely("its weights are quantised. Save them as float16 or export the network to ONNX", "")


def _refuse_downloads(key: str, value: Any) -> None:
    is_timm = (key == "use_timm_backbone" and value) or (key == "model_type" and str(value).startswith("timm"))
    if is_timm or (key == "backbone" and value):
        raise ModelRefused(
            Reason.BACKBONE_ELSEWHERE,
            f"config.json builds on a backbone from elsewhere (timm, or one that would be downloaded). {OWN_BACKBONE}",
        )


def _refuse_monsters(key: str, value: Any) -> None:
    if key in ("dtype", "torch_dtype") and value not in _NUMBER_KINDS:
        raise _unlikely(f"{key} is {plain(str(value))}, and float32, float16 and bfloat16 are run here")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    most = _MOST_LAYERS if _DEEP.search(key) else _MOST_NUMBER
    if abs(value) > most:
        raise _unlikely(f"{plain(key)} is {plain(str(value), 40)}, more than {most}")


def _unlikely(what: str, remedy: str = "Upload the config.json that was saved with the weights") -> ModelRefused:
    return ModelRefused(Reason.CONFIG_UNLIKELY, f"config.json: {what}. {remedy}".rstrip(". ") + ".")
