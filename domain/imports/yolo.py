"""YOLO's labels: a text file an image, a line an object; class number, then a box (centre and size) or an outline, as
shares of width and height. The names come from classes.txt or data.yaml. Reads texts, opens no archive."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from domain.imports.labels import AnyArea, ImportRefused, LabelledImage, LabelRefused, RawLabel, box, finite, polygon

NAME_FILES = ("classes.txt", "obj.names", "data.yaml", "data.yml")
# A share slightly beyond the edge is a rounding; much beyond it, the numbers are no shares.
MOST = 1.5
_LISTED = re.compile(r"^names:\s*\[(.*)\]\s*$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^names:[ \t]*\r?\n((?:[ \t]*(?:-|\d+:)[^\n]*\n?|[ \t]+\S[^\n]*\n?)+)", re.MULTILINE)
_ENTRY = re.compile(r"^[ \t]*(?:-|(\d+):)[ \t]*(.*?)[ \t]*$", re.MULTILINE)


class YoloFile:
    """Label files by name, each read when its turn comes."""

    def __init__(self, paths: Sequence[str], read: Callable[[str], str], names: dict[int, str]) -> None:
        if not paths:
            raise ImportRefused("the archive holds no label file (.txt)")
        self._paths = sorted(paths)
        self._read = read
        self._names = names
        self.stray = 0

    def iter_from(self, start: int) -> Iterator[LabelledImage]:
        for path in self._paths[start:]:
            lines = enumerate(self._read(path).splitlines(), 1)
            labels = [self._label(f"{path}:{number}", line) for number, line in lines if line.strip()]
            name = path.removesuffix(".txt")
            # labels/train/a.txt stands for images/train/a.jpg
            yield LabelledImage(re.sub(r"^(.*/)?labels/", "", name), False, None, None, labels)

    def _label(self, where: str, line: str) -> RawLabel:
        first, *rest = line.split()
        number = int(first) if first.isascii() and first.isdigit() and len(first) < 10 else None
        category = first[:100] if number is None else self._names.get(number, str(number))
        score = _score(rest)
        return RawLabel(category, where, partial(_shape_of, rest), score)


def read_names(file: str, text: str) -> dict[int, str]:
    """Return class names by number from one of NAME_FILES; of YAML exactly the list or map `names` is understood."""
    if not file.endswith((".yaml", ".yml")):
        return {number: line.strip() for number, line in enumerate(text.splitlines()) if line.strip()}
    listed = _LISTED.search(text)
    if listed:
        return {number: _plain(name) for number, name in enumerate(listed.group(1).split(",")) if name.strip()}
    block = _BLOCK.search(text)
    entries = _ENTRY.findall(block.group(1)) if block else []
    return {int(given) if given else number: _plain(name) for number, (given, name) in enumerate(entries)}


def _plain(name: str) -> str:
    return name.strip().strip("'\"")


def _score(rest: Sequence[str]) -> float | None:
    """A sixth value is the score of a box; in an outline no number is left over for one."""
    if len(rest) != 5:
        return None
    try:
        score = float(rest[4])
    except ValueError:
        return None
    return score if 0 <= score <= 1 else None


def _shape_of(rest: Sequence[str], width: int, height: int) -> AnyArea:
    try:
        shares = finite([float(value) for value in rest], of="the line")
    except ValueError as error:
        raise LabelRefused("the line holds something that is not a number") from error
    if any(abs(share) > MOST for share in shares):
        raise LabelRefused("coordinates must be shares of width and height, from 0 to 1")
    if len(shares) in (4, 5):
        x, y, box_width, box_height = (
            s * scale for s, scale in zip(shares[:4], (width, height, width, height), strict=True)
        )
        if box_width <= 0 or box_height <= 0:
            raise LabelRefused("the box has no width or no height")
        return box(
            x - box_width / 2, y - box_height / 2, x + box_width / 2, y + box_height / 2, width=width, height=height
        )
    if len(shares) < 6 or len(shares) % 2:
        raise LabelRefused("a line needs a class and 4 numbers of a box, or at least 3 points of an outline")
    scaled = [s * (height if place % 2 else width) for place, s in enumerate(shares)]
    return polygon([scaled], width=width, height=height)
