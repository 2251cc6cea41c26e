"""Pictures in, detections out, for any model of the registry: what a handler sees of models at work.

A model is loaded by the first picture for it, in a child of its own; nothing of it is loaded here.
"""

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from domain.errors import Unavailable
from runtime.blobs import OwnBucket
from runtime.settings import Settings
from schema.models import ModelCard, ModelTask
from workers.inference import figures
from workers.inference.batching import Said
from workers.inference.files import ModelFiles
from workers.inference.frames import fit
from workers.inference.loaded_model import MOST_WAITING_BATCHES, LoadedModel
from workers.inference.merging import merge_views, stitch_views
from workers.inference.places import Places
from workers.inference.tiling import Window, windows_of
from workers.models.failures import ModelUnusable
from workers.models.hosted import HOST, SLOTS, ChildOptions, LoadInterrupted

# A busy model keeps its place so long when another one waits for it: loading takes seconds.
TURN_S: Final = 30.0
# A model that could not be loaded is not tried again for so long: what is wrong with it rarely passes.
BROKEN_S: Final = 60.0
# Loads that end so without a word, one after the other, are the model's own fault, not a busy machine's.
MOST_INTERRUPTED: Final = 3
_DRIVER: Final = Path("/dev/nvidiactl")
# On a processor larger batches are no faster, and each picture of one takes its hundred megabytes.
_MOST_ON_CPU: Final = 4


class Model(Protocol):
    """What the engine must know of a model version."""

    @property
    def model_version_id(self) -> int: ...
    @property
    def prefix(self) -> str: ...
    @property
    def card(self) -> ModelCard: ...


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model will have said of a picture of (height, width) px, of its windows one by one where it is large."""

    height: int
    width: int
    windows: tuple[Window, ...]
    parts: Sequence[Future[Said]]
    is_class_map: bool

    def result(self) -> Said:
        """Wait for it. Raises ModelFailed, ModelUnusable when it is no fault of the picture; Unavailable when this
        worker stops or a load was interrupted; what kept files from being fetched.
        """
        said = [part.result() for part in self.parts]
        if not self.windows:
            return said[0]
        tiles = [(window, part.detections) for window, part in zip(self.windows, said, strict=False)]
        if self.is_class_map:
            merged = stitch_views(tiles, height=self.height, width=self.width)
        else:
            merged = merge_views(tiles, said[-1].detections, height=self.height, width=self.width)
        return Said(merged, sum(part.took_s for part in said))


class Engine:
    """Runs models for many threads. Nothing is started before the first picture."""

    def __init__(self, settings: Settings, bucket: OwnBucket, *, module: str = HOST) -> None:
        self.threads = settings.model_threads or os.cpu_count() or 1
        self._settings = settings
        is_cuda = settings.model_device.startswith("cuda") or (settings.model_device == "auto" and _DRIVER.exists())
        self._batch = settings.model_batch if is_cuda else min(settings.model_batch, _MOST_ON_CPU)
        # So many pictures of one model keep all stages busy: read, in line, with the child, being finished.
        self.most_under_way = 2 * self.threads + (MOST_WAITING_BATCHES + SLOTS) * self._batch
        self._options = ChildOptions(
            device=settings.model_device,
            threads=self.threads,
            compile=settings.model_compile,
            memory_bytes=settings.model_memory_bytes,
            watched=is_cuda,  # CUDA maps far more than it uses
            start_timeout_s=settings.model_timeout_s,
            forward_timeout_s=settings.model_forward_timeout_s,
            module=module,
        )
        self._files = ModelFiles(bucket, max_bytes=settings.model_cache_bytes)
        self._places = Places(settings.models_loaded, turn_s=TURN_S)
        self._lock = threading.Lock()
        self._loaded: dict[int, LoadedModel] = {}
        self._broken: dict[int, tuple[float, str]] = {}
        self._interrupted: dict[int, int] = {}
        self._is_closed = False

    def predict(self, model: Model, picture: NDArray[np.uint8]) -> Prediction:
        """Put an RGB picture (H, W, 3) in line for a model; waits while too many are. Raises as `result` does."""
        height, width = picture.shape[:2]
        is_class_map = model.card.task is ModelTask.SEMANTIC
        windows = windows_of(height, width, model.card.input, tile_px=self._settings.model_tile_px)
        parts = [self._submit(model, window.cut(picture)) for window in windows]
        if not windows or not is_class_map:
            parts.append(self._submit(model, picture))
        return Prediction(height, width, windows, parts, is_class_map)

    def close(self, *, wait: bool = True) -> None:
        """End all children; without `wait` they end with this process."""
        with self._lock:
            self._is_closed = True
            loaded = list(self._loaded.values())
        self._places.close()
        for model in loaded:
            model.close(wait=wait)
        if wait:
            self._files.close()

    def _submit(self, model: Model, picture: NDArray[np.uint8]) -> Future[Said]:
        started = time.perf_counter()
        pixels, frame = fit(picture, model.card.input)
        figures.stage_seconds("fit").observe(time.perf_counter() - started)
        while True:  # one that ends just now takes none any more
            future = self._find(model).submit(pixels, frame)
            if future is not None:
                return future

    def _find(self, model: Model) -> LoadedModel:
        with self._lock:
            if self._is_closed:
                raise Unavailable("this worker is stopping")
            until, reason = self._broken.get(model.model_version_id, (0.0, ""))
            if time.monotonic() < until:
                raise ModelUnusable(reason)
            found = self._loaded.get(model.model_version_id)
            if found is None:
                found = self._loaded[model.model_version_id] = LoadedModel(
                    model.model_version_id,
                    model.card,
                    hold_folder=partial(self._files.hold, model.model_version_id, model.prefix, model.card),
                    places=self._places,
                    options=self._options,
                    batch=self._batch,
                    batch_wait_s=self._settings.model_batch_wait_ms / 1000,
                    idle_s=self._settings.model_idle_s,
                    on_end=self._forget,
                )
            return found

    def _forget(self, ended: LoadedModel, failure: Exception | None) -> None:
        number = ended.model_version_id
        with self._lock:
            if self._loaded.get(number) is ended:
                del self._loaded[number]
            if not isinstance(failure, LoadInterrupted):
                self._interrupted.pop(number, None)
            else:
                self._interrupted[number] = self._interrupted.get(number, 0) + 1
                if self._interrupted[number] < MOST_INTERRUPTED:
                    return
            if failure is not None:
                self._broken[number] = (time.monotonic() + BROKEN_S, str(failure))
