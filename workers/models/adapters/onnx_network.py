"""An ONNX file as a network: loaded by onnxruntime, run on batches of pictures, its outputs told apart by picture."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from schema.models import InputSpec
from workers.models.adapters.normalise import make_normalise
from workers.models.failures import ModelFailed
from workers.models.protocols import Detections, Frame

_PIXEL_KINDS: Mapping[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}
_ON_PROCESSOR = ["CPUExecutionProvider"]
# So many pictures run side by side at most: each takes the memory of its layers.
_MOST_LANES = 4
# What onnxruntime and CUDA say when there is no room; they have no error of their own for it.
_WANT_OF_MEMORY = re.compile(r"to allocate|bad.?alloc|out of memory|ALLOC_FAILED|OUT_OF_MEMORY", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a network gave for one picture: its arrays by their names, and the (height, width) px of the input.

    An array that has an axis for the batch keeps it, with length 1.
    """

    arrays: Mapping[str, NDArray[Any]]
    input_size: tuple[int, int]


class OnnxNetwork:
    """The one .onnx file of a folder. Raises ModelFailed when it cannot be loaded, MemoryError."""

    def __init__(self, folder: Path, spec: InputSpec, *, device: str, threads: int | None) -> None:
        threads = threads or os.cpu_count() or 1
        providers = _providers(device)
        lanes = min(threads, _MOST_LANES) if providers == _ON_PROCESSOR else 1
        self._session = _open(folder, providers, threads=threads // lanes)
        self._lanes = ThreadPoolExecutor(lanes, "forward") if lanes > 1 else None
        picture = next((entry for entry in self._session.get_inputs() if len(entry.shape) == 4), None)
        if picture is None or picture.type not in _PIXEL_KINDS:
            raise ModelFailed(
                "the network takes no picture of N x 3 x height x width as float32, float16 or uint8; export it so"
            )
        self._input = picture.name
        self._takes_batches = not isinstance(picture.shape[0], int)
        self._normalise = make_normalise(spec, _PIXEL_KINDS[picture.type], channels_last=picture.shape[1] != 3)
        self.ranks = {entry.name: len(entry.shape or ()) for entry in self._session.get_outputs()}

    def run(self, batch: NDArray[np.uint8], *, singly: bool = False) -> list[Outputs]:
        """Return the outputs for (B, H, W, 3) RGB pictures, one each; `singly` gives the network one at a time.

        So is done, too, where its batch is fixed, or only said to be free. On a processor pictures run side by side:
        threads that share one wait for each other at every layer. Raises ModelFailed, MemoryError.
        """
        size = (batch.shape[1], batch.shape[2])
        if self._lanes is not None:
            found = self._lanes.map(lambda picture: self._run(self._normalise(picture)), np.split(batch, len(batch)))
            return [Outputs(arrays, size) for arrays in found]
        pixels = self._normalise(batch)
        if len(batch) > 1 and self._takes_batches and not singly:
            together = self._try_together(pixels)
            if together is not None:
                return [
                    Outputs({name: array[i : i + 1] for name, array in together.items()}, size)
                    for i in range(len(batch))
                ]
            self._takes_batches = False
        return [Outputs(self._run(pixels[i : i + 1]), size) for i in range(len(batch))]

    def _try_together(self, pixels: NDArray[Any]) -> dict[str, NDArray[Any]] | None:
        """Return the outputs of a batch; None where the network, whatever its file says, is made for one picture."""
        try:
            arrays = self._run(pixels)
        except ModelFailed:
            return None
        return arrays if all(array.shape[:1] == (len(pixels),) for array in arrays.values()) else None

    def _run(self, pixels: NDArray[Any]) -> dict[str, NDArray[Any]]:
        try:
            arrays = self._session.run(None, {self._input: pixels})
        except Exception as error:
            raise _told(error, "the network fails on a picture") from error
        return dict(zip(self.ranks, arrays, strict=True))


class OnnxPreLabeler:
    """Implements PreLabeler: a network, and how the outputs for one picture are read."""

    def __init__(
        self, network: OnnxNetwork, read: Callable[[Outputs, Frame], Detections], *, singly: bool = False
    ) -> None:
        self._network = network
        self._read = read
        self._singly = singly

    def forward(self, batch: NDArray[np.uint8], frames: Sequence[Frame]) -> list[Outputs]:
        return self._network.run(batch, singly=self._singly)

    def decode(self, output: list[Outputs], index: int, frame: Frame) -> Detections:
        return self._read(output[index], frame)


def _open(folder: Path, providers: list[Any], *, threads: int) -> onnxruntime.InferenceSession:
    paths = list(folder.glob("*.onnx"))
    if len(paths) != 1:
        raise ModelFailed(f"the model's folder holds {len(paths)} .onnx files, and one is needed")
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    # Between batches its threads would keep the processor busy, which others decode and cut out with.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    try:
        return onnxruntime.InferenceSession(str(paths[0]), options, providers=providers)
    except Exception as error:
        raise _told(error, f"{paths[0].name} cannot be loaded") from error


def _providers(device: str) -> list[Any]:
    """Return where to run: on CUDA where that is asked for and there, else on the processor."""
    kind, _, number = device.partition(":")
    if kind in ("cuda", "auto") and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        return [("CUDAExecutionProvider", {"device_id": int(number or 0)}), "CPUExecutionProvider"]
    return _ON_PROCESSOR


def _told(error: Exception, what: str) -> Exception:
    if isinstance(error, MemoryError) or _WANT_OF_MEMORY.search(str(error)):
        return MemoryError(str(error)[:400])
    return ModelFailed(f"{what}: {str(error)[:400]}")
