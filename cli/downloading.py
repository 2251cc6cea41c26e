"""A release's files on disk, each held against its checksum."""

from pathlib import Path
from typing import Any

from cli.connection import Connection, told
from plumbline_client.connection import parse
from schema.bodies.releases import ReleaseWithFilesBody


def download_release(connection: Connection, release: dict[str, Any], folder: Path) -> tuple[Path, ...]:
    """Write the files of a release into `folder`; raises CommandFailed when one's SHA-256 is another."""
    with told():
        return connection.client.releases.download(parse(ReleaseWithFilesBody, release), folder)
