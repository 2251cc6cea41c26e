"""COCO's JSON of accepted work, piece by piece: categories, images, annotations, and a stream of all. Opens no files.

Format: Lin et al. 2014, DOI 10.1007/978-3-319-10602-1_48, and https://cocodataset.org/#format-data. Beyond it, only
where there is something to say: `object_id` and `revision` (always), `attributes`, `score`, `rotated_box`, `polyline`,
and `tags` of an image.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from domain.geometry import coco_runs
from domain.geometry.rle import runs_of
from schema.geometry import Box, Mask, Points, Polygon, Polyline, RotatedBox, Tag, bounds, iter_points
from schema.geometry import rotated_box_corners as corners_of
from schema.objects import LabelObject, canonical_json
from schema.projects import Ontology

CHUNK_BYTES = 65_536
_VISIBLE = 2

Record = dict[str, Any]


def coco_categories(ontology: Ontology) -> list[Record]:
    """Return the classes by id; a category's id is the class id, so that it keeps its meaning between releases."""
    return [
        {"id": spec.class_id, "name": spec.name, "supercategory": "", "colour": spec.colour}
        for spec in sorted(ontology.classes, key=lambda spec: spec.class_id)
    ]


def coco_image(
    *,
    image_id: int,
    file_name: str,
    height: int,
    width: int,
    sha256: str | None = None,
    tags: Sequence[LabelObject] = (),
) -> Record:
    """Return an image. `tags` are the objects that hold for the whole image; other shapes among them are left out."""
    record: Record = {"id": image_id, "file_name": file_name, "width": width, "height": height}
    if sha256 is not None:
        record["sha256"] = sha256
    found = [_tag(item) for item in tags if isinstance(item.shape, Tag)]
    if found:
        record["tags"] = found
    return record


def coco_annotation(
    item: LabelObject,
    *,
    annotation_id: int,
    image_id: int,
    height: int,
    width: int,
    revision: int,
    measured: Mapping[str, float | None] | None = None,
) -> Record:
    """Return an object as an annotation; raises TypeError for a tag, which belongs to its image.

    `area` counts the pixels of our raster (0 for points and lines), `bbox` is [x, y, width, height] within the picture,
    `iscrowd` 0. `segmentation` is a list of polygons, one a part, for polygons without holes, boxes and rotated boxes
    (their corners; the box itself is in `rotated_box`); compressed run lengths, exact to the pixel, for polygons with
    holes and for masks; an empty list for points (`keypoints`, visible unless said otherwise) and lines (`polyline`).
    `measured` is what the answers said of the object, written as it is.
    """
    if isinstance(item.shape, Tag):
        raise TypeError("a tag holds for a whole image: hand it to coco_image")
    record: Record = {"id": annotation_id, "image_id": image_id, "category_id": item.class_id}
    record |= _geometry(item.shape, height=height, width=width)
    record |= {"iscrowd": 0, "object_id": str(item.id), "revision": revision}
    return record | _facts(item) | dict(measured or {})


def stream_coco(
    header: Mapping[str, Any],
    images: Callable[[], Iterable[Mapping[str, Any]]],
    annotations: Callable[[], Iterable[Mapping[str, Any]]],
) -> Iterator[bytes]:
    """Yield one COCO document in chunks of at least 64 KiB (the last may be shorter), never holding all of it.

    `header` is what stands before the two arrays (info, licences, categories). Each callable is called once and its
    records written in their order: the same records give the same bytes.
    """
    buffer = bytearray()
    for piece in _pieces(header, images, annotations):
        buffer += piece
        if len(buffer) >= CHUNK_BYTES:
            yield bytes(buffer)
            buffer.clear()
    if buffer:
        yield bytes(buffer)


def _pieces(
    header: Mapping[str, Any],
    images: Callable[[], Iterable[Mapping[str, Any]]],
    annotations: Callable[[], Iterable[Mapping[str, Any]]],
) -> Iterator[bytes]:
    yield b"{"
    for key, value in header.items():
        yield canonical_json(key) + b":" + canonical_json(value) + b","
    yield b'"images":['
    yield from _joined(images())
    yield b'],"annotations":['
    yield from _joined(annotations())
    yield b"]}\n"


def _joined(records: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    for number, record in enumerate(records):
        yield (b",\n" if number else b"\n") + canonical_json(record)


def _geometry(shape: Box | RotatedBox | Polygon | Mask | Points | Polyline, *, height: int, width: int) -> Record:
    if isinstance(shape, Points | Polyline):
        return {
            "segmentation": [],
            "area": 0.0,
            "bbox": _extent(shape, height=height, width=width),
            **_open_shape(shape),
        }
    runs = runs_of(shape, height=height, width=width)
    area_px = float(coco_runs.areas_px([runs])[0])
    if isinstance(shape, Mask):
        bbox = [float(value) for value in coco_runs.bounding_box(runs)]
    else:
        bbox = _extent(shape, height=height, width=width)
    if isinstance(shape, Mask) or (isinstance(shape, Polygon) and shape.has_holes):
        segmentation: Any = {"size": runs["size"], "counts": runs["counts"].decode("ascii")}
    else:
        segmentation = [[value for point in ring for value in point] for ring in _outlines(shape)]
    record = {"segmentation": segmentation, "area": area_px, "bbox": bbox}
    if isinstance(shape, RotatedBox):
        record["rotated_box"] = shape.model_dump(exclude={"type"})
    return record


def _outlines(shape: Box | RotatedBox | Polygon) -> list[Sequence[tuple[float, float]]]:
    if isinstance(shape, Polygon):
        return [part[0] for part in shape.parts]
    if isinstance(shape, RotatedBox):
        return [[(round(x, 2), round(y, 2)) for x, y in corners_of(shape)]]
    return [[(shape.x0, shape.y0), (shape.x1, shape.y0), (shape.x1, shape.y1), (shape.x0, shape.y1)]]


def _extent(shape: Box | RotatedBox | Polygon | Points | Polyline, *, height: int, width: int) -> list[float]:
    x0, y0, x1, y1 = bounds(iter_points(shape))
    x0, x1 = (min(max(x, 0.0), float(width)) for x in (x0, x1))
    y0, y1 = (min(max(y, 0.0), float(height)) for y in (y0, y1))
    return [round(value, 2) for value in (x0, y0, x1 - x0, y1 - y0)]


def _open_shape(shape: Points | Polyline) -> Record:
    if isinstance(shape, Polyline):
        return {"polyline": [value for point in shape.points for value in point]}
    visibility = shape.visibility or (_VISIBLE,) * len(shape.points)
    # COCO writes an absent point as 0, 0, 0.
    triples = [(x, y, v) if v else (0.0, 0.0, 0) for (x, y), v in zip(shape.points, visibility, strict=True)]
    return {
        "keypoints": [value for triple in triples for value in triple],
        "num_keypoints": sum(1 for v in visibility if v),
    }


def _tag(item: LabelObject) -> Record:
    return {"category_id": item.class_id, "object_id": str(item.id)} | _facts(item)


def _facts(item: LabelObject) -> Record:
    facts: Record = {}
    if item.attributes:
        facts["attributes"] = dict(sorted(item.attributes.items()))
    if item.score is not None:
        facts["score"] = item.score
    return facts
