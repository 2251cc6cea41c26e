"""What `domain/releases/coco.py` writes, read again by pycocotools."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from pycocotools.coco import COCO

from domain.geometry.raster import AreaShape, rasterise
from domain.geometry.rle import encode
from domain.releases.coco import CHUNK_BYTES, coco_annotation, coco_categories, coco_image, stream_coco
from schema.geometry import Box, Mask, Points, Polygon, Polyline, RotatedBox, Tag
from schema.objects import AttributeValue, LabelObject
from schema.projects import ClassSpec, Ontology

# NumPy 2 warns of how pycocotools wraps a decoded raster; only a later pycocotools can change that.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

HEIGHT, WIDTH = 120, 160
ONTOLOGY = Ontology(classes=(ClassSpec(class_id=7, name="cup"), ClassSpec(class_id=2, name="café", colour="#ffb454")))
SQUARE = ((20.0, 20.0), (90.0, 20.0), (90.0, 90.0), (20.0, 90.0))
HOLE = ((40.0, 40.0), (40.0, 60.0), (60.0, 60.0), (60.0, 40.0))
POLYGON = Polygon(parts=((((10.5, 12.25), (80.0, 15.0), (95.5, 70.0), (40.0, 100.75)),),))
TWO_PARTS = Polygon(parts=((SQUARE,), (((100.0, 10.0), (150.0, 10.0), (125.0, 60.0)),)))
RING = Polygon(parts=((SQUARE, HOLE),))


def make_object(shape: Any, *, number: int = 1, **facts: Any) -> LabelObject:
    return LabelObject(id=UUID(int=number), class_id=7, shape=shape, **facts)


def annotate(shape: Any, *, annotation_id: int = 1, **facts: Any) -> dict[str, Any]:
    return coco_annotation(
        make_object(shape, **facts), annotation_id=annotation_id, image_id=5, height=HEIGHT, width=WIDTH, revision=3
    )


def make_mask() -> Mask:
    raster = np.zeros((HEIGHT, WIDTH), np.bool_)
    raster[30:70, 50:110] = True
    raster[40:50, 60:80] = False
    raster[100, 3] = True
    return encode(raster)


def write(annotations: Sequence[Mapping[str, Any]]) -> bytes:
    header = {"info": {"description": "test"}, "categories": coco_categories(ONTOLOGY)}
    image = coco_image(image_id=5, file_name="a/b.png", height=HEIGHT, width=WIDTH, sha256="00ff")
    return b"".join(stream_coco(header, lambda: [image], lambda: annotations))


def read_again(folder: Path, annotations: Sequence[Mapping[str, Any]]) -> COCO:
    path = folder / "release.json"
    path.write_bytes(write(annotations))
    return COCO(str(path))


def iou(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_pycocotools_reads_the_same_categories_images_and_annotations(tmp_path: Path) -> None:
    written = [annotate(POLYGON), annotate(make_mask(), annotation_id=2)]
    coco = read_again(tmp_path, written)
    assert [c["name"] for c in coco.loadCats(coco.getCatIds())] == ["café", "cup"]
    assert coco.loadImgs([5])[0]["file_name"] == "a/b.png"
    assert coco.loadAnns(coco.getAnnIds(imgIds=[5])) == written


@pytest.mark.parametrize("shape", [RING, make_mask()], ids=["holes", "mask"])
def test_run_lengths_decode_to_the_same_raster(tmp_path: Path, shape: AreaShape) -> None:
    coco = read_again(tmp_path, [annotate(shape)])
    read = coco.annToMask(coco.loadAnns([1])[0]).astype(bool)
    assert np.array_equal(read, rasterise(shape, height=HEIGHT, width=WIDTH))


@pytest.mark.parametrize(
    "shape",
    [POLYGON, TWO_PARTS, Box(x0=10, y0=20, x1=60, y1=90), RotatedBox(cx=70, cy=60, width=60, height=40, angle_deg=30)],
    ids=lambda shape: str(shape.type),
)
def test_polygons_fill_to_nearly_our_raster(tmp_path: Path, shape: AreaShape) -> None:
    coco = read_again(tmp_path, [annotate(shape)])
    read = coco.annToMask(coco.loadAnns([1])[0]).astype(bool)
    assert iou(read, rasterise(shape, height=HEIGHT, width=WIDTH)) >= 0.97


@pytest.mark.parametrize("shape", [POLYGON, TWO_PARTS, RING, make_mask()])
def test_area_counts_the_pixels_of_our_raster(shape: AreaShape) -> None:
    assert annotate(shape)["area"] == float(rasterise(shape, height=HEIGHT, width=WIDTH).sum())


def test_a_hole_stays_open(tmp_path: Path) -> None:
    coco = read_again(tmp_path, [annotate(RING)])
    assert coco.annToMask(coco.loadAnns([1])[0])[50, 50] == 0


def test_each_part_without_holes_is_a_polygon_of_its_own() -> None:
    assert [len(part) // 2 for part in annotate(TWO_PARTS)["segmentation"]] == [4, 3]


def test_bbox_is_left_top_width_height() -> None:
    assert annotate(Box(x0=10, y0=20, x1=60, y1=90))["bbox"] == [10.0, 20.0, 50.0, 70.0]


def test_bbox_ends_at_the_edge_of_the_picture() -> None:
    assert annotate(Box(x0=-0.5, y0=20, x1=WIDTH + 1, y1=90))["bbox"] == [0.0, 20.0, float(WIDTH), 70.0]


def test_an_empty_mask_has_an_empty_box() -> None:
    assert annotate(encode(np.zeros((HEIGHT, WIDTH), np.bool_)))["bbox"] == [0.0, 0.0, 0.0, 0.0]


def test_a_rotated_box_keeps_its_angle() -> None:
    record = annotate(RotatedBox(cx=70, cy=60, width=60, height=40, angle_deg=30))
    assert record["rotated_box"] == {"cx": 70.0, "cy": 60.0, "width": 60.0, "height": 40.0, "angle_deg": 30.0}


def test_an_absent_keypoint_is_written_as_zeros() -> None:
    record = annotate(Points(points=((3, 4), (9, 9)), visibility=(2, 0)))
    assert (record["keypoints"], record["num_keypoints"]) == ([3.0, 4.0, 2, 0.0, 0.0, 0], 1)


def test_points_without_visibility_are_visible() -> None:
    assert annotate(Points(points=((3, 4),)))["keypoints"] == [3.0, 4.0, 2]


def test_a_line_is_kept_as_a_line() -> None:
    assert annotate(Polyline(points=((1, 2), (3, 4))))["polyline"] == [1.0, 2.0, 3.0, 4.0]


def test_a_tag_is_refused_as_an_annotation() -> None:
    with pytest.raises(TypeError, match="coco_image"):
        annotate(Tag())


def test_a_tag_stands_at_its_image() -> None:
    image = coco_image(image_id=1, file_name="a", height=1, width=1, tags=[make_object(Tag()), make_object(POLYGON)])
    assert image["tags"] == [{"category_id": 7, "object_id": str(UUID(int=1))}]


def test_absent_attributes_and_scores_are_left_out() -> None:
    assert not {"attributes", "score"} & annotate(POLYGON).keys()


def test_attributes_and_score_are_written_when_present() -> None:
    attributes: dict[str, AttributeValue] = {"b": True, "a": "x"}
    record = annotate(POLYGON, attributes=attributes, score=0.5)
    assert (list(record["attributes"].items()), record["score"]) == ([("a", "x"), ("b", True)], 0.5)


def test_object_id_and_revision_are_written() -> None:
    record = annotate(POLYGON, number=9)
    assert (record["object_id"], record["revision"]) == (str(UUID(int=9)), 3)


def test_the_same_work_gives_the_same_bytes() -> None:
    assert write([annotate(POLYGON), annotate(RING)]) == write([annotate(POLYGON), annotate(RING)])


def test_a_release_of_nothing_is_a_valid_document() -> None:
    document = json.loads(b"".join(stream_coco({"categories": []}, lambda: (), lambda: ())))
    assert document == {"categories": [], "images": [], "annotations": []}


def test_a_long_stream_comes_in_bounded_chunks() -> None:
    record = annotate(POLYGON)
    chunks = list(stream_coco({}, lambda: (), lambda: (record for _ in range(2_000))))
    assert max(map(len, chunks)) < 2 * CHUNK_BYTES < sum(map(len, chunks))
