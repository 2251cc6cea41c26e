"""Decoded pixels of any form → grey or RGB of 8 bits on white. Pillow only."""

import io
from typing import Final

from PIL import Image, ImageCms

_SIXTEEN_BITS: Final = frozenset({"I", "I;16", "I;16B", "I;16L", "I;16N"})
_WITH_ALPHA: Final = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
_PROFILE_MOST_BYTES: Final = 1 << 20  # what a PNG of ours may carry and still be read everywhere
_BROKEN_PROFILE = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


def flatten(image: Image.Image, *, white_is_zero: bool = False) -> Image.Image:
    """Return a loaded picture as L or RGB; the picture itself when it is that already.

    More than 8 bits of grey lose low bits only (see `_narrow`); 16 bits of colour keep the high byte. Transparency is
    laid on white. CMYK goes through its profile to sRGB, or by (255 - ink) (255 - black) / 255 where it has none;
    CIELAB goes to sRGB. `white_is_zero` turns grey of 16 bits around, which Pillow does for 8 bits only.
    """
    if image.mode in _SIXTEEN_BITS:
        return _narrow(image, white_is_zero=white_is_zero and image.mode != "I")
    if image.mode in ("CMYK", "LAB"):
        return _to_srgb(image)
    if "transparency" in image.info or image.mode in _WITH_ALPHA:
        return _lay_on_white(image)
    wanted = "L" if image.mode in ("1", "L") else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def find_rgb_profile(image: Image.Image) -> bytes | None:
    """Return the picture's colour profile if its copies can carry it on: whole, for RGB, and not huge."""
    profile = image.info.get("icc_profile")
    if image.mode not in ("RGB", "RGBA", "P", "PA") or not isinstance(profile, bytes):
        return None
    if len(profile) > _PROFILE_MOST_BYTES or profile[16:20] != b"RGB ":
        return None
    try:
        ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except _BROKEN_PROFILE:
        return None
    return profile


def drop_void_alpha(image: Image.Image) -> Image.Image:
    """Return a BMP without its fourth channel where that is 0 throughout: programs leave it unset, and mean opaque."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0):
        return image.convert("RGB")
    return image


def _narrow(image: Image.Image, *, white_is_zero: bool) -> Image.Image:
    """Divide by the smallest power of two that brings the brightest pixel under 256: 10, 12 and 16 bits all show.

    Negative values (signed pixels) are shifted so that the darkest becomes 0; fractions are cut off.
    """
    wide = image if image.mode == "I" else image.convert("I")
    low, high = (int(value) for value in wide.getextrema())  # type: ignore[arg-type]  # one band, so two numbers
    if white_is_zero:
        zero, sign, brightest = 65_535, -1, 65_535 - low
    else:
        zero, sign, brightest = min(low, 0), 1, high - min(low, 0)
    scale = sign / 2 ** max(brightest.bit_length() - 8, 0)
    return wide.point(lambda value: value * scale + -zero * scale).convert("L")


def _to_srgb(image: Image.Image) -> Image.Image:
    try:
        if image.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        else:
            source = ImageCms.ImageCmsProfile(io.BytesIO(image.info.get("icc_profile") or b""))
        converted = ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except _BROKEN_PROFILE:
        return image.convert("RGB")
    assert converted is not None
    return converted


def _lay_on_white(image: Image.Image) -> Image.Image:
    grey = image.mode in ("LA", "La")
    picture = image if image.mode in ("RGBA", "LA") else image.convert("LA" if grey else "RGBA")
    white = Image.new("L" if grey else "RGB", picture.size, "white")
    white.paste(picture, mask=picture)
    return white
