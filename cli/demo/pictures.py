"""The demonstration's photographs, found inside the wheels of scikit-image and scikit-learn. Downloads nothing."""

import io
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

_SKIMAGE = ("skimage", "data")
_SKLEARN = ("sklearn", "datasets/images")

_PHOTOGRAPHS = (
    (_SKIMAGE, "chelsea.png"),
    (_SKIMAGE, "coffee.png"),
    (_SKIMAGE, "astronaut.png"),
    (_SKIMAGE, "rocket.jpg"),
    (_SKIMAGE, "motorcycle_left.png"),
    (_SKLEARN, "china.jpg"),
    (_SKLEARN, "flower.jpg"),
    (_SKIMAGE, "camera.png"),
)
_CONTENT_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}


class DemoPicturesMissingError(RuntimeError):
    """A wheel that carries the demonstration's pictures is not installed, or no longer carries one of them."""


@dataclass(frozen=True, slots=True)
class DemoPicture:
    """An encoded picture; `name` is a file name without folders, unique in the demonstration."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Crop:
    """A rectangle of whole pixels of a picture on a plain background."""

    name: str
    source: str
    x0: int
    y0: int
    x1: int
    y1: int


CROPS = (
    # The lines between these run where no coin lies.
    Crop("coins-north-west.png", "coins.png", 0, 0, 183, 150),
    Crop("coins-north-east.png", "coins.png", 183, 0, 384, 150),
    Crop("coins-third-row.png", "coins.png", 0, 150, 384, 225),
    Crop("coins-fourth-row.png", "coins.png", 0, 225, 384, 303),
    Crop("cell-close.png", "cell.png", 300, 245, 550, 505),
    Crop("cell-background.png", "cell.png", 0, 360, 300, 660),
)
"""Cut from `coins.png` and `cell.png`; the last shows nothing to label: an empty answer is an answer too."""


def photographs() -> list[DemoPicture]:
    """Return the photographs as they lie in the wheels, byte for byte; raises DemoPicturesMissingError."""
    return [_load(place, name) for place, name in _PHOTOGRAPHS]


def coins_and_cells() -> list[DemoPicture]:
    """Return pictures on plain backgrounds: two whole ones and the crops of them; raises DemoPicturesMissingError.

    Crops are 8-bit grey PNGs without metadata: equal bytes wherever the same Pillow runs.
    """
    whole = {name: _load(_SKIMAGE, name) for name in ("coins.png", "cell.png")}
    return [*whole.values(), *(_cut(crop, whole[crop.source]) for crop in CROPS)]


def _load(place: tuple[str, str], name: str) -> DemoPicture:
    path = _folder(*place) / name
    if not path.is_file():
        raise DemoPicturesMissingError(f"the installed {place[0]} has no {place[1]}/{name}; install plumbline[demo]")
    return DemoPicture(name, path.read_bytes(), _CONTENT_TYPES[path.suffix])


def _folder(package: str, folder: str) -> Path:
    # Found, not imported: the two packages take seconds to import and nothing of their code is needed.
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise DemoPicturesMissingError(f"the demonstration's pictures lie in {package}; install plumbline[demo]")
    return Path(spec.origin).parent / folder


def _cut(crop: Crop, source: DemoPicture) -> DemoPicture:
    with Image.open(io.BytesIO(source.content)) as whole:
        part = whole.convert("L").crop((crop.x0, crop.y0, crop.x1, crop.y1))
    encoded = io.BytesIO()
    part.save(encoded, "PNG", compress_level=9)
    return DemoPicture(crop.name, encoded.getvalue(), "image/png")
