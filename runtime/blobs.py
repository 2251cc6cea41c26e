"""S3: our own bucket, and what errors of S3 mean. Clients' buckets are in `source_buckets.py`."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from domain.delivery.links import RangeOutside
from domain.errors import NotFound
from runtime.aws import aws_client

ABSENT = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound", "NoSuchBucket"})


@dataclass(frozen=True, slots=True)
class Stored:
    """What was written: its SHA-256 in hexadecimal and its size."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class OpenedObject:
    """An object on its way out: an HTTP status, headers, and its bytes in chunks."""

    status: int
    headers: dict[str, str]
    chunks: Iterator[bytes]


class OwnBucket:
    """Plumbline's bucket: everything derived, under `org/<id>/…`."""

    def __init__(self, bucket: str, *, client: Any = None) -> None:
        self.bucket = bucket
        self._s3 = client or aws_client("s3")

    def put_file(self, key: str, path: Path, *, content_type: str) -> None:
        self._s3.upload_file(str(path), self.bucket, key, ExtraArgs={"ContentType": content_type})

    def put_bytes(self, key: str, body: bytes, *, content_type: str) -> None:
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def put_stream(self, key: str, chunks: Iterator[bytes], *, content_type: str) -> Stored:
        """Upload in parts as the chunks come, in bounded memory."""
        reader = _Chunks(chunks)
        self._s3.upload_fileobj(reader, self.bucket, key, ExtraArgs={"ContentType": content_type})
        return Stored(reader.sha256.hexdigest(), reader.size)

    def open(self, key: str, *, byte_range: str | None, known_etag: str | None) -> OpenedObject:
        """Open an object, or a part of it (an HTTP `Range`), to be read in chunks; raises NotFound.

        `status` is HTTP's: 200, 206 for a part, 304 when it is still what the caller knows. Raises RangeOutside too.
        """
        wanted = {"Range": byte_range} if byte_range else {}
        try:
            found = self._s3.get_object(Bucket=self.bucket, Key=key, **wanted)
        except ClientError as error:
            if error_code(error) in ABSENT:
                raise NotFound("there is no such object (any more)") from error
            if error_code(error) in ("InvalidRange", "416"):
                raise RangeOutside("the object ends before this range begins") from error
            raise
        headers = {
            "Content-Type": found["ContentType"],
            "Content-Length": str(found["ContentLength"]),
            "ETag": found["ETag"],
        }
        if known_etag is not None and found["ETag"] in [tag.strip() for tag in known_etag.split(",")]:
            found["Body"].close()
            return OpenedObject(304, {"ETag": found["ETag"]}, iter(()))
        if "ContentRange" in found:
            headers["Content-Range"] = found["ContentRange"]
        return OpenedObject(206 if "ContentRange" in found else 200, headers, found["Body"].iter_chunks(1 << 16))

    def get_bytes(self, key: str) -> bytes:
        """Return the whole object; raises NotFound."""
        try:
            body: bytes = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error_code(error) in ABSENT:
                raise NotFound(f"there is no object {key}", key=key) from error
            raise
        return body

    def delete_below(self, prefix: str, *, keep: str | None) -> int:
        """Delete every object below a prefix but those below `keep`; return how many S3 says are gone."""
        deleted = 0
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            keys = [entry["Key"] for entry in page.get("Contents", ())]
            gone = [{"Key": key} for key in keys if keep is None or not key.startswith(keep)]
            if gone:
                answer = self._s3.delete_objects(Bucket=self.bucket, Delete={"Objects": gone, "Quiet": True})
                deleted += len(gone) - len(answer.get("Errors", ()))
        return deleted


class _Chunks(io.RawIOBase):
    """An iterator of bytes as a readable file that hashes what passes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self.sha256 = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts = [self._rest]
        have = len(self._rest)
        while size < 0 or have < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            parts.append(chunk)
            have += len(chunk)
        joined = b"".join(parts)
        cut = have if size < 0 else min(size, have)
        out, self._rest = joined[:cut], joined[cut:]
        self.sha256.update(out)
        self.size += len(out)
        return out


def error_code(error: Exception) -> str:
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
