"""Which file format the first bytes of a file name. Trusts no file name and decodes nothing."""

from enum import StrEnum

HEAD_BYTES = 512


class PictureKind(StrEnum):
    """The formats that may come in."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    TIFF = "tiff"
    BMP = "bmp"


_OTHER_STARTS = (
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"IIU\x00", "raw photograph"),
    (b"IIRO", "raw photograph"),
    (b"IIRS", "raw photograph"),
    (b"FUJIFILMCCD-RAW", "raw photograph"),
    (b"%PDF-", "PDF"),
    (b"8BPS", "Photoshop"),
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"v/1\x01", "OpenEXR"),
    (b"\x1a\x45\xdf\xa3", "Matroska video"),
    (b"{", "JSON"),
    (b"[", "JSON"),
)
_TIFF_STARTS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
# "BM" alone also opens plain text; the length of the info header, at byte 14, tells.
_BMP_INFO_BYTES = frozenset({12, 40, 52, 56, 64, 108, 124})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})


def sniff(head: bytes) -> PictureKind | None:
    """Return the kind of picture that a file begins as, or None; 18 bytes are enough."""
    if head.startswith(b"\xff\xd8\xff"):
        return PictureKind.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PictureKind.PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PictureKind.WEBP
    if head.startswith(_TIFF_STARTS):
        return PictureKind.TIFF
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_INFO_BYTES:
        return PictureKind.BMP
    return None


def find_other_name(head: bytes) -> str | None:
    """Return the name of a known format that may not come in, for the message; None when unknown."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "HEIC" if brand in _HEIC_BRANDS else "AVIF" if brand in _AVIF_BRANDS else "video (MP4)"
    if head[128:132] == b"DICM":
        return "DICOM"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"<svg" in text:
        return "SVG"
    if text.startswith((b"<!doctype html", b"<html")):
        return "HTML"
    if text.startswith(b"<?xml"):
        return "XML"
    return next((name for start, name in _OTHER_STARTS if head.startswith(start)), None)
