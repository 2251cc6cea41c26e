"""Why a model cannot come in: stable codes, and sentences for the data manager who brought it."""

import re
from enum import StrEnum


class Reason(StrEnum):
    """Stable codes; the sentence beside them may change."""

    # the upload
    UNREADABLE = "unreadable"
    UPLOAD_LOST = "upload_lost"
    SHA256_DIFFERS = "sha256_differs"
    UNKNOWN_FORMAT = "unknown_format"
    NO_NETWORK = "no_network"
    SEVERAL_NETWORKS = "several_networks"
    TOO_LARGE = "too_large"
    ARCHIVE_BOMB = "archive_bomb"
    NESTED_ARCHIVE = "nested_archive"
    UNSAFE_NAME = "unsafe_name"
    LINK = "link"
    SAME_NAME = "same_name"
    # formats that are, or carry, programs; or that nothing here runs
    PICKLE = "pickle"
    TORCHSCRIPT = "torchscript"
    EXPORTED_PROGRAM = "exported_program"
    PROGRAM = "program"
    KERAS = "keras"
    TENSORFLOW = "tensorflow"
    TFLITE = "tflite"
    TENSORRT = "tensorrt"
    COREML = "coreml"
    GGUF = "gguf"
    # safetensors
    SAFETENSORS_DAMAGED = "safetensors_damaged"
    SHARDS_DAMAGED = "shards_damaged"
    NOT_FINITE = "not_finite"
    # configurations of Transformers
    DOCUMENT_DAMAGED = "document_damaged"
    REMOTE_CODE = "remote_code"
    ARCHITECTURE_UNKNOWN = "architecture_unknown"
    BACKBONE_ELSEWHERE = "backbone_elsewhere"
    CONFIG_UNLIKELY = "config_unlikely"
    TENSORS_DIFFER = "tensors_differ"
    # ONNX
    ONNX_DAMAGED = "onnx_damaged"
    ONNX_EXTERNAL_DATA = "onnx_external_data"
    ONNX_DOMAIN = "onnx_domain"
    ONNX_FUNCTIONS = "onnx_functions"
    ONNX_OPSET = "onnx_opset"
    ONNX_INPUT = "onnx_input"
    ONNX_OUTPUTS = "onnx_outputs"
    # classes and what was said of the model
    CLASSES_MISSING = "classes_missing"
    CLASSES_DAMAGED = "classes_damaged"
    CLASSES_DIFFER = "classes_differ"
    OVERRIDES_DAMAGED = "overrides_damaged"
    # the trial
    FORWARD_FAILED = "forward_failed"
    TOOK_TOO_MUCH_MEMORY = "took_too_much_memory"
    TOOK_TOO_LONG = "took_too_long"
    CRASHED = "crashed"


class ModelRefused(Exception):
    """A model that stays out; the message names the file and says what to do."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def plain(text: str | bytes, most: int = 200) -> str:
    """Return what a stranger's file says fit for a sentence: on one line, printable, not too long.

    Protocol buffers give bytes where a text is none.
    """
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    cleaned = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split())).rstrip(
        " ."
    )
    return cleaned if len(cleaned) <= most else cleaned[: most - 1] + "…"


def refuse_if_memory(error: Exception) -> None:
    """Raise ModelRefused when a library failed for want of memory, which each of them says in words of its own."""
    if isinstance(error, MemoryError) or re.search(r"alloc|out of memory|bad_alloc", str(error), re.IGNORECASE):
        raise out_of_memory() from error


def out_of_memory() -> ModelRefused:
    return ModelRefused(
        Reason.TOOK_TOO_MUCH_MEMORY,
        "The model needs more memory than a model may have here (PLUMBLINE_MODEL_MEMORY_BYTES). Take a smaller one or "
        "a smaller input, or ask whoever runs Plumbline to allow more.",
    )
