"""What a bucket answers, told apart: a state, a refusal, a fault that may pass."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from domain.errors import BucketRefused
from domain.ports import BucketAccess
from runtime.source_buckets import SourceBuckets

ACCESS = BucketAccess("field-photos")


class Answering:
    """An S3 client whose bucket answers everything with one error."""

    def __init__(self, code: str, status: int) -> None:
        self._code, self._status = code, status

    def head_object(self, **_: object) -> dict[str, Any]:
        raise self._error("HeadObject")

    def get_paginator(self, operation: str) -> "Answering":
        return self

    def paginate(self, **_: object) -> "Answering":
        return self

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self

    def __next__(self) -> dict[str, Any]:
        raise self._error("ListObjectsV2")

    def _error(self, operation: str) -> ClientError:
        said: Any = {"Error": {"Code": self._code}, "ResponseMetadata": {"HTTPStatusCode": self._status}}
        return ClientError(said, operation)


def test_key_that_is_not_there_is_no_refusal() -> None:
    assert SourceBuckets(client=Answering("404", 404)).find_refusal(ACCESS, "a.png") is None


@pytest.mark.parametrize("code", ["403", "400"])
def test_refusal_says_which_bucket(code: str) -> None:
    # 400 is what S3 says of a key whose bytes are encrypted with a key of the client's own.
    refusal = SourceBuckets(client=Answering(code, int(code))).find_refusal(ACCESS, "a.png")
    assert refusal is not None
    assert "field-photos" in refusal


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_fault_that_may_pass_is_no_refusal(status: int) -> None:
    with pytest.raises(ClientError):
        SourceBuckets(client=Answering(str(status), status)).find_refusal(ACCESS, "a.png")


def test_bucket_that_may_not_be_listed_says_what_to_allow() -> None:
    with pytest.raises(BucketRefused, match="s3:ListBucket"):
        list(SourceBuckets(client=Answering("AccessDenied", 403)).list_keys(ACCESS, ""))
