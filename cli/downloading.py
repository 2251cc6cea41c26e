"""A release's files on disk, each held against its checksum."""

import hashlib
from pathlib import Path
from typing import Any

from cli.connection import CommandFailed
from runtime.blobs import OwnBucket


def download_release(release: dict[str, Any], folder: Path, *, bucket: OwnBucket) -> list[Path]:
    """Write the files of a release into `folder`; raises CommandFailed when one's SHA-256 is another."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for file in release["files"]:
        body = bucket.get_bytes(file["s3_key"])
        if hashlib.sha256(body).hexdigest() != file["sha256"]:
            raise CommandFailed(f"{file['name']} does not have the checksum that the release states; download it again")
        path = folder / file["name"]
        path.write_bytes(body)
        written.append(path)
    return written
