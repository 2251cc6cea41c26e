"""Files in parts: what broke off goes on where it stopped."""

import mimetypes
from collections.abc import Callable, Iterator
from pathlib import Path

from plumbline_client.connection import Connection, parse
from schema.bodies.uploads import NewUploadBody, UploadBody
from schema.enums import UploadPurpose, UploadState

OnProgress = Callable[[int, int], None]


class Uploads:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, state: UploadState | None = None) -> Iterator[UploadBody]:
        return self._connection.pages(UploadBody, "/v1/uploads", state=state.value if state else None)

    def get(self, upload_id: int) -> UploadBody:
        return self._connection.get(UploadBody, f"/v1/uploads/{upload_id}")

    def picture(
        self, path: Path, *, project_id: int, name: str | None = None, on_progress: OnProgress | None = None
    ) -> UploadBody:
        """Upload a picture into a project; `on_progress` is told the bytes sent and the bytes in all.

        The same name in the same project is a new revision of the same picture.
        """
        return self._upload(path, UploadPurpose.PICTURE, name, project_id, on_progress)

    def labels(self, path: Path, *, name: str | None = None, on_progress: OnProgress | None = None) -> UploadBody:
        """Upload a file of labels, to be imported."""
        return self._upload(path, UploadPurpose.LABELS, name, None, on_progress)

    def model(self, path: Path, *, name: str | None = None, on_progress: OnProgress | None = None) -> UploadBody:
        """Upload weights with their classes, to become a version of a model; one that broke off goes on.

        What of it was sent before is known by name and size alone: say the SHA-256 of the file when it becomes a model.
        """
        known = (name or path.name, path.stat().st_size)
        for begun in self.list(state=UploadState.OPEN):
            if begun.purpose is UploadPurpose.MODEL and (begun.name, begun.bytes) == known:
                return self.resume(begun.id, path, on_progress=on_progress)
        return self._upload(path, UploadPurpose.MODEL, name, None, on_progress)

    def resume(self, upload_id: int, path: Path, *, on_progress: OnProgress | None = None) -> UploadBody:
        """Send the parts that are missing and complete the upload."""
        upload = self.get(upload_id)
        sent = sum(_size_of(upload, number) for number in upload.received)
        with path.open("rb") as file:
            for number in range(1, upload.parts + 1):
                if number in upload.received:
                    continue
                file.seek((number - 1) * upload.part_bytes)
                part = file.read(_size_of(upload, number))
                self._connection.put_bytes(f"/uploads/{upload.id}/parts/{number}", part)
                sent += len(part)
                if on_progress is not None:
                    on_progress(sent, upload.bytes)
        done = self._connection.call("POST", f"/v1/uploads/{upload.id}/complete")
        return parse(UploadBody, done)

    def abort(self, upload_id: int) -> None:
        self._connection.call("DELETE", f"/v1/uploads/{upload_id}")

    def _upload(
        self,
        path: Path,
        purpose: UploadPurpose,
        name: str | None,
        project_id: int | None,
        on_progress: OnProgress | None,
    ) -> UploadBody:
        body = NewUploadBody(
            purpose=purpose,
            name=name or path.name,
            bytes=path.stat().st_size,
            content_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            project_id=project_id,
        )
        begun = self._connection.call("POST", "/v1/uploads", json=body.model_dump(mode="json"), creates=True)
        return self.resume(parse(UploadBody, begun).id, path, on_progress=on_progress)


def _size_of(upload: UploadBody, number: int) -> int:
    return min(upload.part_bytes, upload.bytes - (number - 1) * upload.part_bytes)
