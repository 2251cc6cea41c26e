"""One model at work: pictures wait here, go to its child in batches, and their futures get what it says.

A thread of its own does all of that; it ends when nobody has asked for the model for a while, or its place is wanted.
"""

import select
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import numpy as np
import structlog
from numpy.typing import NDArray

from domain.errors import Unavailable
from schema.models import ModelCard
from workers.inference import figures
from workers.inference.batching import Batcher, Said, WaitingPicture
from workers.inference.places import Places
from workers.models.failures import ModelFailed, ModelUnusable
from workers.models.hosted import Answer, ChildLost, ChildOptions, HostedModel, LoadInterrupted
from workers.models.protocols import Frame

log = structlog.get_logger()
# Beyond so many batches that wait, whoever brings another picture waits too: memory stays bounded.
MOST_WAITING_BATCHES: Final = 2
_LOOK_S: Final = 0.5
# A child that dies so often in a row will not do better with the next picture.
_MOST_LOSSES: Final = 5

HoldFolder = Callable[[], AbstractContextManager[Path]]


class LoadedModel:
    """Answers pictures of one model version. `hold_folder` fetches its files, and keeps them while a child runs."""

    def __init__(
        self,
        model_version_id: int,
        card: ModelCard,
        *,
        hold_folder: HoldFolder,
        places: Places,
        options: ChildOptions,
        batch: int,
        batch_wait_s: float,
        idle_s: float,
        on_end: Callable[["LoadedModel", Exception | None], None],
    ) -> None:
        self.model_version_id = model_version_id
        self._card = card
        self._hold_folder = hold_folder
        self._places = places
        self._options = options
        self._idle_s = idle_s
        self._on_end = on_end
        self._batcher = Batcher(most=batch, wait_s=batch_wait_s)
        self._most_waiting = MOST_WAITING_BATCHES * batch
        self._room = threading.Condition()
        self._is_over = False
        self._is_closing = False
        self._losses = 0
        self._child: HostedModel | None = None
        self._sent: dict[int, list[WaitingPicture]] = {}
        self._idle_since: float | None = time.monotonic()
        self._wakes, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=f"model-{model_version_id}", daemon=True)
        self._thread.start()

    @property
    def idle_since(self) -> float | None:
        return self._idle_since

    def submit(self, pixels: NDArray[np.uint8], frame: Frame) -> Future[Said] | None:
        """Put an input (h, w, 3) in line and return its future; None when this one has ended, and a new one is needed.

        Waits while too many are in line.
        """
        picture = WaitingPicture(pixels, frame)
        with self._room:
            while len(self._batcher) >= self._most_waiting and not self._is_over:
                self._room.wait()
            if self._is_over:
                return None
            self._idle_since = None
            picture.since = time.monotonic()
            self._batcher.add(picture)
        self.wake()
        return picture.future

    def wake(self) -> None:
        try:
            self._waker.send(b"!")
        except OSError:  # full: it will wake anyway; or closed: it has ended
            return

    def close(self, *, wait: bool) -> None:
        """End: what waits fails. With `wait` returns once the child has ended."""
        self._is_closing = True
        self.wake()
        if wait:
            self._thread.join()

    def _run(self) -> None:
        error: Exception = Unavailable("this worker is stopping")
        failure: Exception | None = None
        try:
            while self._turn():
                pass
        except ModelFailed as failed:
            error = failure = ModelUnusable(str(failed))
            error.__cause__ = failed
        except LoadInterrupted as interrupted:
            error, failure = Unavailable(f"the model was not loaded: {interrupted}"), interrupted
        except Exception as met:  # noqa: BLE001  # the loop of this thread: those who wait are told, and raise it
            error = met
        with self._room:
            self._is_over = True
            waiting = [*self._batcher.withdraw(), *(picture for batch in self._sent.values() for picture in batch)]
            self._room.notify_all()
        self._on_end(self, failure)  # before anyone is told, who might ask again at once
        for picture in waiting:
            _tell(picture, error)
        self._wakes.close()
        self._waker.close()

    def _turn(self) -> bool:
        """Have the model loaded once, until it is unused for long or its place is wanted; False: for good."""
        if not self._places.take(self):
            return False
        try:
            with self._hold_folder() as folder:
                return self._serve(folder)
        finally:
            self._places.give_back(self)

    def _serve(self, folder: Path) -> bool:
        """Answer pictures until this holder makes place; return whether there is more to do later."""
        try:
            while True:
                is_leaving = self._is_closing or self._places.should_yield(self)
                if not is_leaving:
                    self._take_step(folder)
                elif self._sent and not self._is_closing:
                    self._receive()
                with self._room:
                    is_unused = self._is_idle_for(self._idle_s)
                    if self._is_closing or is_unused or (is_leaving and not self._sent):
                        self._is_over = self._is_closing or not self._batcher
                        return not self._is_over
        finally:
            self._let_go()

    def _take_step(self, folder: Path) -> None:
        """Send what is due, wait for whatever comes next, take what the child said."""
        if self._child is None and self._batcher:
            self._child = self._start(folder)
        if self._child is None:
            self._wait(None, timeout_s=_LOOK_S)
            return
        try:
            self._send(self._child)
        except ChildLost as loss:
            self._meet_loss(loss)
            return
        self._receive()

    def _start(self, folder: Path) -> HostedModel:
        started = time.perf_counter()
        child = HostedModel(folder, self._card, self._options)
        figures.loaded.inc()
        took_s = time.perf_counter() - started
        log.info("model_loaded", model_version_id=self.model_version_id, took_s=took_s, pid=child.pid)
        return child

    def _let_go(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None
            figures.loaded.dec()
            log.info("model_let_go", model_version_id=self.model_version_id)

    def _send(self, child: HostedModel) -> None:
        while child.has_room:
            with self._room:
                batch = self._batcher.take(
                    time.monotonic(), is_computing=child.is_computing, is_idle=child.outstanding == 0
                )
                self._room.notify_all()
            if not batch:
                return
            figures.batch_size.observe(len(batch))
            for picture in batch:
                figures.stage_seconds("wait").observe(time.monotonic() - picture.since)
            self._sent[child.next_number] = batch
            child.send([picture.pixels for picture in batch], [picture.frame for picture in batch])

    def _receive(self) -> None:
        child = self._child
        assert child is not None
        try:
            if self._wait(child, timeout_s=self._patience_s(child)):
                for answer in child.receive():
                    self._settle(answer)
            child.check()
        except ChildLost as loss:
            self._meet_loss(loss)

    def _patience_s(self, child: HostedModel) -> float:
        with self._room:
            due_s = self._batcher.due_in_s(
                time.monotonic(), is_computing=child.is_computing, is_idle=child.outstanding == 0
            )
        return _LOOK_S if due_s is None or not child.has_room else min(due_s, _LOOK_S)

    def _wait(self, child: HostedModel | None, *, timeout_s: float) -> bool:
        """Wait for the child or a wake; tell whether the child has said something."""
        watched: list[socket.socket | HostedModel] = [self._wakes] if child is None else [self._wakes, child]
        readable, _, _ = select.select(watched, [], [], timeout_s)
        if self._wakes in readable:
            self._wakes.recv(4_096)
        return child in readable

    def _settle(self, answer: Answer) -> None:
        batch = self._sent.pop(answer.number)
        if answer.memory:
            self._meet_want_of_memory(batch)
        else:
            self._hand_over(batch, answer)
        self._note_progress()

    def _hand_over(self, batch: list[WaitingPicture], answer: Answer) -> None:
        self._losses = 0
        figures.forwards("done").inc()
        figures.stage_seconds("forward").observe(answer.forward_s)
        figures.stage_seconds("read_output").observe(answer.decode_s)
        with self._room:
            self._batcher.limit(batch[0].pixels.shape).note_good(len(batch))
        share_s = (answer.forward_s + answer.decode_s) / len(batch)
        for picture, result in zip(batch, answer.results, strict=True):
            _tell(picture, ModelFailed(result) if isinstance(result, str) else Said(result, share_s))

    def _meet_want_of_memory(self, batch: list[WaitingPicture]) -> None:
        figures.forwards("memory").inc()
        log.warning("model_wants_memory", model_version_id=self.model_version_id, pictures=len(batch))
        if len(batch) == 1:
            _tell(batch[0], ModelFailed("the model needs more memory for this picture than there is"))
            return
        with self._room:
            self._batcher.limit(batch[0].pixels.shape).shrink(len(batch))
            self._batcher.put_back(batch)

    def _meet_loss(self, loss: ChildLost) -> None:
        """Try what was with the child again, each picture alone; one that was alone already has failed."""
        figures.forwards("lost").inc()
        self._losses += 1
        self._let_go()
        lost = [picture for batch in self._sent.values() for picture in batch]
        self._sent.clear()
        log.warning("model_lost", model_version_id=self.model_version_id, reason=str(loss), pictures=len(lost))
        for picture in lost:
            if picture.is_suspect:
                _tell(picture, ModelFailed(f"the model failed on this picture: {loss}"))
            else:
                picture.is_suspect = True
                with self._room:
                    self._batcher.add(picture)
        self._note_progress()
        if self._losses >= _MOST_LOSSES:
            raise ModelFailed(f"its process was lost {self._losses} times in a row: {loss}")

    def _note_progress(self) -> None:
        self._places.note_progress(self)
        with self._room:
            if not self._batcher and not self._sent:
                self._idle_since = time.monotonic()

    def _is_idle_for(self, seconds: float) -> bool:
        since = self._idle_since
        return since is not None and not self._batcher and time.monotonic() - since >= seconds


def _tell(picture: WaitingPicture, result: Said | Exception) -> None:
    if isinstance(result, Exception):
        picture.future.set_exception(result)
    else:
        picture.future.set_result(result)
