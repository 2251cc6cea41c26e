"""A release's files on disk, each held against its checksum."""

from pathlib import Path
from typing import Any

from cli.connection import CommandFailed, Connection


def download_release(connection: Connection, release: dict[str, Any], folder: Path) -> list[Path]:
    """Write the files of a release into `folder`; raises CommandFailed when one's SHA-256 is another."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for file in release["files"]:
        path = folder / file["name"]
        if connection.download(file["url"], path) != file["sha256"]:
            path.unlink()
            raise CommandFailed(f"{file['name']} does not have the checksum that the release states; download it again")
        written.append(path)
    return written
