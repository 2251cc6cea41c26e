"""What the domain is told of S3, as values; it calls nothing outside itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BucketAccess:
    """A client's bucket and how it lets us in: through a role of theirs with an external id of ours, or directly."""

    bucket: str
    region: str | None = None
    role_arn: str | None = None
    external_id: str | None = None


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


class ListsKeys(Protocol):
    """Whatever lists a bucket: a client of S3, an inventory's file, a generator."""

    def list_keys(self, access: BucketAccess, prefix: str, *, after: str = "") -> Iterator[ListedKey]:
        """Yield the keys below a prefix that come after one, in the order of their UTF-8 bytes, each once.

        Raises BucketRefused when the bucket does not let us list it.
        """
        ...

    def find_refusal(self, access: BucketAccess, key: str) -> str | None:
        """Ask for the state of a key; return why the bucket refuses it, None when it answers, if only that it is gone.

        A fault that may pass is raised.
        """
        ...
