"""A folder of pictures → a client's bucket that a project is fed from."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.connection import Connection, stack_endpoint
from cli.exits import CommandFailed
from runtime.aws import aws_client
from runtime.provision import connect_bucket

SUFFIXES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".bmp": "image/bmp",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to be: its key below the prefix, its bytes, its type."""

    key: str
    body: bytes
    content_type: str


def list_pictures(folder: Path) -> list[Path]:
    """List the pictures below a folder by path; raises CommandFailed when there are none."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES)
    if not files:
        raise CommandFailed(f"{folder} holds no pictures ({', '.join(SUFFIXES)})")
    return files


def read_folder(folder: Path) -> Iterable[Upload]:
    """Yield the pictures below a folder by path; raises CommandFailed when there are none."""
    for path in list_pictures(folder):
        yield Upload(path.relative_to(folder).as_posix(), path.read_bytes(), SUFFIXES[path.suffix.lower()])


def feed_project(
    connection: Connection, environment: Mapping[str, str], *, project_id: int, bucket: str, prefix: str
) -> int:
    """Make the bucket a proven source that feeds the project; return the source's id. Repeating it changes nothing."""
    endpoint = stack_endpoint(environment)
    connect_bucket(bucket, prefix=prefix, queue_prefix=environment["PLUMBLINE_QUEUE_PREFIX"], endpoint=endpoint)
    source = _find_or_create(connection, bucket=bucket, prefix=prefix)
    s3 = aws_client("s3", endpoint=endpoint)
    s3.put_object(Bucket=bucket, Key=source["proof_key"], Body=source["nonce"].encode())
    connection.call("POST", f"/v1/sources/{source['id']}/verify")
    connection.call("PUT", f"/v1/sources/{source['id']}/feeds/{project_id}")
    return int(source["id"])


def _find_or_create(connection: Connection, *, bucket: str, prefix: str) -> dict[str, Any]:
    known = connection.call("GET", "/v1/sources", params={"bucket": bucket, "prefix": prefix})["items"]
    if known:
        return dict(known[0])
    return dict(connection.call("POST", "/v1/sources", json={"bucket": bucket, "prefix": prefix}))


def upload(
    environment: Mapping[str, str],
    uploads: Iterable[Upload],
    *,
    bucket: str,
    prefix: str,
    on_done: Callable[[Upload], None],
) -> int:
    """Put files into the bucket, as its owner would; return how many."""
    s3 = aws_client("s3", endpoint=stack_endpoint(environment))
    count = 0
    for one in uploads:
        s3.put_object(Bucket=bucket, Key=f"{prefix}{one.key}", Body=one.body, ContentType=one.content_type)
        on_done(one)
        count += 1
    return count
