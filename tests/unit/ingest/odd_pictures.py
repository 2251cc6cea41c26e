"""A few hundred odd and hostile pictures, made by code: what each is, and what may become of it."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tests.unit.ingest.containers import (
    PNG_MAGIC,
    bmp,
    chunk,
    directory,
    exif,
    png,
    riff,
    saved,
    tiff,
    with_chunk,
    with_jpeg_size,
    with_segment,
)

READY = "ready"
BROKEN = frozenset({"unreadable"})
ANY_REFUSAL = frozenset({"empty", "wrong_type", "unreadable", "too_large", "animated", "many_pages"})


@dataclass(frozen=True, slots=True)
class OddPicture:
    """A file; `outcomes` it may have (`ready` or reasons), and if ready, its size and the colour of its top left."""

    name: str
    body: bytes
    outcomes: frozenset[str]
    size: tuple[int, int] | None = None
    corner: tuple[int, int, int] | None = None


def ready(
    name: str, body: bytes, size: tuple[int, int] = (64, 48), corner: tuple[int, int, int] | None = (200, 40, 40)
) -> OddPicture:
    return OddPicture(name, body, frozenset({READY}), size, corner)


def refused(name: str, body: bytes, *reasons: str) -> OddPicture:
    return OddPicture(name, body, frozenset(reasons) or BROKEN)


def noise() -> Image.Image:
    """64 x 48 px of seeded noise with a flat reddish block of 16 x 16 px at the top left."""
    pixels = np.random.default_rng(7).integers(0, 256, (48, 64, 3), np.uint8)
    pixels[:16, :16] = (200, 40, 40)
    return Image.fromarray(pixels)


def wholes() -> dict[str, bytes]:
    """One sound file of each kind."""
    picture = noise()
    return {
        "jpeg": saved(picture, "JPEG", quality=90),
        "progressive": saved(picture, "JPEG", quality=90, progressive=True),
        "png": saved(picture, "PNG"),
        "webp": saved(picture, "WEBP", quality=90),
        "lossless-webp": saved(picture, "WEBP", lossless=True),
        "tiff": saved(picture, "TIFF"),
        "lzw-tiff": saved(picture, "TIFF", compression="tiff_lzw"),
        "deflate-tiff": saved(picture, "TIFF", compression="tiff_adobe_deflate"),
        "bmp": saved(picture, "BMP"),
    }


def every() -> Iterator[OddPicture]:
    """Yield all of them, always the same and in the same order."""
    for make in (sound, cut, flipped, bombs, lying_tiffs, lying_others, misnamed, two_in_one, shapes, moving, metadata):
        yield from make()


def sound() -> Iterator[OddPicture]:
    for kind, body in wholes().items():
        yield ready(f"sound-{kind}", body)
    for mode in ("1", "L", "LA", "P", "RGBA"):
        corner = {"L": (88, 88, 88), "LA": (88, 88, 88), "RGBA": (200, 40, 40), "P": (153, 51, 51)}.get(mode)
        yield ready(f"png-{mode}", saved(noise().convert(mode), "PNG"), corner=corner)
        yield ready(f"tiff-{mode}", saved(noise().convert(mode), "TIFF"), corner=corner)
    yield ready("cmyk-jpeg", saved(noise().convert("CMYK"), "JPEG", quality=95))
    yield ready("cmyk-tiff", saved(noise().convert("CMYK"), "TIFF"))
    wide = np.full((4, 4), 40_000, np.uint16)
    yield ready("png-16", saved(Image.fromarray(wide), "PNG"), (4, 4), (156, 156, 156))
    yield ready("tiff-16", tiff(4, 4, wide.tobytes(), bits=(16,)), (4, 4), (156, 156, 156))


def cut() -> Iterator[OddPicture]:
    """Files that end too early, in the header, in the middle and near the end."""
    for kind, body in wholes().items():
        for end in (1, 3, 9, 17, 25, 40):
            yield OddPicture(f"cut-{kind}-{end}", body[:end], frozenset({"unreadable", "wrong_type"}))
        for part in (0.3, 0.6, 0.9, 0.98):
            yield refused(f"cut-{kind}-{part}", body[: int(len(body) * part)])
    yield refused("nothing", b"", "empty")


def flipped() -> Iterator[OddPicture]:
    """Files with eight random bits turned over. A PNG has check sums; the others may be read with other pixels."""
    rng = random.Random(11)
    for kind, body in wholes().items():
        for number in range(8):
            damaged = bytearray(body)
            for _ in range(8):
                place = rng.randrange(len(damaged))
                damaged[place] ^= 1 << rng.randrange(8)
            outcomes = frozenset({"unreadable", "wrong_type"}) if kind == "png" else ANY_REFUSAL | {READY}
            yield OddPicture(f"flipped-{kind}-{number}", bytes(damaged), outcomes)


def bombs() -> Iterator[OddPicture]:
    """Little files that ask for very much."""
    whole = wholes()
    rows = bytes(100)
    for width, height in ((60_000, 60_000), (2**31 - 1, 2**31 - 1), (2**31 - 1, 1), (1, 2**31 - 1)):
        yield refused(f"png-{width}x{height}", png(width, height, rows), "too_large")
    yield refused("png-0x5", png(0, 5, rows))
    yield refused("png-claims-9000x9000", png(9000, 9000, rows))
    flat = png(9000, 9000, bytes(1 + 1125) * 9000, bits=1, colour=0)
    yield OddPicture("png-81-megapixels-in-a-few-bytes", flat, frozenset({READY}), (9000, 9000), (0, 0, 0))
    yield refused("jpeg-65500", with_jpeg_size(whole["jpeg"], 65_500, 65_500))
    yield refused("jpeg-9000", with_jpeg_size(whole["jpeg"], 9000, 9000))
    yield refused("progressive-9000", with_jpeg_size(whole["progressive"], 9000, 9000))
    yield refused("jpeg-0", with_jpeg_size(whole["jpeg"], 64, 0))
    big = zlib.compress(bytes(50_000_000), 9)
    yield refused("text-bomb", with_chunk(whole["png"], chunk(b"zTXt", b"a\x00\x00" + big)), "too_large")
    yield refused("itxt-bomb", with_chunk(whole["png"], chunk(b"iTXt", b"a\x00\x01\x00\x00\x00" + big)), "too_large")
    yield refused("icc-bomb", with_chunk(whole["png"], chunk(b"iCCP", b"a\x00\x00" + big)), "too_large")
    many = b"".join(chunk(b"zTXt", b"%d\x00\x00" % i + zlib.compress(bytes(1_000_000), 9)) for i in range(80))
    yield refused("eighty-text-bombs", with_chunk(whole["png"], many), "too_large")
    yield OddPicture("idat-bomb", png(4, 4, bytes(30_000_000)), frozenset({READY}), (4, 4), (0, 0, 0))
    canvas = b"\x00\x00\x00\x00" + (16_383).to_bytes(3, "little") * 2
    yield refused("webp-16384", riff((b"VP8X", canvas), (b"VP8L", whole["lossless-webp"][20:])), "too_large")
    yield refused("webp-canvas-lies", riff((b"VP8X", canvas[:4] + b"\x00\x20\x00" * 2), (b"VP8L", b"\x2f" + bytes(9))))
    yield refused("webp-frame-lies", whole["webp"][:26] + b"\xff\x3f\xff\x3f" + whole["webp"][30:], "too_large")
    yield refused("tiff-60000", tiff(60_000, 60_000, bytes(16)), "too_large")
    yield refused("tiff-9000", tiff(9000, 9000, bytes(16)))
    yield refused("bmp-60000", bmp(60_000, 60_000, bytes(16)), "too_large")
    yield refused("bmp-9000", bmp(9000, 9000, bytes(16)))
    yield refused("bmp-least-height", bmp(4, -(2**31), bytes(48)), "too_large")
    yield refused("bmp-negative-width", bmp(-4, 4, bytes(48)))
    skips = b"\x00\x02\xff\xff" * 2000
    yield ready("bmp-skips", bmp(60_000, 1200, skips, bits=8, compression=1, palette=bytes(1024)), (60_000, 1200), None)


def lying_tiffs() -> Iterator[OddPicture]:
    data = bytes((200, 40, 40)) * 16
    plain = {"bits": (8, 8, 8), "photometric": 2}
    yield ready("tiff-plain", tiff(4, 4, data, **plain), (4, 4))
    lies: dict[str, dict[int, tuple[int, tuple[int, ...]]]] = {
        "offset-beyond": {273: (4, (10_000_000,))},
        "offset-at-header": {273: (4, (0,))},
        "count-beyond": {279: (4, (2**32 - 1,))},
        "count-zero": {279: (4, (0,))},
        "too-few-strips": {278: (4, (1,))},
        "no-rows": {278: (4, (0,))},
        "no-width": {256: (4, (0,))},
        "samples": {277: (3, (60_000,))},
        "bits": {258: (3, (8, 8, 99))},
        "planes": {284: (3, (2,))},
        "photometric": {262: (3, (999,))},
        "jpeg-that-is-none": {259: (3, (7,))},
        "old-jpeg-that-is-none": {259: (3, (6,))},
        "lzw-that-is-none": {259: (3, (5,))},
        "fax-that-is-none": {259: (3, (4,))},
        "deflate-that-is-none": {259: (3, (8,))},
        "tiles-of-nothing": {322: (3, (0,)), 323: (3, (0,)), 324: (4, (8,)), 325: (4, (48,))},
        "huge-tiles": {322: (4, (2**31,)), 323: (4, (2**31,)), 324: (4, (8,)), 325: (4, (48,))},
        "width-as-text": {256: (2, (b"four",))},
    }
    for name, changes in lies.items():
        yield refused(f"tiff-{name}", tiff(4, 4, data, changes=changes, **plain), "unreadable", "too_large")
    whole = tiff(4, 4, data, **plain)
    yield refused("tiff-directory-is-its-own-next", tiff(4, 4, data, next_offset=56, **plain))
    yield refused("tiff-next-directory-beyond", tiff(4, 4, data, next_offset=2**31, **plain))
    yield refused("tiff-first-directory-beyond", whole[:4] + struct.pack("<I", 2**32 - 1) + whole[8:])
    yield refused("tiff-first-directory-is-the-header", whole[:4] + bytes(4) + whole[8:])
    yield refused("tiff-65535-tags", whole[:56] + b"\xff\xff" + whole[58:])
    big = tiff(4, 4, data, big=True, **plain)
    yield ready("bigtiff", big, (4, 4))
    yield refused("bigtiff-tags", big[:64] + b"\xff" * 8 + big[72:])
    yield refused("bigtiff-offset", big[:8] + b"\xff" * 8 + big[16:])
    yield refused("bigtiff-offset-size", big[:4] + b"\xff" * 4 + bytes(8) + big[16:])
    ring = {273: (4, (8,)), 330: (13, (56,))}
    yield OddPicture("tiff-child-is-parent", tiff(4, 4, data, changes=ring, **plain), BROKEN | {READY}, (4, 4))
    greedy = {tag: (7, (bytes(4000),)) for tag in range(40_000, 40_040)}
    body = bytearray(tiff(4, 4, data, changes=greedy, **plain))
    # All those tags claim the whole file, again and again.
    for place in range(58, 58 + 12 * 49, 12):
        if body[place : place + 2] >= b"\x40\x9c" and body[place + 2] == 7:
            body[place + 4 : place + 12] = struct.pack("<II", len(body) - 8, 8)
    yield refused("tiff-greedy-tags", bytes(body))


def lying_others() -> Iterator[OddPicture]:
    whole = wholes()
    yield refused("png-check-sum", png(4, 4, bytes(52))[:-14] + b"\x00\x00" + chunk(b"IEND", b""))
    yield refused("png-chunk-length", with_chunk(whole["png"], chunk(b"tEXt", b"a\x00b", length=2**32 - 1)))
    yield refused("png-without-pixels", PNG_MAGIC + whole["png"][8:33] + chunk(b"IEND", b""))
    yield refused("png-two-headers", with_chunk(whole["png"], whole["png"][8:33]))
    yield refused("png-colour-99", png(4, 4, bytes(52), colour=99))
    yield refused("png-bits-3", png(4, 4, bytes(52), bits=3))
    yield refused("png-palette-missing", png(4, 4, bytes(20), colour=3))
    yield refused("png-filter-9", png(4, 4, (b"\x09" + bytes(12)) * 4))
    yield refused("jpeg-segment-length-0", with_segment(whole["jpeg"], 0xE5, b"", length=0))
    yield refused("jpeg-segment-too-long", with_segment(whole["jpeg"], 0xE5, b"", length=65_535))
    yield ready("jpeg-with-fill-bytes", whole["jpeg"][:2] + b"\xff" * 500 + whole["jpeg"][2:])
    yield refused(
        "jpeg-of-twelve-bits", whole["jpeg"].replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c"), "wrong_type"
    )
    yield refused("jpeg-lossless", whole["jpeg"].replace(b"\xff\xc0", b"\xff\xc3"), "wrong_type")
    yield refused("webp-riff-too-long", whole["webp"][:4] + b"\xff\xff\xff\x7f" + whole["webp"][8:])
    yield refused("webp-riff-too-short", whole["webp"][:4] + b"\x04\x00\x00\x00" + whole["webp"][8:])
    yield refused("webp-chunk-too-long", whole["webp"][:16] + b"\xff\xff\xff\xff" + whole["webp"][20:])
    yield refused("webp-empty", riff())
    yield refused("bmp-pixels-beyond", bmp(4, 4, bytes(48), at=1_000_000))
    yield refused("bmp-bits-7", bmp(4, 4, bytes(48), bits=7))
    yield refused("bmp-compression-77", bmp(4, 4, bytes(48), compression=77))
    yield refused("bmp-palette-missing", bmp(4, 4, b"", bits=8, palette=bytes(4)))
    yield refused("bmp-endless-run", bmp(4, 4, b"\x00\x00" * 10_000, bits=8, compression=1, palette=bytes(1024)))


def misnamed() -> Iterator[OddPicture]:
    """Things that are no picture, whatever their key calls them."""
    texts = {
        "text": b"just some text", "html": b"<!DOCTYPE html><script>alert(1)</script>", "one-byte": b"x",
        "svg": b'<?xml version="1.0"?><svg onload="alert(1)"/>', "php": b"<?php system($_GET[0]);",
        "zeros": bytes(5000),
        "elf": b"\x7fELF" + bytes(100), "pdf": b"%PDF-1.7 ", "pdf-later": bytes(100) + b"%PDF-1.7 ",
        "heic": b"\x00\x00\x00\x18ftypheic", "gzip": b"\x1f\x8b\x08" + bytes(20), "exe": b"MZ" + bytes(100),
        "eps": b"%!PS-Adobe-3.0 EPSF", "pickle": b"\x80\x04cos\nsystem\n", "bm-text": b"BMW drives by, says the text",
        "xpm": b"/* XPM */", "ppm": b"P6 4 4 255 " + bytes(48), "ico": b"\x00\x00\x01\x00" + bytes(60),
        "png-after-newline": b"\n" + wholes()["png"], "jpeg-after-space": b" " + wholes()["jpeg"],
        "png-with-lf-only": wholes()["png"].replace(b"\r\n", b"\n", 1),
    }  # fmt: skip
    for name, body in texts.items():
        yield refused(f"no-picture-{name}", body, "wrong_type")
    yield refused("jpeg-magic-on-png", b"\xff\xd8\xff" + wholes()["png"][3:])
    yield refused("png-magic-on-jpeg", PNG_MAGIC + wholes()["jpeg"][8:])
    yield refused("tiff-magic-on-jpeg", b"II*\x00" + wholes()["jpeg"][4:])
    yield refused("webp-magic-on-zeros", b"RIFF" + struct.pack("<I", 100) + b"WEBP" + bytes(96))


def two_in_one() -> Iterator[OddPicture]:
    """Files that are two things at once: only the picture comes through, and nothing else of it."""
    whole = wholes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("PAYLOAD.class", b"PAYLOAD" * 50)
    script = b"<html><script>PAYLOAD</script></html>"
    for kind in ("jpeg", "png", "webp", "tiff", "bmp"):
        yield ready(f"{kind}-and-zip", whole[kind] + archive.getvalue())
        yield ready(f"{kind}-and-html", whole[kind] + script)
    yield ready("jpeg-with-html-comment", with_segment(whole["jpeg"], 0xFE, script))
    yield ready("jpeg-with-php-exif", with_segment(whole["jpeg"], 0xE1, b"Exif\x00\x00<?php PAYLOAD ?>"))
    yield ready("png-with-html-text", with_chunk(whole["png"], chunk(b"tEXt", b"Comment\x00" + script)))
    yield ready("jpeg-with-pdf", with_segment(whole["jpeg"], 0xE9, b"%PDF-1.4 PAYLOAD"))
    yield refused("gifar", saved(noise(), "GIF") + archive.getvalue(), "wrong_type")


def shapes() -> Iterator[OddPicture]:
    for kind in ("PNG", "TIFF", "BMP", "JPEG"):
        for size in ((1, 1), (1, 20_000), (20_000, 1)):
            yield ready(f"{kind}-{size[0]}x{size[1]}", saved(Image.new("RGB", size, (200, 40, 40)), kind), size)
    yield ready("WEBP-1x1", saved(Image.new("RGB", (1, 1), (200, 40, 40)), "WEBP", lossless=True), (1, 1))
    yield ready("WEBP-16383x1", saved(Image.new("RGB", (16_383, 1), (200, 40, 40)), "WEBP", lossless=True), (16_383, 1))
    yield refused("png-70000x1", png(70_000, 1, bytes(1 + 70_000 * 3)), "too_large")


def moving() -> Iterator[OddPicture]:
    frames = [noise(), Image.new("RGB", (64, 48), "white")]
    for kind in ("PNG", "WEBP"):
        yield refused(f"moving-{kind}", saved(frames[0], kind, save_all=True, append_images=frames[1:]), "animated")
    yield refused("moving-gif", saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), "wrong_type")
    yield refused("pages", saved(frames[0], "TIFF", save_all=True, append_images=frames[1:]), "many_pages")
    yield refused("hundred-pages", saved(frames[1], "TIFF", save_all=True, append_images=frames[1:] * 99), "many_pages")
    yield ready("phone-jpeg-with-preview", saved(frames[0], "MPO", save_all=True, append_images=frames[1:]))
    claim = chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    yield ready("png-claims-frames-it-has-not", with_chunk(wholes()["png"], claim))


def metadata() -> Iterator[OddPicture]:
    """EXIF and profiles that loop, lie or swell. They never spoil the pixels; they may cost the picture its turn."""
    whole = wholes()
    loop = b"II*\x00\x08\x00\x00\x00" + directory({0x8769: (4, (8,)), 0x0112: (3, (1,))}, at=8, next_offset=8)
    beyond = b"MM\x00*" + struct.pack(">I", 2**32 - 1)
    # 5,000 tags, each of which claims the whole block.
    greedy = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 5000)
    greedy += b"".join(struct.pack("<HHII", 40_000 + i, 7, 60_000, 8) for i in range(5000))
    many_turns = b"II*\x00\x08\x00\x00\x00" + directory({0x0112: (3, (6, 6, 6))}, at=8)
    blocks = {
        "loop": loop,
        "beyond": beyond,
        "greedy": greedy,
        "three-turns": many_turns,
        "none": b"",
        "junk": b"\xff" * 99,
    }
    for name, block in blocks.items():
        yield ready(f"exif-{name}-png", with_chunk(whole["png"], chunk(b"eXIf", block)))
        yield OddPicture(
            f"exif-{name}-jpeg",
            with_segment(whole["jpeg"], 0xE1, b"Exif\x00\x00" + block),
            frozenset({READY, "too_large"}) if name == "greedy" else frozenset({READY}),
            (64, 48),
        )
    hundred = whole["jpeg"]
    for _ in range(100):
        hundred = with_segment(hundred, 0xE1, b"Exif\x00\x00" + greedy)
    yield OddPicture("exif-greedy-a-hundred-times", hundred, frozenset({READY, "too_large"}), (64, 48))
    yield ready("exif-huge-png", with_chunk(whole["png"], chunk(b"eXIf", exif(1) + bytes(8_000_000))))
    yield ready("exif-after-pixels", whole["png"][:-12] + chunk(b"eXIf", exif(6)) + whole["png"][-12:], (48, 64), None)
    for name, profile in {"junk": b"\xff" * 3000, "short": b"x", "long": bytes(900_000)}.items():
        yield ready(f"icc-{name}-png", saved(noise(), "PNG", icc_profile=profile))
        yield ready(f"icc-{name}-jpeg", saved(noise(), "JPEG", icc_profile=profile))
        yield ready(f"icc-{name}-webp", saved(noise(), "WEBP", lossless=True, icc_profile=profile))
        yield ready(f"icc-{name}-cmyk", saved(noise().convert("CMYK"), "JPEG", quality=95, icc_profile=profile))
        yield ready(f"icc-{name}-tiff", saved(noise(), "TIFF", icc_profile=profile))
