"""Models' files on this worker's disk: fetched when first needed, those unused longest let go by bytes."""

import hashlib
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from domain.errors import NotFound
from runtime.blobs import OwnBucket
from schema.models import ModelCard
from workers.models.failures import ModelFailed
from workers.scratch import ScratchFolder


class ModelFiles:
    """A folder for each model version, below a private one that goes with this object.

    At most `max_bytes` stay where nobody uses them.
    """

    def __init__(self, bucket: OwnBucket, *, max_bytes: int) -> None:
        self._bucket = bucket
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._fetching: dict[int, threading.Lock] = {}
        self._users: dict[int, int] = {}
        self._kept: OrderedDict[int, int] = OrderedDict()
        self._home: ScratchFolder | None = None

    @contextmanager
    def hold(self, model_version_id: int, prefix: str, card: ModelCard) -> Iterator[Path]:
        """Yield the version's folder, fetched if need be, and keep it while the block runs.

        Raises ModelFailed when the files are not what the card says, or are not there.
        """
        with self._lock:
            home = self._open_home()
            self._users[model_version_id] = self._users.get(model_version_id, 0) + 1
            fetching = self._fetching.setdefault(model_version_id, threading.Lock())
        folder = home / str(model_version_id)
        try:
            with fetching:  # whoever comes second finds it there
                if model_version_id not in self._kept:
                    self._fetch(folder, prefix, card)
            with self._lock:
                self._kept[model_version_id] = sum(file.bytes for file in card.files)
                self._kept.move_to_end(model_version_id)
            self._make_room()
            yield folder
        finally:
            with self._lock:
                self._users[model_version_id] -= 1
            self._make_room()

    def close(self) -> None:
        with self._lock:
            if self._home is not None:
                self._home.close()
                self._home = None
                self._kept.clear()

    def _fetch(self, folder: Path, prefix: str, card: ModelCard) -> None:
        shutil.rmtree(folder, ignore_errors=True)  # what an earlier try left
        for file in card.files:
            name = PurePosixPath(file.name)
            if name.is_absolute() or ".." in name.parts:
                raise ModelFailed(f"a file of the model is named {file.name!r}, which leads out of its folder")
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            try:
                with path.open("wb") as out:
                    for chunk in self._bucket.open(prefix + file.name, byte_range=None, known_etag=None).chunks:
                        digest.update(chunk)
                        out.write(chunk)
            except NotFound as error:
                raise ModelFailed(f"{file.name} of the model is not in our bucket any more; upload it again") from error
            if digest.hexdigest() != file.sha256:
                raise ModelFailed(f"{file.name} of the model is not what was validated; upload it again")

    def _make_room(self) -> None:
        """Delete what nobody uses, the longest unused first, until the rest is small enough."""
        with self._lock:
            for model_version_id in list(self._kept):
                if sum(self._kept.values()) <= self._max_bytes:
                    return
                if not self._users.get(model_version_id) and self._home is not None:
                    del self._kept[model_version_id]
                    shutil.rmtree(self._home.path / str(model_version_id), ignore_errors=True)

    def _open_home(self) -> Path:
        if self._home is None:
            self._home = ScratchFolder("models")
        return self._home.path
