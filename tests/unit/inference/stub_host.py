"""The child of a model, with a network that is none: `python -m tests.unit.inference.stub_host`.

It says of each picture one box over all of it, whose label is the top-left pixel's red. Some reds do harm instead, and
the file `behaviour.json` of the model's folder may say what a load does and how many pictures fit its memory.
"""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np

from workers.models.host import main
from workers.models.protocols import CroppedMask, Detections
from workers.models.wire import Argument

DIES, HANGS, FAILS, GROWS = 201, 202, 203, 204


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
        with (self.folder / "batches").open("a") as log:
            log.write(json.dumps([batch.shape[1:3], reds]) + "\n")
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

    def decode(self, output, index, frame):
        red = int(output[index, 0, 0, 0])
        mask = np.zeros((min(4, frame.height), min(6, frame.width)), np.bool_)
        mask[1:, 2:] = True
        return Detections(
            boxes=np.array([[0.0, 0.0, frame.width, frame.height]]),
            scores=np.array([0.75]),
            labels=np.array([red]),
            masks=(CroppedMask(0, 0, mask),),
        )


if __name__ == "__main__":
    main(load=Stub)
