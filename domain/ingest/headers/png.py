"""A PNG's size and turn from its chunks (W3C PNG, third edition); their check sums are compared, to the last one."""

import struct
import zlib
from typing import BinaryIO, Final

from domain.ingest.errors import animated, damaged
from domain.ingest.formats import PictureKind
from domain.ingest.headers.directory import read_turn
from domain.ingest.headers.header import MOST_PARTS, Header, take

_BLOCK_BYTES: Final = 1 << 20
_KEPT_BYTES: Final = 1 << 20  # more EXIF than this is not read
_OF_A_PALETTE: Final = 3
_ANIMATION: Final = b"fdAT"


def read_png(file: BinaryIO) -> Header:
    """Walk the chunks to IEND; what follows is nobody's business. Raises PictureRefused, EOFError or struct.error."""
    file.seek(8)
    names: set[bytes] = set()
    width, height, colour, turn = 0, 0, 0, 1
    for _ in range(MOST_PARTS):
        length, name = struct.unpack(">I4s", take(file, 8))
        body = _checked_body(file, name, length)
        if not names and name != b"IHDR":
            raise damaged()
        if name == b"IHDR":
            if names:
                raise damaged()
            width, height, colour = struct.unpack_from(">IIxB", body)
        elif name == b"eXIf":
            turn = read_turn(body)
        names.add(name)
        if name == b"IEND":
            break
    wanted = {b"IDAT", b"IEND"} | ({b"PLTE"} if colour == _OF_A_PALETTE else set())
    if not wanted <= names or not width or not height:
        raise damaged()
    if _ANIMATION in names:
        raise animated()
    return Header(width, height, PictureKind.PNG, turn, lossless=True)


def _checked_body(file: BinaryIO, name: bytes, length: int) -> bytes:
    """Return the body of a short chunk that we read, b"" of any other; raises when its check sum is wrong."""
    kept = take(file, length) if name in (b"IHDR", b"eXIf") and length <= _KEPT_BYTES else b""
    check, left = zlib.crc32(kept, zlib.crc32(name)), length - len(kept)
    while left:
        block = take(file, min(left, _BLOCK_BYTES))
        check, left = zlib.crc32(block, check), left - len(block)
    if struct.unpack(">I", take(file, 4))[0] != check:
        raise damaged()
    return kept
