"""Files → uploads through the API, going on with what broke off: open uploads are resumed, pictures that are there with
the same bytes are passed over."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.connection import Connection, told
from schema.bodies.uploads import UploadBody
from schema.enums import SourceKind, UploadPurpose, UploadState

OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Sent:
    uploaded: int
    skipped: int


def send_pictures(
    connection: Connection,
    folder: Path,
    paths: Sequence[Path],
    *,
    project_id: int,
    prefix: str,
    on_bytes: OnBytes,
) -> Sent:
    """Upload pictures under their paths below the folder; return how many went and how many were there."""
    below = f"/project/{project_id}/"
    there = _checksums(connection, below)
    with told():
        waiting = {
            (upload.name, upload.bytes): upload
            for upload in connection.client.uploads.list(state=UploadState.OPEN)
            if upload.purpose is UploadPurpose.PICTURE and below in upload.key
        }
    uploaded = skipped = 0
    for path in paths:
        name, size = prefix + path.relative_to(folder).as_posix(), path.stat().st_size
        if _sha256(path) in there.get(name, ()):
            skipped += 1
            on_bytes(size)
            continue
        _send(connection, path, name, project_id=project_id, waiting=waiting.get((name, size)), on_bytes=on_bytes)
        uploaded += 1
    return Sent(uploaded, skipped)


def send_labels(connection: Connection, path: Path, *, on_bytes: OnBytes) -> UploadBody:
    """Upload a file of labels."""
    with told():
        return connection.client.uploads.labels(path, on_progress=_steps(on_bytes))


def _send(
    connection: Connection,
    path: Path,
    name: str,
    *,
    project_id: int,
    waiting: UploadBody | None,
    on_bytes: OnBytes,
) -> None:
    uploads, steps = connection.client.uploads, _steps(on_bytes)
    with told():
        if waiting is not None:
            uploads.resume(waiting.id, path, on_progress=steps)
        else:
            uploads.picture(path, project_id=project_id, name=name, on_progress=steps)


def _steps(on_bytes: OnBytes) -> Callable[[int, int], None]:
    """Turn `sent so far, in all` into steps."""
    before = 0

    def note(sent: int, _: int) -> None:
        nonlocal before
        on_bytes(sent - before)
        before = sent

    return note


def _checksums(connection: Connection, below: str) -> dict[str, set[str]]:
    """Return the checksums of the project's uploaded pictures by name."""
    found: dict[str, set[str]] = {}
    for source in connection.list_all("/v1/sources"):
        if source["kind"] != SourceKind.HOSTED.value or not source["prefix"].endswith(below):
            continue
        for image in connection.list_all("/v1/images", source_id=source["id"], state="ready"):
            found.setdefault(image["key"].removeprefix(source["prefix"]), set()).add(image["sha256"])
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
