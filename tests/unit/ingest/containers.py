"""Writers of file formats that let a test lie: every length, offset, count and check sum can be made wrong."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
TYPE_CODES = {1: "B", 2: "s", 3: "H", 4: "I", 7: "s", 11: "f", 13: "I", 16: "Q"}


def steps(width: int = 40, height: int = 24) -> Image.Image:
    """A picture in which no turn looks like another: colours grow along x, y and their sum."""
    rows, columns = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([columns * 6, rows * 10, (rows + columns) * 4], -1).astype(np.uint8))


def saved(picture: Image.Image, file_format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def chunk(name: bytes, body: bytes, *, length: int | None = None, check: int | None = None) -> bytes:
    """Return one chunk of a PNG."""
    found = zlib.crc32(name + body) if check is None else check
    return struct.pack(">I", len(body) if length is None else length) + name + body + struct.pack(">I", found)


def png(
    width: int, height: int, rows: bytes, *, bits: int = 8, colour: int = 2, extra: bytes = b"", tail: bytes = b""
) -> bytes:
    """Return a PNG of filtered rows; `extra` stands before the pixels, `tail` between them and IEND."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return PNG_MAGIC + head + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + tail + chunk(b"IEND", b"")


def with_chunk(whole: bytes, extra: bytes) -> bytes:
    """Return a PNG with more chunks right behind its IHDR."""
    return whole[:33] + extra + whole[33:]


def with_segment(whole: bytes, marker: int, body: bytes, *, length: int | None = None) -> bytes:
    """Return a JPEG with one more segment right behind its start."""
    size = len(body) + 2 if length is None else length
    return whole[:2] + struct.pack(">BBH", 0xFF, marker, size) + body + whole[2:]


def with_jpeg_size(whole: bytes, width: int, height: int) -> bytes:
    """Return a baseline or progressive JPEG whose frame claims another size."""
    at = max(whole.find(b"\xff\xc0"), whole.find(b"\xff\xc2")) + 5
    return whole[:at] + struct.pack(">HH", height, width) + whole[at + 4 :]


def riff(*chunks: tuple[bytes, bytes], size: int | None = None) -> bytes:
    """Return a WebP of chunks."""
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def directory(
    tags: dict[int, tuple[int, tuple[Any, ...]]], *, at: int, order: str = "<", big: bool = False, next_offset: int = 0
) -> bytes:
    """Return a directory of TIFF tags (type, values) as it stands at an offset, with its longer values behind it."""
    count_code, entry_code, inline = ("Q", "HHQ", 8) if big else ("H", "HHI", 4)
    offset_code = "Q" if big else "I"
    head = struct.pack(f"{order}{count_code}", len(tags))
    entry_bytes = struct.calcsize(f"{order}{entry_code}") + inline
    behind_at = at + len(head) + entry_bytes * len(tags) + inline
    entries, behind = b"", b""
    for tag, (kind, values) in sorted(tags.items()):
        code = TYPE_CODES[kind]
        raw = b"".join(values) if code == "s" else struct.pack(f"{order}{len(values)}{code}", *values)
        count = len(raw) if code == "s" else len(values)
        if len(raw) <= inline:
            field = raw.ljust(inline, b"\x00")
        else:
            field = struct.pack(f"{order}{offset_code}", behind_at + len(behind))
            behind += raw
        entries += struct.pack(f"{order}{entry_code}", tag, kind, count) + field
    return head + entries + struct.pack(f"{order}{offset_code}", next_offset) + behind


def tiff(
    width: int,
    height: int,
    data: bytes,
    *,
    bits: tuple[int, ...] = (8,),
    photometric: int = 1,
    order: str = "<",
    big: bool = False,
    changes: dict[int, tuple[int, tuple[Any, ...]]] | None = None,
    next_offset: int = 0,
) -> bytes:
    """Return an uncompressed TIFF of one strip, then the directory; `changes` overrule its tags."""
    start = 16 if big else 8
    at = start + len(data) + len(data) % 2
    tags: dict[int, tuple[int, tuple[Any, ...]]] = {
        256: (4, (width,)),
        257: (4, (height,)),
        258: (3, bits),
        259: (3, (1,)),
        262: (3, (photometric,)),
        273: (4, (start,)),
        277: (3, (len(bits),)),
        278: (4, (height,)),
        279: (4, (len(data),)),
    } | (changes or {})
    mark = {"<": b"II", ">": b"MM"}[order]
    head = struct.pack(f"{order}HHHQ", 43, 8, 0, at) if big else struct.pack(f"{order}HI", 42, at)
    return (
        mark
        + head
        + data.ljust(at - start, b"\x00")
        + directory(tags, at=at, order=order, big=big, next_offset=next_offset)
    )


def exif(turn: int, *, order: str = "<") -> bytes:
    """Return the smallest EXIF that says how the camera was held, without the JPEG's prefix."""
    head = {"<": b"II*\x00", ">": b"MM\x00*"}[order] + struct.pack(f"{order}I", 8)
    return head + directory({0x0112: (3, (turn,))}, at=8, order=order)


def bmp(
    width: int, height: int, pixels: bytes, *, bits: int = 24, compression: int = 0, palette: bytes = b"", at: int = 0
) -> bytes:
    """Return a Windows BMP; its rows come bottom first unless the height is negative."""
    start = at or 54 + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 0, 0, len(palette) // 4, 0)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + info + palette + pixels


def cmyk_profile(*, cyan_lightness: float) -> bytes:
    """Return a CMYK profile in which full cyan is a grey of that CIELAB lightness, and black ink darkens to 0.

    An `mft1` table (ICC.1:2004, 10.9) with two points an ink: lightness of paper 100, every other ink without effect.
    """
    grid = bytearray()
    for number in range(16):
        cyan, black = number >> 3 & 1, number & 1
        lightness = 0 if black else cyan_lightness if cyan else 100
        grid += bytes((round(lightness * 2.55), 128, 128))
    ramp = bytes(range(256))
    unit = b"".join(struct.pack(">i", 65_536 if row == column else 0) for row in range(3) for column in range(3))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + unit + ramp * 4 + bytes(grid) + ramp * 3
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63_190, 65_536, 54_061)
    text = b"desc" + bytes(4) + struct.pack(">I", 2) + b"x\x00" + bytes(78)
    tags, body = [], b""
    start = 128 + 4 + 12 * 3
    for name, data in ((b"A2B0", table), (b"wtpt", white), (b"desc", text)):
        padded = data.ljust(-(-len(data) // 4) * 4, b"\x00")
        tags.append(name + struct.pack(">II", start + len(body), len(data)))
        body += padded
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += struct.pack(">iii", 63_190, 65_536, 54_061)
    return head.ljust(128, b"\x00") + struct.pack(">I", 3) + b"".join(tags) + body
