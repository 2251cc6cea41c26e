"""Finds the adapter of a model by its card's family, and loads with it no library that another family needs."""

from importlib import import_module
from pathlib import Path
from typing import Final

from schema.models import ModelCard, ModelFamily
from workers.models.protocols import PreLabeler, PromptSegmenter

ADAPTERS: Final = {
    ModelFamily.ONNX_YOLO: "onnx_yolo",
    ModelFamily.ONNX_BOXES: "onnx_boxes",
    ModelFamily.ONNX_CENTERNET: "onnx_centernet",
    ModelFamily.ONNX_SEMANTIC: "onnx_semantic",
    ModelFamily.TRANSFORMERS_DETECTION: "transformers_detection",
    ModelFamily.TRANSFORMERS_INSTANCE: "transformers_instance",
    ModelFamily.TRANSFORMERS_SEMANTIC: "transformers_semantic",
    ModelFamily.TRANSFORMERS_PROMPT: "transformers_prompt",
}


def load_adapter(
    folder: Path, card: ModelCard, *, device: str, threads: int | None = None, compile: bool = False
) -> PreLabeler | PromptSegmenter:
    """Load the model in a folder, a PromptSegmenter where its task is PROMPT, else a PreLabeler.

    `device` is cpu, cuda, cuda:n, or auto for whichever is there; `threads` None takes the library's own number;
    `compile` has torch compile the network, and is nothing to onnxruntime, which always does so.
    Raises ModelFailed when the model and its card cannot be run, MemoryError when there is no room.
    """
    name = ADAPTERS[card.family]
    module = import_module(f"{__package__}.{name}")
    of_torch = {"compile": compile} if name.startswith("transformers") else {}
    adapter: PreLabeler | PromptSegmenter = module.load(folder, card, device=device, threads=threads, **of_torch)
    return adapter
