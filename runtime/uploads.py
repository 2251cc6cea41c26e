"""Unfinished uploads: S3's multipart uploads in two buckets of ours. Holds no state of its own, so that an upload goes
on after any process was restarted."""

from typing import IO, Any

from botocore.exceptions import ClientError

from domain.uploads.errors import UploadLost
from runtime.aws import aws_client
from runtime.blobs import ABSENT, error_code


class UploadStore:
    """Sends the parts of uploads to S3 and puts them together."""

    def __init__(self, *, client: Any = None) -> None:
        self._s3 = client or aws_client("s3")

    def begin(self, bucket: str, key: str, *, content_type: str) -> str:
        """Begin an upload; return S3's id of it."""
        made = self._s3.create_multipart_upload(Bucket=bucket, Key=key, ContentType=content_type)
        return str(made["UploadId"])

    def put_part(self, bucket: str, key: str, storage_id: str, number: int, body: IO[bytes], *, size: int) -> str:
        """Store a part, in place of what was stored under its number; return its ETag. Raises UploadLost."""
        place = {"Bucket": bucket, "Key": key, "UploadId": storage_id}
        try:
            stored = self._s3.upload_part(**place, PartNumber=number, Body=body, ContentLength=size)
        except ClientError as error:
            raise _explained(error) from error
        return str(stored["ETag"])

    def complete(self, bucket: str, key: str, storage_id: str, *, size: int) -> None:
        """Put all stored parts together. Done before, it changes nothing; raises UploadLost."""
        place = {"Bucket": bucket, "Key": key, "UploadId": storage_id}
        try:
            parts = [{"PartNumber": p["PartNumber"], "ETag": p["ETag"]} for p in self._list_parts(place)]
            self._s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
        except ClientError as error:
            # An answer that got lost, or a process that died after it: then the whole object is there.
            if error_code(error) == "NoSuchUpload" and self._has(bucket, key, size=size):
                return
            raise _explained(error) from error

    def abort(self, bucket: str, key: str, storage_id: str) -> None:
        """Throw an unfinished upload away; what is gone already stays gone."""
        try:
            self._s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=storage_id)
        except ClientError as error:
            if error_code(error) not in ABSENT | {"NoSuchUpload"}:
                raise

    def _list_parts(self, place: dict[str, str]) -> list[dict[str, Any]]:
        pages = self._s3.get_paginator("list_parts").paginate(**place)
        return [part for page in pages for part in page.get("Parts", ())]

    def _has(self, bucket: str, key: str, *, size: int) -> bool:
        try:
            return bool(self._s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == size)
        except ClientError as error:
            if error_code(error) in ABSENT:
                return False
            raise


def _explained(error: Exception) -> Exception:
    if error_code(error) in ABSENT | {"NoSuchUpload"}:
        return UploadLost("this unfinished upload is not stored any more; begin it anew")
    return error
