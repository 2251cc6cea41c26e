"""What lies in the client's bucket over time: small pictures that differ in every byte, files that are none, and the
plan of what happens to each key. Pure and seeded; knows which bytes can be read, by their ETag."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

import numpy as np
from PIL import Image

LEAST_PX: Final = 64
MOST_PX: Final = 96


class Story(StrEnum):
    """What happens to one key."""

    PUT = "put"
    UNREADABLE = "unreadable"
    PUT_TWICE = "put_twice"
    OVERWRITTEN = "overwritten"
    SPOILT = "spoilt"
    MENDED = "mended"
    DELETED = "deleted"
    PUT_BACK = "put_back"


# Of 100 keys; the rest are simply put.
SHARES: Final = {
    Story.UNREADABLE: 5,
    Story.PUT_TWICE: 3,
    Story.OVERWRITTEN: 4,
    Story.SPOILT: 1,
    Story.MENDED: 2,
    Story.DELETED: 3,
    Story.PUT_BACK: 2,
}


@dataclass(frozen=True, slots=True)
class Bytes:
    """The bytes of an object, and whether a picture can be read from them."""

    body: bytes
    is_readable: bool

    @property
    def etag(self) -> str:
        """As S3 makes it for an object that was put in one piece."""
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Step:
    """One request of the client: put these bytes under the key, or delete it (None)."""

    key: str
    bytes: Bytes | None


def plan_steps(*, images: int, seed: int) -> list[Step]:
    """Return all requests in the order in which they are sent; those of one key keep theirs.

    A second step of a key comes up to a fifth of the whole later, so that it meets the first in every state.
    """
    random = Random(seed)
    placed: list[tuple[float, int, Step]] = []
    for number, story in enumerate(_stories(images, random)):
        at = random.random()
        for order, step in enumerate(_steps(number, story, random)):
            placed.append((at, order, step))
            at += random.random() / 5
    return [step for _, _, step in sorted(placed, key=lambda entry: entry[:2])]


def _stories(images: int, random: Random) -> list[Story]:
    """Return each kind as often as its share says, at least once where there are enough keys."""
    stories = [story for story, share in SHARES.items() for _ in range(max(1, round(images * share / 100)))][:images]
    stories += [Story.PUT] * (images - len(stories))
    random.shuffle(stories)
    return stories


def _steps(number: int, story: Story, random: Random) -> Iterator[Step]:
    key = f"batch {number % 7}/{number:05d}+ü.png"
    picture = readable(random)
    match story:
        case Story.UNREADABLE:
            contents: list[Bytes | None] = [unreadable(random)]
        case Story.PUT_TWICE:
            contents = [picture, picture]
        case Story.OVERWRITTEN:
            contents = [picture, readable(random)]
        case Story.SPOILT:
            contents = [picture, unreadable(random)]
        case Story.MENDED:
            contents = [unreadable(random), picture]
        case Story.DELETED:
            contents = [picture, None]
        case Story.PUT_BACK:
            contents = [picture, None, picture]
        case Story.PUT:
            contents = [picture]
    yield from (Step(key, content) for content in contents)


def readable(random: Random) -> Bytes:
    """Return a small picture, PNG or JPEG; no two are alike."""
    width, height = (random.randint(LEAST_PX, MOST_PX) for _ in range(2))
    rng = np.random.default_rng(random.getrandbits(64))
    pixels = np.full((height, width, 3), rng.integers(0, 120, 3), dtype=np.uint8)
    x, y, side = (int(v) for v in rng.integers(8, 28, 3))
    pixels[y : y + side, x : x + side] = rng.integers(140, 255, 3)
    pixels[:4, :4] = rng.integers(0, 255, (4, 4, 3))  # so that no two are the same
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, random.choice(("PNG", "JPEG")))
    return Bytes(out.getvalue(), is_readable=True)


def unreadable(random: Random) -> Bytes:
    """Return a file that is no picture: cut short, of another type, or empty."""
    kind = random.randrange(3)
    if kind == 0:
        whole = readable(random).body
        return Bytes(whole[: len(whole) // 2], is_readable=False)
    return Bytes(b"" if kind == 1 else f"notes, no picture {random.random()}".encode(), is_readable=False)
