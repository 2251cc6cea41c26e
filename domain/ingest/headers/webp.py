"""A WebP's size, turn and kind of coding from its chunks (RFC 9649, section 2)."""

import io
import struct
from typing import BinaryIO, Final

from domain.ingest.errors import animated, damaged
from domain.ingest.formats import PictureKind
from domain.ingest.headers.directory import read_turn
from domain.ingest.headers.header import MOST_PARTS, Header, take

_EXIF_MOST_BYTES: Final = 1 << 20


def read_webp(file: BinaryIO) -> Header:
    """Walk the chunks within RIFF's own length. Raises PictureRefused, EOFError or struct.error."""
    file_bytes = file.seek(0, io.SEEK_END)
    file.seek(4)
    end = 8 + struct.unpack("<I", take(file, 4))[0]
    if end > file_bytes:
        raise EOFError
    position, frames, turn, lossless = 12, 0, 1, False
    size: tuple[int, int] | None = None
    for _ in range(MOST_PARTS):
        if position + 8 > end:
            break
        file.seek(position)
        name, length = struct.unpack("<4sI", take(file, 8))
        if position + 8 + length > end:
            raise EOFError
        if name in _SIZES:
            # The canvas of VP8X comes first and holds for the whole.
            size = size or _SIZES[name](take(file, 10))
            lossless = lossless or name == b"VP8L"
        elif name == b"EXIF" and length <= _EXIF_MOST_BYTES:
            turn = read_turn(take(file, length))
        elif name == b"ANMF":
            frames += 1
            lossless = take(file, 20)[16:] == b"VP8L"
        position += 8 + length + length % 2
    if frames > 1:
        raise animated()
    if size is None or 0 in size:
        raise damaged()
    return Header(*size, PictureKind.WEBP, turn, lossless)


def _canvas_size(head: bytes) -> tuple[int, int]:
    return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1


def _lossy_size(head: bytes) -> tuple[int, int]:
    """VP8's key frame (RFC 6386, 9.1): three bytes of tag, three of start code, 14 bits each of size."""
    if head[3:6] != b"\x9d\x01\x2a":
        raise damaged()
    width, height = struct.unpack_from("<HH", head, 6)
    return width & 0x3FFF, height & 0x3FFF


def _lossless_size(head: bytes) -> tuple[int, int]:
    bits = int.from_bytes(head[1:5], "little")
    if head[0] != 0x2F:
        raise damaged()
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


_SIZES: Final = {b"VP8X": _canvas_size, b"VP8 ": _lossy_size, b"VP8L": _lossless_size}
