"""Every form of picture that may come in comes in with the right size and the right pixels."""

import itertools
import struct

import numpy as np
import pytest
from PIL import Image

from domain.ingest.errors import PictureRefused, Reason
from tests.unit.ingest.containers import (
    bmp,
    chunk,
    directory,
    exif,
    png,
    riff,
    saved,
    steps,
    tiff,
    with_chunk,
    with_segment,
)

# The transposition that a camera held that way has made.
HELD = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
RAW_TURN = {"<": exif(6), ">": exif(6, order=">")}


def blocks():
    """Four flat quarters, which survive lossy coding: red, green / blue, white."""
    picture = Image.new("RGB", (48, 32), "white")
    for place, colour in (((0, 0), "red"), ((24, 0), (0, 255, 0)), ((0, 16), "blue")):
        picture.paste(colour, (*place, place[0] + 24, place[1] + 16))
    return picture


def held(picture, turn):
    return picture if turn == 1 else picture.transpose(Image.Transpose(HELD[turn]))


def turned(container, turn):
    """Return the stepped picture in a container, as a camera held that way stores it."""
    stored = held(steps(), turn)
    if container == "png":
        return with_chunk(saved(stored, "PNG"), chunk(b"eXIf", exif(turn)))
    if container == "png, EXIF behind the pixels":
        whole = saved(stored, "PNG")
        return whole[:-12] + chunk(b"eXIf", exif(turn, order=">")) + whole[-12:]
    if container == "webp":
        return saved(stored, "WEBP", lossless=True, exif=b"Exif\x00\x00" + exif(turn))
    tag = {274: turn}
    compression = {"tiff": None, "tiff lzw": "tiff_lzw", "tiff deflate": "tiff_adobe_deflate"}[container]
    return saved(stored, "TIFF", compression=compression, tiffinfo=tag)


@pytest.mark.parametrize(
    "container", ["png", "png, EXIF behind the pixels", "webp", "tiff", "tiff lzw", "tiff deflate"]
)
@pytest.mark.parametrize("turn", range(1, 9))
def test_every_turn_is_undone_to_the_pixel(bring_in, container, turn):
    pixels, done = bring_in(turned(container, turn))
    assert done.turn == turn
    assert np.array_equal(pixels, np.asarray(steps()))


@pytest.mark.parametrize("size", [(40, 24), (24, 24)], ids=["oblong", "square"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_tiff_of_every_mode_is_turned_to_the_pixel(bring_in, turn, mode, size):
    upright = steps(*size).convert("L").convert("I;16") if mode == "I;16" else steps(*size).convert(mode)
    pixels, _ = bring_in(saved(held(upright, turn), "TIFF", tiffinfo={274: turn}))
    shown = upright.convert("RGB" if mode in ("P", "RGB", "RGBA") else "L")
    assert np.array_equal(pixels, np.asarray(shown))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_every_turn_of_a_jpeg_is_undone(bring_in, turn, order):
    whole = saved(held(blocks(), turn), "JPEG", quality=98, subsampling=0)
    pixels, done = bring_in(with_segment(whole, 0xE1, b"Exif\x00\x00" + exif(turn, order=order)))
    assert done.turn == turn
    for y, x in itertools.product((4, 20), (4, 28)):  # the copy's colours are coarser at the edges
        flat = np.asarray(blocks()).astype(int)[y : y + 8, x : x + 16]
        assert np.abs(pixels[y : y + 8, x : x + 16] - flat).max() <= 5


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_jpeg_in_a_tiff_is_turned_and_stays_a_jpeg(bring_in, turn):
    whole = saved(held(blocks(), turn), "TIFF", compression="jpeg", quality=98, tiffinfo={274: turn})
    pixels, done = bring_in(whole)
    assert (done.turn, done.content_type) == (turn, "image/jpeg")
    assert np.abs(pixels[4:12, 4:20] - (255, 0, 0)).max() <= 6
    assert np.abs(pixels[20:28, 4:20] - (0, 0, 255)).max() <= 6


@pytest.mark.parametrize("turn", [0, 9, 65_535])
def test_turn_that_does_not_exist_is_no_turn(bring_in, turn):
    assert bring_in(with_chunk(saved(steps(), "PNG"), chunk(b"eXIf", exif(turn))))[1].turn == 1


def test_orientation_in_xmp_alone_turns_nothing(bring_in):
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    pixels, done = bring_in(saved(steps(), "TIFF", tiffinfo={700: xmp}))
    assert done.turn == 1
    assert np.array_equal(pixels, np.asarray(steps()))


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits", "zstd"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_lossless_tiff_keeps_every_pixel(bring_in, mode, compression):
    picture = steps().convert(mode)
    pixels, done = bring_in(saved(picture, "TIFF", compression=compression))
    assert done.content_type == "image/png"
    assert np.array_equal(pixels, np.asarray(picture.convert("RGB" if mode in ("P", "RGB") else "L")))


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_fax_comes_in(bring_in, compression):
    picture = steps().convert("1")
    pixels, _ = bring_in(saved(picture, "TIFF", compression=compression))
    assert np.array_equal(pixels, np.asarray(picture.convert("L")))


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
def test_tiff_of_either_byte_order_and_size_comes_in(bring_in, order, big):
    data = np.asarray(steps()).tobytes()
    pixels, _ = bring_in(tiff(40, 24, data, bits=(8, 8, 8), photometric=2, order=order, big=big))
    assert np.array_equal(pixels, np.asarray(steps()))


def test_tiff_in_strips_and_planes_comes_in(bring_in):
    planes = np.asarray(steps()).transpose(2, 0, 1).tobytes()
    places = tuple(8 + 480 * i for i in range(6))
    changes = {273: (4, places), 278: (4, (12,)), 279: (4, (480,) * 6), 284: (3, (2,))}
    pixels, _ = bring_in(tiff(40, 24, planes, bits=(8, 8, 8), photometric=2, changes=changes))
    assert np.array_equal(pixels, np.asarray(steps()))


def test_tiff_in_tiles_comes_in(bring_in):
    grey = np.zeros((32, 48), np.uint8)
    grey[:24, :40] = np.asarray(steps())[..., 0]
    tiles = b"".join(grey[y : y + 16, x : x + 16].tobytes() for y in (0, 16) for x in (0, 16, 32))
    changes = {
        322: (3, (16,)),
        323: (3, (16,)),
        324: (4, tuple(8 + 256 * i for i in range(6))),
        325: (4, (256,) * 6),
    }
    whole = tiff(40, 24, tiles, changes=changes)
    tags = {256: (4, (40,)), 257: (4, (24,)), 258: (3, (8,)), 259: (3, (1,)), 262: (3, (1,)), 277: (3, (1,))} | changes
    whole = whole[: 8 + len(tiles)] + directory(tags, at=8 + len(tiles))  # no tags of strips beside those of tiles
    pixels, _ = bring_in(whole)
    assert np.array_equal(pixels, np.asarray(steps())[..., 0])


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits_keep_the_high_byte(bring_in, order, compression):
    wide = np.array([[0, 255, 256, 32_768, 65_535]], f"{order}u2")
    if compression:
        whole = saved(Image.fromarray(wide.astype("<u2")), "TIFF", compression=compression)
    else:
        whole = tiff(5, 1, wide.tobytes(), bits=(16,), order=order)
    assert bring_in(whole)[0].tolist() == [[0, 0, 1, 128, 255]]


def test_sixteen_bits_of_colour_keep_the_high_byte(bring_in):
    wide = np.array([[[65_535, 32_768, 255], [256, 0, 513]]], ">u2")
    expected = [[[255, 128, 0], [1, 0, 2]]]
    assert bring_in(png(2, 1, b"\x00" + wide.tobytes(), bits=16))[0].tolist() == expected
    assert bring_in(tiff(2, 1, wide.astype("<u2").tobytes(), bits=(16,) * 3, photometric=2))[0].tolist() == expected


def test_twelve_bits_in_sixteen_use_the_whole_range(bring_in):
    rows = b"\x00" + np.array([[0, 16, 2048, 4095]], ">u2").tobytes()
    assert bring_in(png(4, 1, rows, bits=16, colour=0))[0].tolist() == [[0, 1, 128, 255]]


def test_signed_pixels_are_shifted_so_that_the_darkest_is_black(bring_in):
    data = np.array([[-1000, 0, 1000, 3095]], "<i2").tobytes()
    assert bring_in(tiff(4, 1, data, bits=(16,), changes={339: (3, (2,))}))[0].tolist() == [[0, 62, 125, 255]]


def test_white_is_zero_is_turned_around_at_any_depth(bring_in):
    assert bring_in(tiff(3, 1, bytes((0, 100, 255)), photometric=0))[0].tolist() == [[255, 155, 0]]
    wide = np.array([[0, 25_600, 65_535]], "<u2").tobytes()
    assert bring_in(tiff(3, 1, wide, bits=(16,), photometric=0))[0].tolist() == [[255, 155, 0]]


def test_bmp_rows_come_in_either_direction(bring_in):
    rows = [b"".join(bytes(pixel[::-1]) for pixel in row) for row in np.asarray(steps()).tolist()]
    for height, data in ((24, rows[::-1]), (-24, rows)):
        pixels, _ = bring_in(bmp(40, height, b"".join(data)))
        assert np.array_equal(pixels, np.asarray(steps()))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_bmp_of_every_mode_keeps_every_pixel(bring_in, mode):
    picture = steps().convert(mode)
    pixels, _ = bring_in(saved(picture, "BMP"))
    assert np.array_equal(pixels, np.asarray(picture.convert("RGB" if mode in ("P", "RGB") else "L")))


def test_bmp_in_run_lengths_comes_in(bring_in):
    grey = b"".join(bytes((i, i, i, 0)) for i in range(255)) + bytes((255, 0, 0, 0))
    runs = bytes((3, 10, 1, 255, 0, 0)) + bytes((4, 20, 0, 1))
    pixels, _ = bring_in(bmp(4, 2, runs, bits=8, compression=1, palette=grey))
    assert pixels[:, :, 0].tolist() == [[20] * 4, [10, 10, 10, 0]]
    assert pixels[1, 3].tolist() == [0, 0, 255]


def test_unset_alpha_of_a_bmp_means_opaque(bring_in):
    picture = Image.merge("RGBA", (*steps().split(), Image.new("L", (40, 24), 0)))
    info = struct.pack("<IiiHHIIiiII", 108, 40, -24, 1, 32, 3, 3840, 0, 0, 0, 0)
    info += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + bytes(52)
    whole = b"BM" + struct.pack("<IHHI", 122 + 3840, 0, 0, 122) + info + picture.tobytes("raw", "BGRA")
    assert np.array_equal(bring_in(whole)[0], np.asarray(steps()))


@pytest.mark.parametrize("container", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_copies_say_nothing_of_place_and_camera(bring_in, container):
    told = Image.Exif()
    told[0x010F] = "SECRET camera"
    options = {"JPEG": {"comment": b"SECRET words"}, "TIFF": {"tiffinfo": {270: "SECRET"}}}.get(container, {})
    whole = saved(steps(), container, exif=told, **options)
    assert b"SECRET" in whole
    _, done = bring_in(whole)
    assert b"SECRET" not in done.working_copy.read_bytes() + done.thumbnail.read_bytes()


def page(at, number, *, kind):
    tags = {254: (4, (kind,)), 256: (4, (2,)), 257: (4, (2,)), 258: (3, (8,)), 259: (3, (1,)), 262: (3, (1,))}
    tags |= {273: (4, (8,)), 277: (3, (1,)), 278: (4, (2,)), 279: (4, (4,))}
    return directory(tags, at=at, next_offset=number)


def two_pages(second_kind, *, first_kind=0):
    first = page(12, 12 + 126, kind=first_kind)
    assert len(first) == 126
    return b"II*\x00" + struct.pack("<I", 12) + bytes((1, 2, 3, 4)) + first + page(12 + 126, 0, kind=second_kind)


@pytest.mark.parametrize("kind", [1, 4, 5])
def test_smaller_copy_and_mask_beside_a_tiff_are_no_pages(bring_in, kind):
    assert bring_in(two_pages(kind))[0].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("body", "reason", "words"),
    [
        (two_pages(2), Reason.MANY_PAGES, "2 pages"),
        (two_pages(0, first_kind=1), Reason.WRONG_TYPE, "raw photograph"),
        (tiff(2, 2, bytes(4), changes={50706: (1, (1, 4, 0, 0))}), Reason.WRONG_TYPE, "raw photograph"),
        (tiff(2, 2, bytes(4), order=">", big=True), Reason.WRONG_TYPE, "highest byte first"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00" + bytes(4) + tiff(2, 2, bytes(4))[12:], Reason.WRONG_TYPE, "raw"),
        (tiff(2, 2, bytes(16), bits=(32,), changes={339: (3, (3,))}), Reason.WRONG_TYPE, "fractions"),
        (tiff(2, 2, bytes(4), changes={259: (3, (34_713,))}), Reason.WRONG_TYPE, "34713"),
        (saved(steps(), "GIF"), Reason.WRONG_TYPE, "GIF file. Save it as JPEG, PNG"),
        (saved(steps(), "JPEG2000"), Reason.WRONG_TYPE, "JPEG 2000"),
    ],
    ids=["pages", "preview first", "DNG", "big-endian BigTIFF", "CR2", "floats", "compression", "GIF", "JPEG 2000"],
)
def test_form_that_stays_out_is_told_by_its_name(bring_in, body, reason, words):
    with pytest.raises(PictureRefused, match=words) as caught:
        bring_in(body)
    assert caught.value.reason is reason


def test_webp_with_one_frame_of_an_animation_comes_in(bring_in):
    whole = saved(steps(), "WEBP", lossless=True)
    frame = bytes(6) + (39).to_bytes(3, "little") + (23).to_bytes(3, "little") + bytes(4) + whole[12:]
    canvas = b"\x02\x00\x00\x00" + (39).to_bytes(3, "little") + (23).to_bytes(3, "little")
    pixels, _ = bring_in(riff((b"VP8X", canvas), (b"ANIM", bytes(6)), (b"ANMF", frame)))
    assert np.array_equal(pixels, np.asarray(steps()))
