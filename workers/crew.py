"""Threads that run jobs one after the other, and tell an event loop in bunches what became of them. Knows no queue.

The threads are daemons: a job that never ends does not keep the process from ending.
"""

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


class Crew(Generic[Job, Done]):
    """`size` threads. `on_done` gets each result on the event loop that `start` was called on.

    One wake-up of the loop serves all results that came meanwhile: with a pool of futures each would cost its own.
    `work` must not raise: that ends its thread, and `broken` raises what it was.
    """

    def __init__(self, *, size: int, name: str, work: Callable[[Job], Done], on_done: Callable[[Done], None]) -> None:
        self._size = size
        self._name = name
        self._work = work
        self._on_done = on_done
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._results: deque[Done] = deque()
        self._is_waking = False
        self._running: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.broken: asyncio.Future[None]

    def start(self) -> None:
        """Start the threads, each in a copy of the caller's context: its log lines name the process."""
        self._loop = asyncio.get_running_loop()
        self.broken = self._loop.create_future()
        for number in range(self._size):
            context = contextvars.copy_context()
            threading.Thread(target=context.run, args=(self._run,), name=f"{self._name}-{number}", daemon=True).start()

    def submit(self, job: Job) -> None:
        self._jobs.put(job)

    def withdraw(self) -> list[Job]:
        """Take back the jobs that no thread has begun."""
        jobs: list[Job] = []
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return jobs
            if job is not None:
                jobs.append(job)

    def stop(self) -> None:
        """Have each thread end after what it is doing."""
        for _ in range(self._size):
            self._jobs.put(None)

    @property
    def busy(self) -> int:
        """How many threads are at work."""
        return len(self._running)

    def _run(self) -> None:
        me = threading.current_thread().name
        while (job := self._jobs.get()) is not None:
            self._running.add(me)
            try:
                result = self._work(job)
            except BaseException as error:
                self._call(self._break, error)
                raise
            self._running.discard(me)
            self._results.append(result)
            if not self._is_waking:
                self._is_waking = True
                self._call(self._hand_over)

    def _break(self, error: BaseException) -> None:
        if not self.broken.done():
            self.broken.set_exception(error)

    def _call(self, callback: Callable[..., None], *arguments: object) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:  # the loop has ended: nobody waits for this result
            return

    def _hand_over(self) -> None:
        # First the flag, then the results: one that comes in between wakes the loop once more.
        self._is_waking = False
        while self._results:
            try:
                self._on_done(self._results.popleft())
            except BaseException as error:
                self._break(error)
                raise
