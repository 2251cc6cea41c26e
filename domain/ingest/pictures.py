"""Pictures from outside to an upright working copy and a thumbnail. Pillow only, so that a small child can run it.

Limits are read from the header before anything is decoded; the copies carry no metadata (place, camera) but colour.
"""

import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from domain.ingest.colour import drop_void_alpha, find_rgb_profile, flatten
from domain.ingest.errors import ACCEPTED, PictureRefused, Reason, damaged
from domain.ingest.formats import HEAD_BYTES, PictureKind, find_other_name, sniff
from domain.ingest.headers.bmp import read_bmp
from domain.ingest.headers.header import Header
from domain.ingest.headers.jpeg import read_jpeg
from domain.ingest.headers.png import read_png
from domain.ingest.headers.tiff import read_tiff
from domain.ingest.headers.webp import read_webp

MAX_SIDE_PX: Final = 65_535  # a JPEG's and a mask's
LOSSLESS_MAX_PX: Final = 40_000_000  # a larger working copy is a JPEG whatever came in
JPEG_QUALITY: Final = 92
THUMBNAIL_QUALITY: Final = 85

_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SUFFIX: Final = {"image/jpeg": ".jpg", "image/png": ".png"}
_READERS: Final = {
    PictureKind.JPEG: read_jpeg,
    PictureKind.PNG: read_png,
    PictureKind.WEBP: read_webp,
    PictureKind.TIFF: read_tiff,
    PictureKind.BMP: read_bmp,
}
# What readers and Pillow's decoders raise for broken files; MemoryError passes, for the caller knows its limit.
_DECODER_FAULTS = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError, AttributeError, AssertionError,
    RuntimeError, struct.error, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture that came in: upright size in px, the turn that was undone, and where the copies lie."""

    width: int
    height: int
    turn: int
    working_copy: Path
    content_type: str
    thumbnail: Path
    thumbnail_content_type: str = "image/jpeg"


def read_header(path: Path) -> Header:
    """Read kind, size and turn without decoding pixels and without Pillow.

    Raises PictureRefused: empty, wrong_type, unreadable, animated or many_pages.
    """
    with path.open("rb") as file, _refusing_faults():
        kind = _kind_of(file.read(HEAD_BYTES))
        return _READERS[kind](file)


def prepare(
    path_in: Path,
    *,
    out_dir: Path,
    max_px: int,
    thumbnail_px: int,
    on_header: Callable[[Header], None] | None = None,
) -> Prepared:
    """Write the upright working copy and the thumbnail (longest side at most `thumbnail_px`) into `out_dir`.

    The working copy is a PNG where the picture came without loss (PNG, BMP, lossless WebP and TIFF) and is not huge,
    else a JPEG. How pixels become 8 bits on white is told at `flatten`. `on_header` hears of the size before decoding.
    Raises PictureRefused.
    """
    header = read_header(path_in)
    _refuse_too_large(header, max_px)
    if on_header is not None:
        on_header(header)
    upright, icc_profile = _decode_upright(path_in, header)
    size = (upright.width, upright.height)
    lossless = header.lossless and header.width * header.height <= LOSSLESS_MAX_PX
    content_type = "image/png" if lossless else "image/jpeg"
    working_copy = out_dir / f"working{_SUFFIX[content_type]}"
    if lossless:
        upright.save(working_copy, "PNG", compress_level=4, icc_profile=icc_profile)
    else:
        upright.save(working_copy, "JPEG", quality=JPEG_QUALITY, icc_profile=icc_profile)
    thumbnail = out_dir / "thumbnail.jpg"
    upright.thumbnail((thumbnail_px, thumbnail_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
    upright.save(thumbnail, "JPEG", quality=THUMBNAIL_QUALITY, icc_profile=icc_profile)
    return Prepared(*size, header.turn, working_copy, content_type, thumbnail)


def _decode_upright(path: Path, header: Header) -> tuple[Image.Image, bytes | None]:
    """Return the pixels as they are to be seen, with no metadata, and the profile that goes with them."""
    is_tiff = header.kind is PictureKind.TIFF
    # By its handle, not by name: of a named file Pillow maps some pixels into memory, and spoils a turned grey TIFF.
    with path.open("rb") as file, _refusing_faults(), Image.open(file, formats=[header.kind.value]) as image:
        # Pillow names a TIFF's size upright. Two readers that disagree are a trick or a broken file.
        if image.size != (header.upright_size if is_tiff else (header.width, header.height)):
            raise damaged()
        for name in ("xmp", "XML:com.adobe.xmp"):  # Pillow would turn a TIFF by it
            image.info.pop(name, None)
        image.load()
        icc_profile = find_rgb_profile(image)
        seen = drop_void_alpha(image) if header.kind is PictureKind.BMP else image
        flat = flatten(seen, white_is_zero=header.white_is_zero)
        # Pillow has turned a TIFF already.
        upright = flat.transpose(_UPRIGHT[header.turn]) if header.turn in _UPRIGHT and not is_tiff else flat
        if upright.size != header.upright_size:
            raise damaged()
    upright.info = {}
    return upright, icc_profile


def _kind_of(head: bytes) -> PictureKind:
    if not head:
        raise PictureRefused(Reason.EMPTY, "The file is empty. Upload it again.")
    kind = sniff(head)
    if kind is None:
        name = find_other_name(head)
        what = f"This is a {name} file" if name else "This is not a picture in a format we know"
        raise PictureRefused(Reason.WRONG_TYPE, f"{what}. Save it as {ACCEPTED} and upload that.")
    return kind


@contextmanager
def _refusing_faults() -> Iterator[None]:
    """Turn whatever readers and Pillow say of a broken or monstrous file into a refusal."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's milder bomb warning: the limit is ours to set
            yield
    except Image.DecompressionBombError as error:
        raise PictureRefused(Reason.TOO_LARGE, "The picture has too many pixels. Upload a smaller one.") from error
    except _DECODER_FAULTS as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the machine's fault (no such file, disk), not the picture's
        if "MAX_TEXT" in str(error):  # Pillow's limits on what a PNG's text and profile unpack to
            raise PictureRefused(
                Reason.TOO_LARGE,
                "The text or colour profile inside the file is too large. Save the picture without metadata.",
            ) from error
        raise damaged() from error


def _refuse_too_large(header: Header, max_px: int) -> None:
    size = f"{header.width} x {header.height} px"
    if header.width * header.height > max_px:
        limit = f"{max_px / 1e6:g} million px"
        raise PictureRefused(
            Reason.TOO_LARGE,
            f"The picture has {size}; the limit is {limit}. Scale it down or cut it into parts.",
        )
    if max(header.width, header.height) > MAX_SIDE_PX:
        raise PictureRefused(
            Reason.TOO_LARGE,
            f"The picture has {size}; no side may exceed {MAX_SIDE_PX} px. Cut it into parts.",
        )
