"""Small pictures that tests draw themselves."""

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def discs(*, seed: int = 1, width: int = 320, height: int = 240, count: int = 3) -> NDArray[np.uint8]:
    """Draw bright discs on an even dark ground, (height, width, 3); they stand in a row and never touch."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    picture = np.full((height, width, 3), 40.0) + rng.normal(0, 2, (height, width, 1))
    for i in range(count):
        cx, cy, radius = disc(i, width=width, height=height, count=count)
        picture[(columns + 0.5 - cx) ** 2 + (rows + 0.5 - cy) ** 2 <= radius**2] = (200 - 10 * i, 190, 60 + seed % 100)
    return picture.clip(0, 255).astype(np.uint8)


def disc(i: int, *, width: int = 320, height: int = 240, count: int = 3) -> tuple[float, float, float]:
    """Return centre x, y and radius of the i-th disc."""
    return (i + 0.5) * width / count, height / 2, min(width / count, height) * 0.3


def disc_box(i: int) -> tuple[float, float, float, float]:
    cx, cy, radius = disc(i)
    return cx - radius, cy - radius, cx + radius, cy + radius


def png(picture: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()


def jpeg(picture: NDArray[np.uint8], *, turn: int | None = None) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    if turn is not None:
        exif[0x0112] = turn
    Image.fromarray(picture).save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


def disc_png(seed: int = 1) -> bytes:
    return png(discs(seed=seed))


def stamped(body: bytes, text: str) -> bytes:
    """Return a PNG with the same pixels and other bytes: a comment stands behind its header."""
    data = b"tEXtComment\0" + text.encode("latin-1")
    chunk = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    end_of_header = 8 + 25  # the signature, then IHDR with its length, name and checksum
    return body[:end_of_header] + chunk + body[end_of_header:]
