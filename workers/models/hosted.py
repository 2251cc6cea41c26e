"""A worker's side of one child that runs a model (`host.py`): start, send batches, receive what it says, end.

Used by one thread, which must outlive the child: the child ends with it.
"""

import fcntl
import mmap
import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.errors import Unavailable
from schema.models import ModelCard
from workers.models.failures import ModelFailed
from workers.models.protocols import Frame
from workers.models.sandbox import end_child, resident_bytes, start_child
from workers.models.wire import Argument, Messages, PictureResult, Request, WireError, unpack
from workers.scratch import ScratchFolder

HOST: Final = "workers.models.host"
# One batch on the device, one ready for it.
SLOTS: Final = 2
_WATCH_S: Final = 0.5
# A request of the largest batch fits twice, so that writing it never waits for the child.
_PIPE_BYTES: Final = 1 << 20


class ChildLost(Exception):
    """The child died, was ended for what it took, or says nonsense. Which picture did that, only another try tells."""


class LoadInterrupted(Exception):
    """The child ended before the model was loaded, or took too long: the model's doing, or a busy machine's."""


@dataclass(frozen=True, slots=True)
class ChildOptions:
    """How children are run. `watched`: memory is measured from outside instead of limited inside (CUDA)."""

    device: str
    threads: int
    compile: bool
    memory_bytes: int
    watched: bool
    start_timeout_s: float
    forward_timeout_s: float
    module: str = HOST


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a batch: a result a picture; or `memory`: there is no room for so many."""

    number: int
    results: list[PictureResult] = field(default_factory=list)
    memory: bool = False
    forward_s: float = 0.0
    decode_s: float = 0.0


@dataclass(slots=True)
class _Outstanding:
    frames: tuple[Frame, ...]
    slot: int
    since: float
    is_forwarded: bool = False


class _Slot:
    """Shared memory for one batch. The child cannot shrink it under us: that is sealed."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("batch", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
        self._memory: mmap.mmap | None = None

    def write(self, inputs: Sequence[NDArray[np.uint8]]) -> tuple[int, int, int, int]:
        """Lay inputs (H, W, 3) of one size side by side; return the batch's shape."""
        height, width, channels = inputs[0].shape
        shape = (len(inputs), height, width, channels)
        size = int(np.prod(shape))
        if self._memory is None or len(self._memory) < size:
            if os.fstat(self.descriptor).st_size < size:
                os.ftruncate(self.descriptor, size)
            self._memory = mmap.mmap(self.descriptor, size)
        np.stack(inputs, out=np.frombuffer(self._memory, np.uint8, size).reshape(shape))
        return shape

    def close(self) -> None:
        if self._memory is not None:
            self._memory.close()
        os.close(self.descriptor)


class HostedModel:
    """A running child with its model loaded.

    Raises ModelFailed when the model cannot be loaded, LoadInterrupted when this once something else may be the cause,
    Unavailable when no model can be run on this machine.
    """

    def __init__(self, folder: Path, card: ModelCard, options: ChildOptions) -> None:
        self._options = options
        self._outstanding: dict[int, _Outstanding] = {}
        self.next_number = 1
        self._watched_at = 0.0
        self._slots: list[_Slot] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._private = ScratchFolder("child")
        try:
            self._stdin, self._stdout = self._start(folder, card)
            self._messages = Messages(self._stdout.fileno())
            self._await_loaded()
        except BaseException:
            self.end()
            raise

    def _start(self, folder: Path, card: ModelCard) -> tuple[IO[bytes], IO[bytes]]:
        options = self._options
        self._slots += [_Slot() for _ in range(SLOTS)]
        argument = Argument(
            folder=str(folder),
            card=card,
            device=options.device,
            threads=options.threads,
            compile=options.compile,
            memory_bytes=None if options.watched else options.memory_bytes,
            slots=tuple(slot.descriptor for slot in self._slots),
        )
        self._process = process = start_child(
            options.module,
            argument.to_json(),
            folder=self._private.path,
            threads=options.threads,
            pass_fds=argument.slots,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(PermissionError):  # beyond what one user's pipes may hold; a write may wait for the child then
            fcntl.fcntl(process.stdin, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        return process.stdin, process.stdout

    def _await_loaded(self) -> None:
        timeout_s = self._options.start_timeout_s
        try:
            said = self._messages.wait(timeout_s=timeout_s)
        except WireError as error:
            raise ModelFailed(str(error)) from error
        if said is None and self._messages.is_over:
            raise LoadInterrupted(
                "its process died while the model was loaded; it may need more memory than it may have"
            )
        if said is None:
            raise LoadInterrupted(f"it was not loaded within {timeout_s:.0f} s")
        if "unavailable" in said:
            raise Unavailable(str(said["unavailable"])[:2_000])
        if "loaded" not in said:
            raise ModelFailed(str(said.get("refused", "it was not loaded"))[:2_000])

    @property
    def pid(self) -> int:
        assert self._process is not None  # until it ends
        return self._process.pid

    def fileno(self) -> int:
        """The pipe that is readable when the child has said something."""
        return self._stdout.fileno()

    @property
    def has_room(self) -> bool:
        return len(self._outstanding) < SLOTS

    @property
    def is_computing(self) -> bool:
        """Whether a batch is on the device or before it; others may still be decoded."""
        return any(not batch.is_forwarded for batch in self._outstanding.values())

    @property
    def outstanding(self) -> int:
        return len(self._outstanding)

    def send(self, inputs: Sequence[NDArray[np.uint8]], frames: Sequence[Frame]) -> None:
        """Begin the batch `next_number` of inputs (H, W, 3) of one size. There must be room. Raises ChildLost."""
        assert self.has_room
        taken = {batch.slot for batch in self._outstanding.values()}
        slot = next(number for number in range(SLOTS) if number not in taken)
        try:
            shape = self._slots[slot].write(inputs)
        except OSError as error:  # it is shared with the child
            raise ChildLost(f"the memory that it shares cannot be written: {error}") from error
        request = Request(self.next_number, slot, shape, tuple(frames))
        self._outstanding[self.next_number] = _Outstanding(request.frames, slot, time.monotonic())
        self.next_number += 1
        try:
            self._stdin.write(request.to_line())
        except BrokenPipeError as error:
            raise ChildLost(self._how_it_ended()) from error

    def receive(self) -> list[Answer]:
        """Read what the child said, once `fileno` is readable. Raises ChildLost."""
        answers = []
        try:
            for header, payload in self._messages.read():
                answer = self._understand(header, payload)
                if answer is not None:
                    answers.append(answer)
        except WireError as error:
            raise ChildLost(str(error)) from error
        if self._messages.is_over and not answers:
            raise ChildLost(self._how_it_ended())
        return answers

    def _understand(self, header: dict[str, Any], payload: bytes) -> Answer | None:
        number = header.get("number")
        batch = self._outstanding.get(number) if isinstance(number, int) else None
        if batch is None or not isinstance(number, int):
            raise WireError("a model's child answers what it was not asked")
        if "forwarded" in header:
            batch.is_forwarded = True
            for other in self._outstanding.values():
                if other is not batch:  # its turn begins now
                    other.since = time.monotonic()
            return None
        del self._outstanding[number]
        if "memory" in header:
            return Answer(number, memory=True)
        if "failed" in header:
            return Answer(number, [str(header["failed"])[:2_000]] * len(batch.frames))
        try:
            seconds = [max(0.0, float(header[name])) for name in ("forward_s", "decode_s")]
        except (KeyError, TypeError, ValueError) as error:
            raise WireError("a model's child does not say how long it took") from error
        return Answer(number, unpack(header, payload, batch.frames), False, *seconds)

    def check(self) -> None:
        """Raise ChildLost when a batch takes too long, or the child more memory than it may have."""
        now = time.monotonic()
        oldest = min((batch.since for batch in self._outstanding.values()), default=now)
        if now - oldest > self._options.forward_timeout_s:
            raise ChildLost(f"it took longer than {self._options.forward_timeout_s:g} s (model_forward_timeout_s)")
        if self._options.watched and now - self._watched_at > _WATCH_S:
            self._watched_at = now
            if resident_bytes(self.pid) > self._options.memory_bytes:
                raise ChildLost(f"it took more than {self._options.memory_bytes:,} bytes (model_memory_bytes)")

    def _how_it_ended(self) -> str:
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        code = self._process.poll()
        return f"its process ended by itself ({'signal ' + str(-code) if code and code < 0 else code})"

    def end(self) -> None:
        """End the child, whatever it does; may be called twice."""
        if self._process is not None:
            end_child(self._process)
        for slot in self._slots:
            slot.close()
        self._slots = []
        self._private.close()
