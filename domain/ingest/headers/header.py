"""What every reader of a header returns, and how it takes bytes from a file."""

from dataclasses import dataclass
from typing import BinaryIO

from domain.ingest.formats import PictureKind

MOST_PARTS = 1_000_000  # chunks or segments; a real picture of the size we take has some tens of thousands


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself: size in px as stored, before turning; `turn` is EXIF's orientation, 1 to 8.

    `white_is_zero` is true for a grey TIFF in which 0 is white.
    """

    width: int
    height: int
    kind: PictureKind
    turn: int
    lossless: bool
    white_is_zero: bool = False

    @property
    def upright_size(self) -> tuple[int, int]:
        return (self.height, self.width) if self.turn >= 5 else (self.width, self.height)


def take(file: BinaryIO, count: int) -> bytes:
    """Read exactly `count` bytes; raises EOFError when the file ends before."""
    taken = file.read(count)
    if len(taken) != count:
        raise EOFError
    return taken
