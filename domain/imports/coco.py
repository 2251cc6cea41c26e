"""COCO's object annotations: boxes, polygons and run lengths of both forms. Reads a document, opens no file.

Format: Lin et al. 2014, DOI 10.1007/978-3-319-10602-1_48, and https://cocodataset.org/#format-data.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from domain.geometry import coco_runs
from domain.imports.labels import (
    AnyArea,
    ImportRefused,
    LabelledImage,
    LabelRefused,
    RawLabel,
    box,
    finite,
    mask,
    polygon,
)

Record = dict[str, Any]


class CocoFile:
    """A parsed document with its annotations by image, in the order in which it names its images."""

    def __init__(self, document: Any) -> None:
        if not isinstance(document, dict) or not isinstance(document.get("images"), list):
            raise ImportRefused("this is no COCO file: it has no list 'images'")
        if not isinstance(document.get("annotations"), list):
            raise ImportRefused("this is no COCO file of objects: it has no list 'annotations'")
        self._images: list[Record] = [i for i in document["images"] if _is_image(i)]
        if not self._images:
            raise ImportRefused("the COCO file names no image with an id and a file_name")
        self._names = {c["id"]: str(c.get("name", c["id"])) for c in _records(document.get("categories")) if "id" in c}
        self._labels: dict[Any, list[tuple[int, Record]]] = {}
        known = {image["id"] for image in self._images}
        self.stray = 0
        for number, annotation in enumerate(_records(document["annotations"])):
            image_id = annotation.get("image_id")
            if isinstance(image_id, int | str) and image_id in known:
                self._labels.setdefault(image_id, []).append((number, annotation))
            else:
                self.stray += 1

    def iter_from(self, start: int) -> Iterator[LabelledImage]:
        for image in self._images[start:]:
            yield LabelledImage(
                name=image["file_name"],
                has_extension=True,
                width=_size(image.get("width")),
                height=_size(image.get("height")),
                labels=[self._label(number, one) for number, one in self._labels.get(image["id"], ())],
            )

    def _label(self, number: int, annotation: Record) -> RawLabel:
        category = annotation.get("category_id")
        known = isinstance(category, int | str) and category in self._names
        score = annotation.get("score")
        return RawLabel(
            category=self._names[category] if known else str(category)[:100],
            where=f"annotations[{number}]",
            shape=partial(_shape_of, annotation),
            score=float(score) if isinstance(score, int | float) and 0 <= score <= 1 else None,
        )


def read_coco(text: bytes) -> CocoFile:
    """Read a document; raises ImportRefused."""
    try:
        return CocoFile(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"the file is not JSON: {str(error)[:200]}") from error


def _is_image(image: Any) -> bool:
    return (
        isinstance(image, dict)
        and isinstance(image.get("id"), int | str)
        and isinstance(image.get("file_name"), str)
        and bool(image["file_name"])
    )


def _records(value: Any) -> list[Record]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _size(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _shape_of(annotation: Record, width: int, height: int) -> AnyArea:
    """Return the most exact shape that an annotation holds: its segmentation, else its box."""
    segmentation = annotation.get("segmentation")
    if isinstance(segmentation, dict):
        return _runs(segmentation, width=width, height=height)
    if isinstance(segmentation, list) and segmentation:
        rings = [finite(ring, of="a polygon of segmentation") for ring in segmentation]
        return polygon(rings, width=width, height=height)
    numbers = finite(annotation.get("bbox"), of="bbox")
    if len(numbers) != 4:
        raise LabelRefused("bbox needs x, y, width and height")
    x, y, box_width, box_height = numbers
    if box_width <= 0 or box_height <= 0:
        raise LabelRefused("bbox has no width or no height")
    return box(x, y, x + box_width, y + box_height, width=width, height=height)


def _runs(segmentation: Record, *, width: int, height: int) -> AnyArea:
    if segmentation.get("size") != [height, width]:
        raise LabelRefused(f"the run lengths are of {segmentation.get('size')}, the picture is [{height}, {width}]")
    counts = segmentation.get("counts")
    if isinstance(counts, str):
        return mask(counts, width=width, height=height)
    plain = finite(counts, of="counts")
    if any(c < 0 or c != int(c) for c in plain) or sum(plain) != width * height:
        raise LabelRefused("the run lengths do not add up to height x width")
    runs = coco_runs.compress_counts([int(c) for c in plain], height=height, width=width)
    return mask(runs["counts"].decode("ascii"), width=width, height=height)
