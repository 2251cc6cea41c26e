"""What the domain needs of the outside, as protocols; `runtime` implements them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """What S3 says of a key right now. `revision` is the version id where the bucket has versions, else the ETag."""

    revision: str
    version_id: str | None
    etag: str
    bytes: int
    content_type: str | None


@dataclass(frozen=True, slots=True)
class ListedKey:
    key: str
    etag: str
    bytes: int


class SourceReader(Protocol):
    """Reads a client's bucket; never writes it."""

    def head(self, bucket: str, key: str) -> ObjectHead | None:
        """Return the state of a key, None when it is not there."""

    def download(self, bucket: str, key: str, head: ObjectHead, path: Path) -> bool:
        """Write the bytes of exactly this revision to `path`; False when the key holds another one by now."""


class BlobStore(Protocol):
    """Our own bucket."""

    def put_file(self, key: str, path: Path, *, content_type: str) -> None: ...

    def put_bytes(self, key: str, body: bytes, *, content_type: str) -> None: ...

    def get_bytes(self, key: str) -> bytes:
        """Return the whole object; raises `NotFound`."""
