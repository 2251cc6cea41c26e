"""Reads the headers of safetensors files and looks at every number of their tensors, without loading them.

The format: https://github.com/huggingface/safetensors (a length, a JSON header, then the tensors without gaps).
"""

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from workers.models.intake.documents import parse_json, read_object
from workers.models.intake.refusals import ModelRefused, Reason, plain

_MOST_HEADER_BYTES = 100_000_000
_MOST_TENSORS = 100_000
_CHUNK_BYTES = 16 << 20
# Bytes of an element; of floating-point numbers the integer they are read as, and the bits all set in what is not
# finite (of F8_E4M3, which has no infinity, in what is not a number).
_KINDS: dict[str, tuple[int, int | None]] = {
    **{"BOOL": (1, None), "U8": (1, None), "I8": (1, None), "U16": (2, None), "I16": (2, None)},
    **{"U32": (4, None), "I32": (4, None), "U64": (8, None), "I64": (8, None)},
    **{"F64": (8, 0x7FF0 << 48), "F32": (4, 0x7F80 << 16), "F16": (2, 0x7C00), "BF16": (2, 0x7F80)},
    **{"F8_E5M2": (1, 0x7C), "F8_E4M3": (1, 0x7F)},
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor lies in its file: from `start` to `end`, in bytes."""

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    end: int


def read_tensors(folder: Path) -> dict[str, Tensor]:
    """Return the tensors of a folder's safetensors by name, all of them sound and finite. Raises ModelRefused."""
    files = sorted(folder.glob("*.safetensors"))
    shards = _read_index(folder)
    if shards is None and len(files) > 1:
        names = ", ".join(plain(file.name) for file in files[:3])
        raise ModelRefused(
            Reason.SEVERAL_NETWORKS,
            f"There are several weights files ({names}) and no model.safetensors.index.json. Upload one network at a "
            "time, or its index with it.",
        )
    if shards is not None and {file.name for file in files} != set(shards.values()):
        odd = sorted({file.name for file in files} ^ set(shards.values()))
        raise ModelRefused(
            Reason.SHARDS_DAMAGED,
            f"model.safetensors.index.json and the files beside it differ in {plain(', '.join(odd[:3]))}. Upload all "
            "parts of the model and nothing else.",
        )
    tensors: dict[str, Tensor] = {}
    for file in files:
        found = _read_file(file)
        if shards is not None and {t.name for t in found} != {n for n, f in shards.items() if f == file.name}:
            raise ModelRefused(
                Reason.SHARDS_DAMAGED,
                f"{plain(file.name)} holds other tensors than model.safetensors.index.json says. Save the model anew.",
            )
        tensors |= {tensor.name: tensor for tensor in found}
    return tensors


def _read_index(folder: Path) -> dict[str, str] | None:
    """Return which tensor lies in which file, or None where the weights are in one piece."""
    indices = sorted(folder.glob("*.safetensors.index.json"))
    if not indices:
        return None
    shards = read_object(indices[0]).get("weight_map")
    if len(indices) > 1 or indices[0].name != "model.safetensors.index.json" or not isinstance(shards, dict):
        raise ModelRefused(Reason.SHARDS_DAMAGED, f"{indices[0].name} is no index of a model. Save the model anew.")
    for file in shards.values():
        # The name is opened by a library later: nothing but a file of this folder.
        if not isinstance(file, str) or not file.endswith(".safetensors") or "/" in file or "\\" in file:
            raise ModelRefused(
                Reason.SHARDS_DAMAGED,
                f"{indices[0].name} names “{plain(str(file))}”, which is no safetensors file beside it. "
                "Save the model anew.",
            )
    return shards


def _read_file(path: Path) -> list[Tensor]:
    try:
        with path.open("rb") as file:
            tensors, data_start = _read_header(file, path.stat().st_size)
            for tensor in tensors:
                _check_finite(file, data_start, tensor, path.name)
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise ModelRefused(
            Reason.SAFETENSORS_DAMAGED,
            f"{plain(path.name)} is damaged or cut short: {plain(str(error))}. Save it anew with "
            "`model.save_pretrained(folder)` or `safetensors.torch.save_file` and compare its sha256 after copying.",
        ) from error
    return tensors


def _read_header(file: IO[bytes], size_bytes: int) -> tuple[list[Tensor], int]:
    (header_bytes,) = struct.unpack("<Q", file.read(8))
    if header_bytes > min(_MOST_HEADER_BYTES, size_bytes - 8):
        raise ValueError("its header is longer than the file")
    header = parse_json(file.read(header_bytes))
    if not isinstance(header, dict) or not 0 < len(header) <= _MOST_TENSORS:
        raise ValueError("its header names no tensors")
    notes = header.pop("__metadata__", {})
    if not isinstance(notes, dict) or not all(isinstance(note, str) for note in notes.values()):
        raise ValueError("its notes are not texts")
    tensors = sorted((_parse(name, said) for name, said in header.items()), key=lambda t: (t.start, t.end))
    reached = 0
    for tensor in tensors:
        if tensor.start != reached:
            raise ValueError(f"before {tensor.name} there is a gap, or tensors overlap")
        reached = tensor.end
    if 8 + header_bytes + reached != size_bytes:
        raise ValueError(f"its tensors end at {8 + header_bytes + reached} bytes, the file at {size_bytes}")
    return tensors, 8 + header_bytes


def _parse(name: str, said: dict[str, Any]) -> Tensor:
    if set(said) != {"dtype", "shape", "data_offsets"} or said["dtype"] not in _KINDS:
        raise ValueError(f"{name} has an unknown type")
    start, end = said["data_offsets"]
    shape = tuple(said["shape"])
    if any(type(number) is not int or number < 0 for number in (start, end, *shape)) or len(shape) > 16:
        raise ValueError(f"{name} has a size that is none")
    if end - start != math.prod(shape) * _KINDS[said["dtype"]][0]:
        raise ValueError(f"{name} has another size than its shape says")
    return Tensor(name, said["dtype"], shape, start, end)


def _check_finite(file: IO[bytes], data_start: int, tensor: Tensor, name: str) -> None:
    size_bytes, mask = _KINDS[tensor.kind]
    if mask is None:
        return
    file.seek(data_start + tensor.start)
    left = tensor.end - tensor.start
    while left:
        chunk: NDArray[np.unsignedinteger[Any]] = np.frombuffer(
            file.read(min(left, _CHUNK_BYTES)), np.dtype(f"<u{size_bytes}")
        )
        bits = chunk.dtype.type(mask)
        if bool(((chunk & bits) == bits).any()):
            raise ModelRefused(
                Reason.NOT_FINITE,
                f"{plain(name)} holds values that are not finite (NaN or infinity) in {plain(tensor.name)}: the "
                "training broke off or the file is damaged. Upload an earlier checkpoint.",
            )
        left -= chunk.nbytes
