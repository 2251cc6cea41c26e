"""Pictures that wait for a model, gathered to batches of one shape; and how many of them a batch may hold."""

import time
from collections import OrderedDict, deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from workers.models.protocols import Detections, Frame

# So many full batches go well before a larger one is tried again, after the first want of memory.
PATIENCE: Final = 32
_MOST_PATIENCE: Final = 4_096


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says of a picture, and the picture's share of the time that its batch took."""

    detections: Detections
    took_s: float


@dataclass(slots=True, eq=False)
class WaitingPicture:
    """An input (h, w, 3) and who waits for what the model says of it.

    `is_suspect`: a child died with it. It is tried once more and alone, so that it takes no other with it.
    """

    pixels: NDArray[np.uint8]
    frame: Frame
    since: float = field(default_factory=time.monotonic)
    future: Future[Said] = field(default_factory=Future)
    is_suspect: bool = False


class BatchLimit:
    """How many pictures of one shape a batch may hold: half after a want of memory, and slowly more again.

    After each want of memory twice as many batches must go well before more are tried.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._patience = PATIENCE // 2
        self._good = 0
        self.now = most

    def shrink(self, tried: int) -> None:
        """Note that there was no room for so many."""
        if tried > self.now:
            return  # it was begun before the last time
        self.now = max(1, tried // 2)
        self._patience = min(2 * self._patience, _MOST_PATIENCE)
        self._good = 0

    def note_good(self, size: int) -> None:
        """Note that a batch went well."""
        if size < self.now or self.now >= self._most:
            return
        self._good += 1
        if self._good >= self._patience:
            self._good = 0
            self.now = min(self._most, self.now + max(1, self.now // 2))


class Batcher:
    """Gathers waiting pictures by shape, the longest waiting first. Not safe by itself for several threads."""

    def __init__(self, *, most: int, wait_s: float) -> None:
        self._most = most
        self._wait_s = wait_s
        self._by_shape: OrderedDict[tuple[int, ...], deque[WaitingPicture]] = OrderedDict()
        self._suspects: deque[WaitingPicture] = deque()
        self._limits: dict[tuple[int, ...], BatchLimit] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, picture: WaitingPicture) -> None:
        self._count += 1
        if picture.is_suspect:
            self._suspects.append(picture)
        else:
            self._by_shape.setdefault(picture.pixels.shape, deque()).append(picture)

    def put_back(self, pictures: list[WaitingPicture]) -> None:
        """Put pictures of one shape before all others of it, in their order."""
        self._count += len(pictures)
        for picture in reversed(pictures):
            self._by_shape.setdefault(picture.pixels.shape, deque()).appendleft(picture)

    def limit(self, shape: tuple[int, ...]) -> BatchLimit:
        """Return the limit of a shape, which outlives the queue of it."""
        return self._limits.setdefault(shape, BatchLimit(self._most))

    def take(self, now: float, *, is_computing: bool, is_idle: bool) -> list[WaitingPicture]:
        """Return the next batch, or nothing yet.

        A full one goes at once, so that it lies ready when the one before is done. One that is not full waits for more
        while the device computes, and a little after that: then waiting costs time. A suspect goes alone (`is_idle`:
        nothing at all is with the child).
        """
        if self._suspects:
            if not is_idle:
                return []
            self._count -= 1
            return [self._suspects.popleft()]
        full = [shape for shape, queue in self._by_shape.items() if len(queue) >= self.limit(shape).now]
        shape = min(full or self._by_shape, key=lambda shape: self._by_shape[shape][0].since, default=None)
        if shape is None or (not full and (is_computing or self._due(shape) > now)):
            return []
        queue = self._by_shape[shape]
        batch = [queue.popleft() for _ in range(min(len(queue), self.limit(shape).now))]
        if not queue:
            del self._by_shape[shape]
        self._count -= len(batch)
        return batch

    def due_in_s(self, now: float, *, is_computing: bool, is_idle: bool) -> float | None:
        """Return in how many seconds `take` will give something if nothing else happens; None: never."""
        if self._suspects:
            return 0.0 if is_idle else None
        if is_computing or not self._by_shape:
            return None
        return max(0.0, min(self._due(shape) for shape in self._by_shape) - now)

    def _due(self, shape: tuple[int, ...]) -> float:
        return self._by_shape[shape][0].since + self._wait_s

    def withdraw(self) -> list[WaitingPicture]:
        """Take out all that waits."""
        waiting = [*self._suspects, *(picture for queue in self._by_shape.values() for picture in queue)]
        self._suspects.clear()
        self._by_shape.clear()
        self._count = 0
        return waiting
