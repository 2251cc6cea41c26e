"""A validating child that a model has taken over: it does what it likes, as far as its sandbox lets it."""

import json
import mmap
import os
import signal
import sys
from pathlib import Path

from workers.models.sandbox import read_argument

WEIGHTS = b"weights"
CARD = {
    "family": "onnx_yolo",
    "task": "boxes",
    "architecture": "",
    "classes": [{"index": 0, "name": "weed"}],
    "files": [{"name": "model.onnx", "bytes": len(WEIGHTS), "sha256": "0" * 64}],
}


def leave_file(out):
    (out / "model.onnx").write_bytes(WEIGHTS)


def leave_link(out):
    Path("weights").write_bytes(WEIGHTS)
    (out / "model.onnx").symlink_to(Path("weights").resolve())


def leave_more(out):
    leave_file(out)
    (out / "more").mkdir()


def take_shared_memory(out):
    leave_file(out)
    with mmap.mmap(-1, 600_000_000) as memory:
        memory.write(bytes(len(memory)))
        signal.pause()


def crash(out):
    os.kill(os.getpid(), signal.SIGSEGV)


def talk_without_end(out):
    while True:
        sys.stdout.write("x" * 1_000_000)


def talk_nonsense(out):
    sys.stdout.write('{"card": {}}')
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    asked = read_argument()
    globals()[asked["name"]](Path(asked["out_dir"]))
    sys.stdout.write(json.dumps({"card": CARD}))
