"""Runs a model once, through its adapter, on a picture of our own making: what fails here would fail in every run."""

import resource
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schema.models import Measured, ModelCard, ModelTask
from workers.models.adapters.registry import load_adapter
from workers.models.intake.refusals import ModelRefused, Reason, plain, refuse_if_memory

_REPEATS = 3


def try_model(folder: Path, card: ModelCard, *, threads: int) -> Measured:
    """Return what one picture took, the best of a few. Raises ModelRefused when the model cannot do it."""
    picture = _make_picture()
    try:
        adapter = load_adapter(folder, card, device="cpu", threads=threads)
        seconds = min(_time(adapter, card, picture) for _ in range(_REPEATS))
    except Exception as error:  # whatever a stranger's network does wrong is told as its fault
        refuse_if_memory(error)
        raise ModelRefused(
            Reason.FORWARD_FAILED,
            f"The model fails on a picture: {type(error).__name__}: {plain(str(error), 400)}. Check `input` and `decoder` "
            "(both can be set in plumbline.json), or export the network anew.",
        ) from error
    return Measured(
        seconds_per_image=seconds,
        device="cpu",
        memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )
