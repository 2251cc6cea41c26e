"""S3: our own bucket, and read-only access to clients' buckets."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from domain.delivery.links import RangeOutside
from domain.errors import BucketRefused, NotFound
from domain.ports import ListedKey, ObjectHead
from runtime.aws import aws_client

_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound", "NoSuchBucket"})
_MOVED = _ABSENT | {"412", "PreconditionFailed"}
_DENIED = frozenset({"403", "AccessDenied", "AllAccessDisabled"})


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
            if _code(error) in _ABSENT:
                raise NotFound("there is no such object (any more)") from error
            if _code(error) in ("InvalidRange", "416"):
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
            if _code(error) in _ABSENT:
                raise NotFound(f"there is no object {key}", key=key) from error
            raise
        return body


class SourceBuckets:
    """Clients' buckets. In production each read assumes the client's role; embedded, one key opens all."""

    def __init__(self, *, client: Any = None) -> None:
        self._s3 = client or aws_client("s3")

    def head(self, bucket: str, key: str) -> ObjectHead | None:
        """Return the state of a key, None when it is not there."""
        try:
            found = self._s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise _explained(error, bucket) from error
        etag = found["ETag"].strip('"')
        version = found.get("VersionId")
        version_id = version if version not in (None, "null") else None
        return ObjectHead(version_id or etag, version_id, etag, found["ContentLength"], found.get("ContentType"))

    def download(self, bucket: str, key: str, head: ObjectHead, path: Path) -> bool:
        """Write the bytes of exactly this revision to `path`; False when the key holds another one by now."""
        which = {"VersionId": head.version_id} if head.version_id else {"IfMatch": head.etag}
        try:
            body = self._s3.get_object(Bucket=bucket, Key=key, **which)["Body"]
        except ClientError as error:
            if _code(error) in _MOVED:
                return False
            raise _explained(error, bucket) from error
        with path.open("wb") as file:
            for chunk in body.iter_chunks(1 << 20):
                file.write(chunk)
        return True

    def read_small(self, bucket: str, key: str, *, limit: int = 4096) -> bytes | None:
        """Return the first bytes of an object, None when it is not there."""
        try:
            body: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read(limit)
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise _explained(error, bucket) from error
        return body

    def list_keys(self, bucket: str, prefix: str) -> Iterator[ListedKey]:
        """List the keys below a prefix in S3's order (UTF-8 bytes)."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for entry in page.get("Contents", ()):
                yield ListedKey(entry["Key"], entry["ETag"].strip('"'), entry["Size"])


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


def _explained(error: Exception, bucket: str) -> Exception:
    """Return a refusal in the client's words, any other fault as it is."""
    if _code(error) not in _DENIED:
        return error
    return BucketRefused(
        f"the bucket {bucket} does not let us read; allow s3:GetObject and s3:ListBucket below the prefix",
        bucket=bucket,
    )


def _code(error: Exception) -> str:
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
