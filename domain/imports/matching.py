"""Which of a project's pictures a file of labels means by a name. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from domain.imports.labels import LabelledImage

_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the project with its item; the size is that of the upright picture."""

    item_id: int
    image_id: int
    key: str
    width: int
    height: int


class PictureIndex:
    """Finds pictures by key, or by the end of a key when only one fits."""

    def __init__(self, pictures: Iterable[Picture]) -> None:
        # (whether with extension, last part of the key) → keys that end so, with their pictures
        self._ends: dict[tuple[bool, str], list[tuple[str, Picture]]] = {}
        for picture in pictures:
            for has_extension, key in ((True, picture.key), (False, _EXTENSION.sub("", picture.key))):
                self._ends.setdefault((has_extension, _last(key)), []).append((key, picture))

    def find(self, image: LabelledImage) -> tuple[Picture | None, str]:
        """Return the picture whose key it is, else the only one whose key ends so; None with the reason."""
        name = image.name.replace("\\", "/").removeprefix("./").lstrip("/")
        candidates = self._ends.get((image.has_extension, _last(name)), [])
        exact = [picture for key, picture in candidates if key == name]
        ending = [picture for key, picture in candidates if key.endswith(f"/{name}")]
        found = exact or ending or [picture for _, picture in candidates]
        if len(found) == 1:
            return found[0], ""
        return None, f"{len(found)} images are called so" if found else "no image of the project is called so"


def _last(key: str) -> str:
    return key.rsplit("/", 1)[-1]
