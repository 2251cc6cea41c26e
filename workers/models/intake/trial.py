"""Runs a model once, through its adapter, on a picture of our own making: what fails here would fail in every run."""

import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

from schema.models import InputSpec, Measured, ModelCard, ModelTask
from workers.models.adapters.registry import load_adapter
from workers.models.failures import ModelFailed
from workers.models.intake.refusals import ModelRefused, Reason, plain, refuse_if_memory
from workers.models.protocols import Frame

_REPEATS = 3


def try_model(folder: Path, card: ModelCard, *, threads: int) -> Measured:
    """Return what one picture took, the best of a few. Raises ModelRefused when the model cannot do it."""
    adapter = _load(folder, card, threads=threads)
    try:
        seconds = min(_time(adapter, card) for _ in range(_REPEATS))
    except Exception as error:  # whatever a stranger's network does wrong is told as its fault
        refuse_if_memory(error)
        raise ModelRefused(
            Reason.FORWARD_FAILED,
            f"The model fails on a picture: {type(error).__name__}: {plain(str(error), 400)}. Check `input` and "
            "`decoder`, which plumbline.json can set, or export the network anew.",
        ) from error
    held_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Measured(seconds_per_image=seconds, device="cpu", memory_bytes=held_bytes)


def _load(folder: Path, card: ModelCard, *, threads: int) -> Any:
    try:
        return load_adapter(folder, card, device="cpu", threads=threads)
    except ModelFailed as error:
        of_transformers = card.family.value.startswith("transformers")
        reason = Reason.TENSORS_DIFFER if of_transformers else Reason.FORWARD_FAILED
        raise ModelRefused(reason, f"The model cannot be loaded: {plain(str(error), 500)}.") from error
    except Exception as error:  # likewise
        refuse_if_memory(error)
        raise ModelRefused(
            Reason.FORWARD_FAILED,
            f"The model cannot be loaded: {type(error).__name__}: {plain(str(error), 400)}. Save or export it anew.",
        ) from error


def _time(adapter: Any, card: ModelCard) -> float:
    height, width = _size(card.input)
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    started = time.perf_counter()
    if card.task is ModelTask.PROMPT:
        adapter.segment(adapter.embed(picture), positive=((width / 2, height / 2),))
    else:
        frame = Frame(height=height, width=width, scale_x=1.0, scale_y=1.0, left=0.0, top=0.0)
        adapter.decode(adapter.forward(picture[None], (frame,)), 0, frame)
    return time.perf_counter() - started


def _size(spec: InputSpec) -> tuple[int, int]:
    """Return the height and width in px of an input that the network takes."""
    free = -(-spec.shortest_px // spec.multiple_of) * spec.multiple_of
    return spec.height or free, spec.width or free
