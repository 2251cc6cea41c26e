"""Read access to clients' buckets, each through the role that its client made for us. Never writes."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from domain.errors import BucketRefused
from domain.ports import BucketAccess, ListedKey, ObjectHead
from runtime.aws import assumed_client, aws_client
from runtime.blobs import ABSENT, error_code

_MOVED = ABSENT | {"412", "PreconditionFailed"}
# Too slow, too many: HTTP statuses of a client's fault that the next attempt may not meet.
_MAY_PASS = frozenset({408, 429})
_DENIED = frozenset({"403", "AccessDenied", "AllAccessDisabled"})

Assume = Callable[[BucketAccess], Any]


class SourceBuckets:
    """Clients' buckets. Those with a role are read by assuming it, with credentials that renew themselves."""

    def __init__(self, *, client: Any = None, assume: Assume | None = None) -> None:
        self._s3 = client or aws_client("s3")
        self._assume = assume or _assume
        self._assumed: dict[tuple[str | None, ...], Any] = {}
        self._lock = threading.Lock()

    def client_for(self, access: BucketAccess) -> Any:
        """Return the S3 client that reads this bucket: one a role, kept for the life of the process."""
        if access.role_arn is None:
            return self._s3
        role = (access.role_arn, access.external_id, access.region)
        with self._lock:
            if role not in self._assumed:
                self._assumed[role] = self._assume(access)
            return self._assumed[role]

    def head(self, access: BucketAccess, key: str, *, version_id: str | None = None) -> ObjectHead | None:
        """Return the state of a key, or of one version of it; None when it is not there."""
        which = {"VersionId": version_id} if version_id else {}
        try:
            found = self.client_for(access).head_object(Bucket=access.bucket, Key=key, **which)
        except ClientError as error:
            # A version that is a delete marker has no state: S3 answers that the method is not allowed.
            if error_code(error) in ABSENT or (version_id and error_code(error) in ("405", "400", "MethodNotAllowed")):
                return None
            raise explained(error, access) from error
        etag = found["ETag"].strip('"')
        version = found.get("VersionId")
        found_version = version if version not in (None, "null") else None
        return ObjectHead(found_version or etag, found_version, etag, found["ContentLength"], found.get("ContentType"))

    def download(self, access: BucketAccess, key: str, head: ObjectHead, path: Path) -> bool:
        """Write the bytes of exactly this revision to `path`; False when the key holds another one by now."""
        which = {"VersionId": head.version_id} if head.version_id else {"IfMatch": head.etag}
        try:
            body = self.client_for(access).get_object(Bucket=access.bucket, Key=key, **which)["Body"]
        except ClientError as error:
            if error_code(error) in _MOVED:
                return False
            raise explained(error, access) from error
        with path.open("wb") as file:
            for chunk in body.iter_chunks(1 << 20):
                file.write(chunk)
        return True

    def read_small(self, access: BucketAccess, key: str, *, limit: int = 4096) -> bytes | None:
        """Return the first bytes of an object, None when it is not there."""
        try:
            body: bytes = self.client_for(access).get_object(Bucket=access.bucket, Key=key)["Body"].read(limit)
        except ClientError as error:
            if error_code(error) in ABSENT:
                return None
            raise explained(error, access) from error
        return body

    def list_keys(self, access: BucketAccess, prefix: str, *, after: str = "") -> Iterator[ListedKey]:
        """List the keys below a prefix that come after one, in S3's order (UTF-8 bytes), a page in memory at a time."""
        start = {"StartAfter": after} if after else {}
        paginator = self.client_for(access).get_paginator("list_objects_v2")
        pages = iter(paginator.paginate(Bucket=access.bucket, Prefix=prefix, **start))
        while True:
            try:
                page = next(pages, None)
            except ClientError as error:
                raise explained(error, access) from error
            if page is None:
                return
            for entry in page.get("Contents", ()):
                yield ListedKey(entry["Key"], entry["ETag"].strip('"'), entry["Size"])

    def find_refusal(self, access: BucketAccess, key: str) -> str | None:
        """Return why the bucket does not tell the state of a key, None when it does; raises a fault that may pass."""
        try:
            self.head(access, key)
        except BucketRefused as error:
            return error.message
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if not 400 <= status < 500 or status in _MAY_PASS:
                raise
            return f"the bucket {access.bucket} answers HEAD with {error_code(error)}"
        return None


def explained(error: Exception, access: BucketAccess) -> Exception:
    """Return a refusal in the client's words, any other fault as it is."""
    if error_code(error) not in _DENIED:
        return error
    if getattr(error, "operation_name", "") == "AssumeRole":
        return BucketRefused(
            f"the role {access.role_arn} does not let us in; its trust policy must name our account and the external "
            "id of this source",
            bucket=access.bucket,
            role_arn=access.role_arn,
        )
    return BucketRefused(
        f"the bucket {access.bucket} does not let us read; allow s3:GetObject and s3:ListBucket below the prefix",
        bucket=access.bucket,
    )


def _assume(access: BucketAccess) -> Any:
    return assumed_client(role_arn=access.role_arn or "", external_id=access.external_id, region=access.region)
