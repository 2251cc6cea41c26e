"""What may come in comes in upright; what may not is refused with a reason."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from domain.ingest.errors import PictureRefused, Reason
from domain.ingest.formats import PictureKind, find_other_name, sniff
from domain.ingest.pictures import prepare, read_header

RED, WHITE = (255, 0, 0), (255, 255, 255)


def make_picture(mode="RGB", size=(40, 20)):
    """A picture whose top left quarter is red (or bright) on black."""
    picture = Image.new("RGB", size)
    picture.paste(RED, (0, 0, size[0] // 2, size[1] // 2))
    return picture.convert(mode)


def write(path, picture, file_format="PNG", **options):
    picture.save(path, file_format, **options)
    return path


def prepare_picture(path, tmp_path, max_px=1_000_000):
    return prepare(path, out_dir=tmp_path, max_px=max_px, thumbnail_px=16)


def reason_of(path, tmp_path, **options):
    with pytest.raises(PictureRefused) as caught:
        prepare_picture(path, tmp_path, **options)
    return caught.value.reason


@pytest.mark.parametrize(
    ("file_format", "kind"),
    [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "webp"), ("TIFF", "tiff"), ("BMP", "bmp")],
)
def test_header_names_kind_and_size(tmp_path, file_format, kind):
    header = read_header(write(tmp_path / "in", make_picture(), file_format))
    assert (header.kind, header.width, header.height, header.turn) == (PictureKind(kind), 40, 20, 1)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"GIF89a", "GIF"),
        (b"IIRO", "raw photograph"),
        (b"BMW is a make of car", None),
        (b"%PDF-1.7", "PDF"),
        (b"\x00\x00\x00\x18ftypheic", "HEIC"),
        (b"\x00\x00\x00\x18ftypavif", "AVIF"),
        (b"\x00\x00\x00\x18ftypisom", "video (MP4)"),
        (b'<?xml version="1.0"?>\n<svg>', "SVG"),
        (b"<!DOCTYPE html>", "HTML"),
        (b"PK\x03\x04", "ZIP"),
        (b"\x00" * 128 + b"DICM", "DICOM"),
        (b"whatever", None),
    ],
)
def test_other_formats_are_known_by_name_only(head, name):
    assert (sniff(head), find_other_name(head)) == (None, name)


@pytest.mark.parametrize("turn", range(1, 9))
def test_working_copy_is_upright_whatever_the_turn(tmp_path, turn):
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that a camera held that way has made
    stored = make_picture() if turn == 1 else make_picture().transpose(Image.Transpose(undo[turn]))
    exif = Image.Exif()
    exif[0x0112] = turn
    done = prepare_picture(write(tmp_path / "in", stored, "PNG", exif=exif), tmp_path)
    with Image.open(done.working_copy) as upright:
        assert (done.width, done.height, done.turn) == (40, 20, turn)
        assert np.array_equal(np.asarray(upright), np.asarray(make_picture()))


def test_copies_carry_no_exif(tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    done = prepare_picture(write(tmp_path / "in", make_picture(), "JPEG", exif=exif), tmp_path)
    with Image.open(done.working_copy) as working, Image.open(done.thumbnail) as thumbnail:
        assert not working.getexif() and not thumbnail.getexif()


@pytest.mark.parametrize(
    ("file_format", "options", "content_type"),
    [
        ("JPEG", {}, "image/jpeg"),
        ("PNG", {}, "image/png"),
        ("WEBP", {"lossless": True}, "image/png"),
        ("WEBP", {"quality": 60}, "image/jpeg"),
    ],
    ids=["jpeg", "png", "lossless webp", "lossy webp"],
)
def test_working_copy_loses_nothing_that_was_there(tmp_path, file_format, options, content_type):
    done = prepare_picture(write(tmp_path / "in", make_picture(), file_format, **options), tmp_path)
    assert done.content_type == content_type


def test_thumbnail_keeps_the_proportions(tmp_path):
    done = prepare_picture(write(tmp_path / "in", make_picture()), tmp_path)
    with Image.open(done.thumbnail) as thumbnail:
        assert thumbnail.size == (16, 8)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_becomes_grey_or_rgb(tmp_path, mode):
    picture = make_picture("L").convert("I;16") if mode == "I;16" else make_picture(mode)
    done = prepare_picture(write(tmp_path / "in", picture), tmp_path)
    with Image.open(done.working_copy) as working:
        assert working.mode in ("L", "RGB")


def test_cmyk_becomes_rgb(tmp_path):
    done = prepare_picture(write(tmp_path / "in", make_picture("CMYK"), "JPEG"), tmp_path)
    with Image.open(done.working_copy) as working:
        assert working.mode == "RGB"


def test_transparency_is_laid_on_white(tmp_path):
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    done = prepare_picture(write(tmp_path / "in", clear), tmp_path)
    with Image.open(done.working_copy) as working:
        assert working.getpixel((0, 0)) == WHITE


def test_transparent_colour_of_a_palette_is_laid_on_white(tmp_path):
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    done = prepare_picture(write(tmp_path / "in", palette, transparency=1), tmp_path)
    with Image.open(done.working_copy) as working:
        assert working.getpixel((0, 0)) == WHITE


@pytest.mark.parametrize("brightest", [200, 1023, 4095, 65_535])
def test_any_bit_depth_shows_in_eight_bits(tmp_path, brightest):
    wide = Image.fromarray(np.array([[0, brightest]], np.uint16))
    done = prepare_picture(write(tmp_path / "in", wide), tmp_path)
    with Image.open(done.working_copy) as working:
        assert working.getpixel((0, 0)) == 0 and 199 <= working.getpixel((1, 0)) <= 255


def test_empty_file_is_refused(tmp_path):
    (tmp_path / "in").write_bytes(b"")
    assert reason_of(tmp_path / "in", tmp_path) is Reason.EMPTY


def test_gif_is_refused_by_its_name(tmp_path):
    with pytest.raises(PictureRefused, match=r"GIF file\. Save it as JPEG"):
        prepare_picture(write(tmp_path / "in.jpg", make_picture(), "GIF"), tmp_path)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_truncated_picture_is_refused(tmp_path, file_format):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    whole = io.BytesIO()
    noise.save(whole, file_format)
    (tmp_path / "in").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    assert reason_of(tmp_path / "in", tmp_path) is Reason.UNREADABLE


def test_picture_with_only_magic_bytes_is_refused(tmp_path):
    (tmp_path / "in").write_bytes(b"\xff\xd8\xff\xe0garbage")
    assert reason_of(tmp_path / "in", tmp_path) is Reason.UNREADABLE


def test_too_many_pixels_are_refused(tmp_path):
    assert reason_of(write(tmp_path / "in", make_picture()), tmp_path, max_px=799) is Reason.TOO_LARGE


def test_bomb_is_refused_by_its_header_alone(tmp_path):
    small = write(tmp_path / "in", make_picture()).read_bytes()
    chunk = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + small[24:29]
    (tmp_path / "in").write_bytes(small[:12] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + small[33:])
    assert reason_of(tmp_path / "in", tmp_path) is Reason.TOO_LARGE


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_animation_is_refused(tmp_path, file_format):
    frames = [make_picture(), Image.new("RGB", (40, 20), WHITE)]
    path = write(tmp_path / "in", frames[0], file_format, save_all=True, append_images=frames[1:])
    assert reason_of(path, tmp_path) is Reason.ANIMATED


def test_phone_jpeg_with_a_second_picture_comes_in(tmp_path):
    path = write(tmp_path / "in", make_picture(), "MPO", save_all=True, append_images=[make_picture()])
    assert prepare_picture(path, tmp_path).content_type == "image/jpeg"


def test_missing_file_is_not_blamed_on_the_picture(tmp_path):
    with pytest.raises(FileNotFoundError):
        prepare_picture(tmp_path / "nowhere", tmp_path)
