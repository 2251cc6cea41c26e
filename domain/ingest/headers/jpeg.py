"""A JPEG's size and turn from its markers (ITU-T T.81, annex B), up to the first scan."""

import io
import struct
from typing import BinaryIO, Final

from domain.ingest.errors import damaged, wrong_type
from domain.ingest.formats import PictureKind
from domain.ingest.headers.directory import read_turn
from domain.ingest.headers.header import MOST_PARTS, Header, take

_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Sequential and progressive, by Huffman and by arithmetic coding, with the least bits that a block takes: a code for
# its first coefficient and, in one scan, one for the end of the others. Arithmetic coding has no least.
_LEAST_BITS: Final = {0xC0: 2, 0xC1: 2, 0xC2: 1, 0xC9: 0, 0xCA: 0}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_SCAN, _END, _APP1 = 0xDA, 0xD9, 0xE1
_MOST_JUNK: Final = 65_536


def read_jpeg(file: BinaryIO) -> Header:
    """Read up to the first scan. Raises PictureRefused, EOFError or struct.error.

    A file too short for its size is damaged: a decoder would paint the rest grey and say nothing.
    """
    file_bytes = file.seek(0, io.SEEK_END)
    file.seek(2)
    size, least_bits, exif = None, 0, b""
    for _ in range(MOST_PARTS):
        marker = _next_marker(file)
        if marker in (_SCAN, _END):
            break
        if marker in _ALONE:
            continue
        length = _length(file)
        if marker in _FRAMES:
            size, least_bits = _read_frame(marker, take(file, length))
        elif marker == _APP1 and not exif:
            body = take(file, length)
            exif = body if body.startswith(b"Exif\x00\x00") else b""
        else:
            file.seek(length, 1)
    if size is None or file_bytes * 8 < least_bits:
        raise damaged()
    return Header(*size, PictureKind.JPEG, read_turn(exif) if exif else 1, lossless=False)


def _next_marker(file: BinaryIO) -> int:
    """Return the next marker's code; fill bytes and a little junk before it are passed over, as decoders do."""
    for _ in range(_MOST_JUNK):
        if take(file, 1) != b"\xff":
            continue
        code = take(file, 1)[0]
        while code == 0xFF:
            code = take(file, 1)[0]
        if code:
            return code
    raise damaged()


def _length(file: BinaryIO) -> int:
    length: int = struct.unpack(">H", take(file, 2))[0]
    if length < 2:
        raise damaged()
    return length - 2


def _read_frame(marker: int, frame: bytes) -> tuple[tuple[int, int], int]:
    """Return the size in px and the fewest bits that its blocks of 8 x 8 samples can take."""
    bits, height, width, count = struct.unpack_from(">BHHB", frame)
    if marker not in _LEAST_BITS or bits != 8:
        raise wrong_type("This JPEG is of a rare kind (lossless, hierarchical or not of 8 bits) that we do not read")
    samplings = [(code >> 4, code & 15) for _, code, _ in struct.iter_unpack("3B", frame[6 : 6 + 3 * count])]
    if not width or not height or not samplings or any(0 in sampling for sampling in samplings):
        raise damaged()
    most_x, most_y = max(x for x, _ in samplings), max(y for _, y in samplings)
    blocks = sum((width * x // most_x // 8) * (height * y // most_y // 8) for x, y in samplings)
    return (width, height), blocks * _LEAST_BITS[marker]
