"""What differs between a stretch of a bucket's listing and what we know of the same keys. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.ports import ListedKey

# PostgreSQL keeps no text with this character, nor does a key with it hold an image for us.
UNKEEPABLE = "\x00"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """The newest state of a key that we know of."""

    key: str
    etag: str
    is_deleted: bool


def cut_pages(listing: Iterable[ListedKey], *, size: int) -> Iterator[tuple[list[ListedKey], bool]]:
    """Cut a listing into pages without holding it, each with whether it is the last; an empty listing is one page."""
    page: list[ListedKey] = []
    for entry in listing:
        if UNKEEPABLE in entry.key:
            continue
        if len(page) == size:
            yield page, False
            page = []
        page.append(entry)
    yield page, True


def differing_keys(listed: Sequence[ListedKey], known: Sequence[KnownKey]) -> list[str]:
    """Return the keys that the bucket holds and we do not know so, or that we believe in and it lacks, in order."""
    etags = {entry.key: entry.etag for entry in listed}
    believed = {key.key: key.etag for key in known if not key.is_deleted}
    return sorted(key for key in etags.keys() | believed.keys() if etags.get(key) != believed.get(key))
