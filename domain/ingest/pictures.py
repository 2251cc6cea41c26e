"""Pictures from outside to an upright working copy and a thumbnail. Pillow only, so that a small child can run it.

Limits are read from the header before anything is decoded; the copies carry no metadata (place, camera) but colour.
"""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from domain.ingest.errors import PictureRefused, Reason
from domain.ingest.formats import HEAD_BYTES, PictureKind, find_other_name, sniff

MAX_SIDE_PX: Final = 65_535  # a JPEG's and a mask's
LOSSLESS_MAX_PX: Final = 40_000_000  # a larger working copy is a JPEG whatever came in
JPEG_QUALITY: Final = 92
THUMBNAIL_QUALITY: Final = 85

_ORIENTATION_TAG = 0x0112
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
_SIXTEEN_BITS = frozenset({"I", "I;16", "I;16B", "I;16L", "I;16N"})
# What Pillow's decoders raise for broken files; MemoryError passes, for the caller knows its limit.
_DECODER_FAULTS = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error, zlib.error
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself: size in px as stored, before turning; `turn` is EXIF's orientation, 1 to 8."""

    width: int
    height: int
    kind: PictureKind
    turn: int


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
    """Read kind, size and turn without decoding pixels.

    Raises PictureRefused: empty, wrong_type, unreadable, or too_large when Pillow itself takes it for a bomb.
    """
    kind = _kind_of(path)
    with _refusing_faults(), Image.open(path, formats=[kind.value]) as image:
        return Header(image.width, image.height, kind, _turn_of(image))


def prepare(path_in: Path, *, out_dir: Path, max_px: int, thumbnail_px: int) -> Prepared:
    """Write the upright working copy and the thumbnail (longest side at most `thumbnail_px`) into `out_dir`.

    The working copy is a PNG where the picture came without loss (PNG, lossless WebP) and is not huge, else a JPEG.
    Transparency is laid on white; 16 bits become 8 by halving until the brightest pixel fits. Raises PictureRefused.
    """
    header = read_header(path_in)
    _refuse_too_large(header, max_px)
    with _refusing_faults(), Image.open(path_in, formats=[header.kind.value]) as image:
        _refuse_animated(image, header.kind)
        image.load()
        turn = _turn_of(image)
        icc_profile = image.info.get("icc_profile") if image.mode == "RGB" else None
        upright = _turn_upright(_flatten(image), turn)
    upright.info = {}
    size = (upright.width, upright.height)
    content_type = "image/png" if _came_lossless(path_in, header) else "image/jpeg"
    working_copy = out_dir / f"working{_SUFFIX[content_type]}"
    if content_type == "image/png":
        upright.save(working_copy, "PNG", compress_level=4, icc_profile=icc_profile)
    else:
        upright.save(working_copy, "JPEG", quality=JPEG_QUALITY, icc_profile=icc_profile)
    thumbnail = out_dir / "thumbnail.jpg"
    upright.thumbnail((thumbnail_px, thumbnail_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
    upright.save(thumbnail, "JPEG", quality=THUMBNAIL_QUALITY, icc_profile=icc_profile)
    return Prepared(*size, turn, working_copy, content_type, thumbnail)


def _kind_of(path: Path) -> PictureKind:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise PictureRefused(Reason.EMPTY, "The file is empty. Upload it again.")
    kind = sniff(head)
    if kind is None:
        name = find_other_name(head)
        what = f"This is a {name} file" if name else "This is not a picture in a format we know"
        raise PictureRefused(Reason.WRONG_TYPE, f"{what}. Save it as JPEG, PNG or WebP and upload that.")
    return kind


@contextmanager
def _refusing_faults() -> Iterator[None]:
    """Turn whatever Pillow says of a broken or monstrous file into a refusal."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's milder bomb warning: the limit is ours to set
            yield
    except Image.DecompressionBombError as error:
        raise PictureRefused(Reason.TOO_LARGE, "The picture has too many pixels. Upload a smaller one.") from error
    except _DECODER_FAULTS as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the machine's fault (no such file, disk), not the picture's
        raise PictureRefused(
            Reason.UNREADABLE,
            "The file is damaged or cut short. Export the picture once more and upload it again.",
        ) from error


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


def _refuse_animated(image: Image.Image, kind: PictureKind) -> None:
    # A JPEG with several pictures is a phone's preview or depth map beside the photograph, not a film.
    if kind is not PictureKind.JPEG and getattr(image, "n_frames", 1) > 1:
        raise PictureRefused(
            Reason.ANIMATED,
            "The picture is animated. Upload the frames as single pictures.",
        )


def _turn_of(image: Image.Image) -> int:
    try:
        turn = image.getexif().get(_ORIENTATION_TAG, 1)
    except _DECODER_FAULTS:
        return 1  # broken metadata does not make the pixels worse
    return turn if turn in _UPRIGHT else 1


def _turn_upright(image: Image.Image, turn: int) -> Image.Image:
    return image.transpose(_UPRIGHT[turn]) if turn in _UPRIGHT else image


def _flatten(image: Image.Image) -> Image.Image:
    """Return the picture as grey or RGB of 8 bits, without transparency."""
    if image.mode in _SIXTEEN_BITS:
        return _halve_to_8_bits(image)
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        picture = image.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _halve_to_8_bits(image: Image.Image) -> Image.Image:
    """Divide by the smallest power of two that brings the brightest pixel under 256: 10, 12 and 16 bits all show."""
    wide = image.convert("I")
    _, brightest = wide.getextrema()
    divisor = 2 ** max(int(brightest).bit_length() - 8, 0)  # type: ignore[arg-type]  # one band, so a number
    return wide.point(lambda value: value * (1 / divisor)).convert("L")


def _came_lossless(path: Path, header: Header) -> bool:
    if header.width * header.height > LOSSLESS_MAX_PX or header.kind is PictureKind.JPEG:
        return False
    return header.kind is PictureKind.PNG or "VP8L" in _iter_webp_chunks(path)


def _iter_webp_chunks(path: Path) -> Iterator[str]:
    """Yield the names of a WebP's chunks (RFC 9649, 2.3); `VP8L` holds pixels without loss."""
    with path.open("rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", head)
            yield name.decode("latin-1")
            file.seek(size + size % 2, 1)
