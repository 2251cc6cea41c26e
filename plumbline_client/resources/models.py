"""Models that an organisation keeps: bring one in, look at its versions, name one, take one out of use."""

import hashlib
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plumbline_client.connection import Connection, parse
from plumbline_client.errors import PlumblineError
from plumbline_client.resources.uploads import OnProgress, Uploads
from schema.bodies.models import AliasBody, ModelChangeBody, ModelVersionBody, NewModelBody
from schema.enums import ModelState

POLL_S = 1.0
NOT_SENT = 1  # stands for the upload's id until there is one


class Models:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, name: str | None = None, state: ModelState | None = None) -> Iterator[ModelVersionBody]:
        """Iterate over the versions of all models, or of one; newest first."""
        return self._connection.pages(ModelVersionBody, "/v1/models", name=name, state=state.value if state else None)

    def get(self, model_version_id: int) -> ModelVersionBody:
        return self._connection.get(ModelVersionBody, _path(model_version_id))

    def upload(
        self,
        path: Path,
        *,
        name: str,
        version: str | None = None,
        classes: Sequence[str] | None = None,
        licence: str = "",
        notes: str = "",
        overrides: dict[str, Any] | None = None,
        on_progress: OnProgress | None = None,
    ) -> ModelVersionBody:
        """Send weights and classes (a zip, a tar, a single file, or a folder, which is packed first) and have them
        looked at, to become a version of a model; `wait` tells what became of it. An upload that broke off goes on.

        Raises pydantic's ValidationError, before anything is sent, for a name or other words that are not allowed.
        """
        wanted = NewModelBody(
            upload_id=NOT_SENT,
            name=name,
            version=version,
            licence=licence,
            notes=notes,
            classes=None if classes is None else tuple(classes),
            overrides=overrides,
        )
        with _packed(path) as file:
            sha256 = _sha256(file)
            upload = Uploads(self._connection).model(file, name=file.name, on_progress=on_progress)
        sent = wanted.model_copy(update={"upload_id": upload.id, "sha256": sha256})
        body = sent.model_dump(mode="json", exclude_unset=True)
        return parse(ModelVersionBody, self._connection.call("POST", "/v1/models", json=body, creates=True))

    def wait(self, model_version_id: int, *, timeout_s: float = 3600.0, poll_s: float = POLL_S) -> ModelVersionBody:
        """Return the version once it is ready; raises PlumblineError, which says what to do, when it is refused, or
        TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.get(model_version_id)
            if found.state is ModelState.REFUSED:
                raise PlumblineError(
                    found.reason or "model_refused", found.detail or "the model is refused", status=None
                )
            if found.state is not ModelState.VALIDATING:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"model version {model_version_id} is still looked at after {timeout_s:g} s")
            time.sleep(poll_s)

    def change(
        self, model_version_id: int, *, licence: str | None = None, notes: str | None = None
    ) -> ModelVersionBody:
        """Say anew what a version's licence is, or what to know of it; None leaves it as it is."""
        body = ModelChangeBody(licence=licence, notes=notes).model_dump(mode="json", exclude_none=True)
        return parse(ModelVersionBody, self._connection.call("PATCH", _path(model_version_id), json=body))

    def retire(self, model_version_id: int) -> ModelVersionBody:
        """Let nothing new use a version; what it said stays."""
        return parse(ModelVersionBody, self._connection.call("POST", f"{_path(model_version_id)}/retire"))

    def restore(self, model_version_id: int) -> ModelVersionBody:
        return parse(ModelVersionBody, self._connection.call("POST", f"{_path(model_version_id)}/restore"))

    def set_alias(self, name: str, alias: str, model_version_id: int) -> ModelVersionBody:
        """Have an alias of a model, such as `champion`, stand for a version from now on."""
        body = AliasBody(model_version_id=model_version_id).model_dump(mode="json")
        return parse(ModelVersionBody, self._connection.call("PUT", _alias(name, alias), json=body))

    def remove_alias(self, name: str, alias: str) -> None:
        self._connection.call("DELETE", _alias(name, alias))


@contextmanager
def _packed(path: Path) -> Iterator[Path]:
    """Give the file to send: the path itself, or its folder as a tar, which is gone afterwards."""
    if not path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="plumbline-") as folder:
        packed = Path(folder) / f"{path.resolve().name}.tar"
        with tarfile.open(packed, "w", dereference=True) as archive:  # the hub's folders are links to its cache
            for file in sorted(path.rglob("*")):
                if file.is_file():
                    archive.add(file, file.relative_to(path).as_posix(), recursive=False, filter=_undated)
        yield packed


def _undated(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out when a file was written and whose it is: the same files are the same archive, which can go on."""
    return entry.replace(mtime=0, uid=0, gid=0, uname="", gname="", deep=False)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _path(model_version_id: int) -> str:
    return f"/v1/models/{model_version_id}"


def _alias(name: str, alias: str) -> str:
    return f"/v1/models/{name}/aliases/{alias}"
