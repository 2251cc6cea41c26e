"""The body of a child that runs one model: `python -m workers.models.host`, started by `hosted.py`.

It shuts itself in, loads the adapter, and then reads one batch after the other. While a batch is decoded in a thread
of its own, the next one is on the device.
"""

import mmap
import os
import resource
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from workers.models.protocols import Detections, Frame, PreLabeler
from workers.models.sandbox import Files, Limits, SandboxUnavailable, enter, read_argument
from workers.models.wire import Argument, PictureResult, Request, pack

# Models' libraries write caches and logs at most.
_FILE_BYTES = 100_000_000


Load = Callable[[Argument], PreLabeler]
"""Makes the adapter of a model's folder."""


def serve(argument: Argument, *, load: Load) -> None:
    """Answer requests until the pipe closes."""
    replies = _take_output()
    answer = _Answers(replies)
    # A GPU's driver opens devices and files of its own, which differ by its version.
    files = None if argument.memory_bytes is None else Files(readable=(Path(argument.folder),), writable=(Path.cwd(),))
    try:
        most = resource.RLIM_INFINITY if argument.memory_bytes is None else argument.memory_bytes
        held = enter(Limits(memory_bytes=most, cpu_s=None, file_bytes=_FILE_BYTES), files=files)
    except SandboxUnavailable as error:
        answer.tell({"unavailable": str(error)})
        return
    try:
        started = perf_counter()
        adapter = load(argument)
    except MemoryError:
        answer.tell({"refused": "the model needs more memory than PLUMBLINE_MODEL_MEMORY_BYTES allows"})
        return
    except Exception as error:  # noqa: BLE001  # a stranger's model: whatever is wrong with it is told
        answer.tell({"refused": _sentence(error)})
        return
    answer.tell({"loaded": True, "held": held, "load_s": perf_counter() - started})
    with ThreadPoolExecutor(1, "decode") as decoding:
        _Batches(argument, adapter, answer, decoding).run(sys.stdin.buffer)


def _take_output() -> IO[bytes]:
    """Return the pipe to the worker, and lead to stderr whatever a library prints."""
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return replies


class _Answers:
    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def tell(self, header: dict[str, Any]) -> None:
        self.send(pack(header))

    def send(self, message: bytes) -> None:
        rest = memoryview(message)
        with self._lock:
            while rest:  # an unbuffered pipe takes what it has room for
                rest = rest[self._pipe.write(rest) :]


class _Batches:
    """Runs requests in turn. Results are decoded apart, one batch at a time, and at most one waits for that."""

    def __init__(
        self, argument: Argument, adapter: PreLabeler, answers: _Answers, decoding: ThreadPoolExecutor
    ) -> None:
        self._slots = argument.slots
        self._adapter = adapter
        self._answers = answers
        self._decoding = decoding
        self._before: Future[None] | None = None
        self._memory: dict[int, mmap.mmap] = {}

    def run(self, requests: IO[bytes]) -> None:
        for line in requests:
            request = Request.from_line(line)
            try:
                self._run(request)
            except MemoryError:
                self._answers.tell({"number": request.number, "memory": True})
            except Exception as error:  # noqa: BLE001  # a stranger's network: its batch fails, the next may not
                self._answers.tell({"number": request.number, "failed": _sentence(error)})

    def _run(self, request: Request) -> None:
        batch = self._view(request)
        started = perf_counter()
        output = self._adapter.forward(batch, request.frames)
        forward_s = perf_counter() - started
        if self._before is not None:
            self._before.result()  # raises nothing: what went wrong was answered
        self._answers.tell({"number": request.number, "forwarded": True})
        self._before = self._decoding.submit(self._decode, request, output, forward_s)

    def _decode(self, request: Request, output: Any, forward_s: float) -> None:
        started = perf_counter()
        try:
            results = [self._read(output, index, frame) for index, frame in enumerate(request.frames)]
            seconds = {"forward_s": forward_s, "decode_s": perf_counter() - started}
            message = pack({"number": request.number, **seconds}, results)
        except MemoryError:
            message = pack({"number": request.number, "memory": True})
        except Exception as error:  # noqa: BLE001  # a stranger's network: its batch fails, the next may not
            message = pack({"number": request.number, "failed": _sentence(error)})
        self._answers.send(message)

    def _read(self, output: Any, index: int, frame: Frame) -> PictureResult:
        try:
            found: Detections = self._adapter.decode(output, index, frame)
        except MemoryError:
            return "what the model says of the picture needs more memory than there is"
        except Exception as error:  # noqa: BLE001  # of this picture alone
            return _sentence(error)
        return found

    def _view(self, request: Request) -> NDArray[np.uint8]:
        """Return the batch as an array over the shared memory, which the worker lets grow."""
        size = int(np.prod(request.shape))
        memory = self._memory.get(request.slot)
        if memory is None or len(memory) < size:
            memory = self._memory[request.slot] = mmap.mmap(self._slots[request.slot], 0)
        return np.frombuffer(memory, np.uint8, size).reshape(request.shape)


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2_000]


def load_from_folder(argument: Argument) -> PreLabeler:
    """Load an adapter and with it the libraries that it needs, which only a child does."""
    from workers.models.adapters.registry import load_adapter  # noqa: PLC0415  # after the sandbox is shut

    adapter = load_adapter(
        Path(argument.folder),
        argument.card,
        device=argument.device,
        threads=argument.threads,
        compile=argument.compile,
    )
    return cast("PreLabeler", adapter)  # nobody sends batches to a model for prompts


def main(load: Load = load_from_folder) -> None:
    serve(Argument.from_json(read_argument()), load=load)


if __name__ == "__main__":
    main()
