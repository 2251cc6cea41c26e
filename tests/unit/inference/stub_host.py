"""The child of a model, with a network that is none: `python -m tests.unit.inference.stub_host`.

It says of each picture one box over all of it, whose label is the top-left pixel's red. Some reds do harm instead, and
the file `behaviour.json` of the model's folder may say what a load does and how many pictures fit its memory.
"""

import json
import os
import resource
import signal
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from workers.models.host import main
from workers.models.protocols import CroppedMask, Detections
from workers.models.sandbox import read_argument
from workers.models.wire import Argument

DIES, HANGS, FAILS, GROWS, PRIES, SWELLS = 201, 202, 203, 204, 205, 206
NOTES = -1


class Unpackable(list):
    def astype(self, kind):
        raise MemoryError


class Stub:
    """Notes in the folder how large its batches were."""

    def __init__(self, argument: Argument) -> None:
        self.folder = Path(argument.folder)
        path = self.folder / "behaviour.json"
        self.behaviour = json.loads(path.read_text()) if path.exists() else {}
        if self.behaviour.get("load") == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.behaviour.get("load") == "fails":
            raise ValueError("these weights are none")

    def forward(self, batch, frames):
        assert len(frames) == len(batch)
        os.write(1, b"what a library prints")
        if len(batch) > self.behaviour.get("fits", 1_000):
            raise MemoryError
        reds = batch[:, 0, 0, 0].tolist()
        os.write(NOTES, json.dumps([batch.shape[1:3], reds]).encode() + b"\n")
        if PRIES in reds:
            reds[reds.index(PRIES)] = self.pry()
            batch = np.full_like(batch, self.pry())
        if DIES in reds:
            os.kill(os.getpid(), signal.SIGKILL)
        if HANGS in reds:
            time.sleep(600)
        if FAILS in reds:
            raise ValueError("a layer does not fit")
        if GROWS in reds:
            self.held = np.ones(2_000_000_000, np.uint8)
        time.sleep(self.behaviour.get("takes_s", 0))
        return batch.copy()

    def pry(self):
        """Return 0 when neither the worker's environment nor its limits nor files of others are in reach."""
        reached = 0
        for number, what in enumerate((f"/proc/{os.getppid()}/environ", "/etc/hostname")):
            with suppress(OSError):
                Path(what).read_bytes()
                reached |= 1 << number
        with suppress(OSError):
            resource.prlimit(os.getppid(), resource.RLIMIT_CORE)
            reached |= 4
        return reached

    def decode(self, output, index, frame):
        red = int(output[index, 0, 0, 0])
        if red == SWELLS:  # what is to be told finds no memory
            return Detections(np.zeros((1, 4)), np.zeros(1), Unpackable([red]))
        mask = np.zeros((min(4, frame.height), min(6, frame.width)), np.bool_)
        mask[1:, 2:] = True
        return Detections(
            boxes=np.array([[0.0, 0.0, frame.width, frame.height]]),
            scores=np.array([0.75]),
            labels=np.array([red]),
            masks=(CroppedMask(0, 0, mask),),
        )


if __name__ == "__main__":
    # Later its folder can only be read.
    NOTES = os.open(Path(read_argument()["folder"]) / "batches", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    main(load=Stub)
