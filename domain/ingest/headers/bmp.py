"""A BMP's size from its info header (Windows and OS/2 forms)."""

import struct
from typing import BinaryIO

from domain.ingest.errors import damaged
from domain.ingest.formats import PictureKind
from domain.ingest.headers.header import Header, take


def read_bmp(file: BinaryIO) -> Header:
    """Read the size; a negative height means rows from the top. Raises PictureRefused, EOFError or struct.error."""
    file.seek(14)
    (header_bytes,) = struct.unpack("<I", take(file, 4))
    width, height = struct.unpack("<HH", take(file, 4)) if header_bytes == 12 else struct.unpack("<ii", take(file, 8))
    if width <= 0 or height == 0:
        raise damaged()
    return Header(width, abs(height), PictureKind.BMP, turn=1, lossless=True)
