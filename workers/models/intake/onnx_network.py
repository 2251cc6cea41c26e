"""Runs an ONNX network once on a grey picture to learn what its outputs look like."""

from pathlib import Path

import numpy as np
import onnxruntime

from workers.models.intake.onnx_file import OnnxFile
from workers.models.intake.onnx_outputs import Output
from workers.models.intake.refusals import ModelRefused, Reason, plain, refuse_if_memory

_PIXEL_KINDS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}


def run_once(path: Path, file: OnnxFile, *, height: int, width: int, threads: int) -> tuple[Output, ...]:
    """Return the network's outputs for one picture of this size. Raises ModelRefused."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    shape = (1, height, width, 3) if file.channels_last else (1, 3, height, width)
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        kind = _PIXEL_KINDS[next(i.type for i in session.get_inputs() if i.name == file.input)]
        results = session.run(None, {file.input: np.full(shape, 0.5 if kind is not np.uint8 else 128, kind)})
    except Exception as error:  # a stranger's network: whatever the runtime says of it is told
        refuse_if_memory(error)
        raise ModelRefused(
            Reason.FORWARD_FAILED,
            f"{file.name} fails on a picture of {width} x {height} px: {plain(str(error), 400)}. Try it with "
            "onnxruntime; if it takes another size, set `input` in plumbline.json.",
        ) from error
    return tuple(
        Output(said.name, tuple(result.shape), bool(np.issubdtype(result.dtype, np.integer)))
        for said, result in zip(session.get_outputs(), results, strict=True)
        if isinstance(result, np.ndarray)
    )
