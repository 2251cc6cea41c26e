"""Data sets of accepted labels."""

import time
from collections.abc import Iterator
from pathlib import Path

from plumbline_client.connection import Connection, parse
from plumbline_client.errors import ChecksumWrong, PlumblineError
from schema.bodies.releases import NewReleaseBody, ReleaseBody, ReleaseWithFilesBody
from schema.enums import ReleaseState

POLL_S = 1.0


class Releases:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, project_id: int) -> Iterator[ReleaseBody]:
        return self._connection.pages(ReleaseBody, "/v1/releases", project_id=project_id)

    def get(self, release_id: int) -> ReleaseWithFilesBody:
        return self._connection.get(ReleaseWithFilesBody, f"/v1/releases/{release_id}")

    def create(self, project_id: int) -> ReleaseBody:
        """Release everything that is accepted by now."""
        body = NewReleaseBody(project_id=project_id).model_dump(mode="json", exclude_unset=True)
        return parse(ReleaseBody, self._connection.call("POST", "/v1/releases", json=body, creates=True))

    def wait(self, release_id: int, *, timeout_s: float = 3600.0, poll_s: float = POLL_S) -> ReleaseWithFilesBody:
        """Return the release once it is complete; raises PlumblineError when it failed, or TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while True:
            release = self.get(release_id)
            if release.state is ReleaseState.COMPLETE:
                return release
            if release.state is ReleaseState.FAILED:
                raise PlumblineError("release_failed", f"release {release_id} failed: {release.reason}", status=None)
            if time.monotonic() > deadline:
                raise TimeoutError(f"release {release_id} is not complete after {timeout_s:g} s")
            time.sleep(poll_s)

    def download(self, release: ReleaseWithFilesBody, folder: Path) -> tuple[Path, ...]:
        """Write a release's files into a folder; raises ChecksumWrong and leaves no file that is not whole."""
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(self._download(release, file.name, file.url, file.sha256, folder) for file in release.files)

    def _download(self, release: ReleaseWithFilesBody, name: str, url: str, sha256: str, folder: Path) -> Path:
        path = folder / Path(name).name  # never out of the folder
        partial = path.with_name(f"{path.name}.partial")
        try:
            if self._connection.download(url, partial) != sha256:
                raise ChecksumWrong(f"{name} of release {release.id} does not have its checksum; download it again")
            return partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
