"""Transparency, inks, CIELAB and profiles become the right 8-bit colours."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.unit.ingest.containers import cmyk_profile, saved, steps, tiff

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("container", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(("alpha", "expected"), [(0, 255), (128, 155), (255, 55)])
def test_alpha_is_laid_on_white(bring_in, container, alpha, expected):
    options = {"lossless": True, "exact": True} if container == "WEBP" else {}
    for mode, colour in (("RGBA", (55, 55, 55, alpha)), ("LA", (55, alpha))):
        if container == "WEBP" and mode == "LA":
            continue
        pixels, _ = bring_in(saved(Image.new(mode, (4, 4), colour), container, **options))
        assert np.abs(pixels - expected).max() <= 1


@pytest.mark.parametrize(("mode", "colour", "key"), [("1", 0, 0), ("L", 7, 7), ("RGB", (1, 2, 3), (1, 2, 3))])
def test_transparent_colour_is_laid_on_white(bring_in, mode, colour, key):
    pixels, _ = bring_in(saved(Image.new(mode, (4, 4), colour), "PNG", transparency=key))
    assert pixels.min() == 255


def test_palette_with_several_alphas_is_laid_on_white(bring_in):
    picture = Image.new("P", (3, 1))
    picture.putpalette([0, 0, 0, 10, 20, 30, 200, 0, 0])
    picture.putdata([0, 1, 2])
    pixels, _ = bring_in(saved(picture, "PNG", transparency=bytes((0, 255, 128))))
    assert pixels[0, 0].tolist() == [255] * 3 and pixels[0, 1].tolist() == [10, 20, 30]
    assert np.abs(pixels[0, 2] - (227, 127, 127)).max() <= 1


INKS = {
    (0, 0, 0, 0): (255, 255, 255),
    (255, 0, 0, 0): (0, 255, 255),
    (0, 0, 0, 255): (0, 0, 0),
    (0, 255, 255, 0): (255, 0, 0),
    (100, 50, 0, 60): (119, 157, 195),
}


@pytest.mark.parametrize("container", ["JPEG", "TIFF"])
@pytest.mark.parametrize(("ink", "expected"), INKS.items())
def test_inks_without_a_profile_become_their_plain_colours(bring_in, container, ink, expected):
    pixels, _ = bring_in(saved(Image.new("CMYK", (16, 16), ink), container))
    assert np.abs(pixels - expected).max() <= 3


def test_stored_cmyk_of_a_jpeg_is_inverted_as_adobe_does(bring_in):
    """The file holds 255 - ink: a decoder that knows nothing of Adobe's habit must see the inverse."""
    whole = saved(Image.new("CMYK", (16, 16), (200, 0, 0, 0)), "JPEG", quality=98)
    assert b"Adobe" in whole
    assert np.abs(bring_in(whole)[0] - (55, 255, 255)).max() <= 3


@pytest.mark.parametrize("container", ["JPEG", "TIFF"])
def test_inks_go_through_their_profile(bring_in, container):
    profile = cmyk_profile(cyan_lightness=50)
    for ink, expected in (((255, 0, 0, 0), 119), ((0, 0, 0, 0), 255), ((0, 0, 0, 255), 0), ((0, 255, 255, 0), 255)):
        pixels, _ = bring_in(saved(Image.new("CMYK", (16, 16), ink), container, icc_profile=profile))
        assert np.abs(pixels - expected).max() <= 4, ink


@pytest.mark.parametrize("profile", [b"garbage", b"", SRGB, cmyk_profile(cyan_lightness=50)[:200]])
def test_inks_with_an_unfit_profile_become_their_plain_colours(bring_in, profile):
    pixels, _ = bring_in(saved(Image.new("CMYK", (16, 16), (255, 0, 0, 0)), "JPEG", icc_profile=profile))
    assert np.abs(pixels - (0, 255, 255)).max() <= 3


def test_cielab_becomes_srgb(bring_in):
    grey = bytes((128, 0, 0)) * 4  # L* about 50, a* = b* = 0
    assert np.abs(bring_in(tiff(2, 2, grey, bits=(8, 8, 8), photometric=8))[0] - 119).max() <= 2


@pytest.mark.parametrize(
    ("mode", "profile", "kept"),
    [
        ("RGB", SRGB, True),
        ("RGB", SRGB[:200], False),
        ("RGB", b"\x00" * 500, False),
        ("RGB", cmyk_profile(cyan_lightness=50), False),
        ("L", SRGB, False),
    ],
    ids=["whole", "cut", "zeros", "of inks", "of colour on grey"],
)
def test_copies_carry_on_a_profile_only_if_it_fits(bring_in, mode, profile, kept):
    _, done = bring_in(saved(steps().convert(mode), "PNG", icc_profile=profile))
    with Image.open(done.working_copy) as working, Image.open(done.thumbnail) as thumbnail:
        assert ("icc_profile" in working.info, "icc_profile" in thumbnail.info) == (kept, kept)
