"""What differs between a stretch of a bucket's listing and what we know of the same keys. Pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.ports import ListedKey

# PostgreSQL keeps no text with this character, nor does a key with it hold an image for us.
UNKEEPABLE = "\x00"
# So many keys of a page are asked for before its keys are announced.
MOST_SAMPLES = 8


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


@dataclass(frozen=True, slots=True)
class Differing:
    """Keys that the bucket holds and we do not know so, and keys that we believe in and it lacks; both in order."""

    found: list[str]
    gone: list[str]

    def __len__(self) -> int:
        return len(self.found) + len(self.gone)


def differing_keys(listed: Sequence[ListedKey], known: Sequence[KnownKey]) -> Differing:
    """Compare a stretch of a listing with what we know of the same stretch."""
    etags = {entry.key: entry.etag for entry in listed}
    believed = {key.key: key.etag for key in known if not key.is_deleted}
    return Differing(
        found=sorted(key for key in etags if etags[key] != believed.get(key)), gone=sorted(believed.keys() - etags)
    )


def choose_samples(keys: Sequence[str], *, most: int = MOST_SAMPLES) -> list[str]:
    """Return a key of each folder, of `most` folders spread over all: who may read what is said of prefixes."""
    firsts = list({_folder(key): key for key in reversed(keys)}.values())[::-1]
    return firsts[:: -(-len(firsts) // most)] if firsts else []


def split_refused(keys: Sequence[str], samples: Sequence[str], refused: Collection[str]) -> tuple[list[str], list[str]]:
    """Split keys into those that can be read and those that are refused, going by the sample of their folder.

    A folder without a sample counts as refused when any sample is: the next listing finds its keys again.
    """
    answers = {_folder(key): key not in refused for key in samples}
    readable = [key for key in keys if answers.get(_folder(key), not refused)]
    return readable, sorted(set(keys) - set(readable))


def _folder(key: str) -> str:
    return key.rpartition("/")[0]
