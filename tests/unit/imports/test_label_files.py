"""Files of other tools: what they say of their images, and what of it can stand."""

import json
from typing import Any

import numpy as np
import pytest

from domain.geometry.raster import rasterise
from domain.geometry.rle import encode
from domain.imports.coco import read_coco
from domain.imports.labels import ImportRefused, LabelledImage, LabelRefused
from domain.imports.matching import Picture, PictureIndex
from domain.imports.yolo import YoloFile, read_names
from schema.geometry import Box, Mask, Polygon

WIDTH, HEIGHT = 40, 30


def coco(*annotations: dict[str, Any], **more: Any) -> bytes:
    document = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": WIDTH, "height": HEIGHT}],
        "categories": [{"id": 7, "name": "Coin"}],
        "annotations": [{"image_id": 1, "category_id": 7, **a} for a in annotations],
    }
    return json.dumps(document | more).encode()


def shape_of(annotation: dict[str, Any]) -> Box | Polygon | Mask:
    [image] = read_coco(coco(annotation)).iter_from(0)
    return image.labels[0].shape(WIDTH, HEIGHT)


def yolo_shape(line: str) -> Box | Polygon | Mask:
    [image] = YoloFile(["labels/a.txt"], lambda _: line, {0: "Coin"}).iter_from(0)
    return image.labels[0].shape(WIDTH, HEIGHT)


def test_box_is_corner_and_size() -> None:
    assert shape_of({"bbox": [5, 6, 10, 12]}) == Box(x0=5, y0=6, x1=15, y1=18)


def test_box_is_cut_off_at_the_edge() -> None:
    assert shape_of({"bbox": [-5, 20, 20, 50]}) == Box(x0=0, y0=20, x1=15, y1=30)


def test_polygon_comes_before_its_box() -> None:
    shape = shape_of({"bbox": [0, 0, 9, 9], "segmentation": [[1, 1, 9, 1, 9, 9]]})
    assert isinstance(shape, Polygon)
    assert shape.parts == ((((1, 1), (9, 1), (9, 9)),),)


def test_several_outlines_are_parts() -> None:
    shape = shape_of({"segmentation": [[1, 1, 9, 1, 9, 9], [20, 20, 30, 20, 30, 28]]})
    assert isinstance(shape, Polygon)
    assert len(shape.parts) == 2


@pytest.mark.parametrize(
    "rings",
    [[[2, 2, 30, 28, 30, 2, 2, 20]], [[2, 2, 20, 2, 20, 20, 2, 20], [10, 10, 30, 10, 30, 28, 10, 28]]],
)
def test_outlines_that_cross_are_kept_as_their_pixels(rings: list[list[float]]) -> None:
    shape = shape_of({"segmentation": rings})
    assert isinstance(shape, Mask)
    filled = np.zeros((HEIGHT, WIDTH), np.bool_)
    for ring in rings:
        part = Polygon.model_validate({"parts": [[list(zip(ring[::2], ring[1::2], strict=True))]]})
        filled |= rasterise(part, height=HEIGHT, width=WIDTH)
    assert np.array_equal(rasterise(shape, height=HEIGHT, width=WIDTH), filled)


def test_both_forms_of_run_lengths_give_the_same_mask() -> None:
    raster = np.zeros((HEIGHT, WIDTH), np.bool_)
    raster[3:9, 4:11] = True
    flat = np.concatenate([[0], raster.ravel("F").astype(int), [0]])
    borders = np.flatnonzero(np.diff(flat))
    counts = np.diff([0, *borders.tolist(), HEIGHT * WIDTH]).tolist()
    packed = encode(raster)
    forms = [shape_of({"segmentation": {"size": [HEIGHT, WIDTH], "counts": c}}) for c in (counts, packed.counts)]
    assert forms == [packed, packed]


@pytest.mark.parametrize(
    ("annotation", "problem"),
    [
        ({}, "bbox is not a list"),
        ({"bbox": [1, 2, 3]}, "bbox needs"),
        ({"bbox": [1, 2, -3, 4]}, "no width"),
        ({"bbox": [1, 2, float("nan"), 4]}, "not a finite number"),
        ({"bbox": [1, 2, "3", 4]}, "not a finite number"),
        ({"bbox": [1, 2, 1e400, 4]}, "not a finite number"),
        ({"bbox": [100, 100, 3, 4]}, "no area inside"),
        ({"segmentation": [[1, 1, 2, 2]]}, "at least 3 points"),
        ({"segmentation": [[1, 1, 2, 2, 3]]}, "at least 3 points"),
        ({"segmentation": [[1, 1, 2, 2, 3, 3]]}, "enclose an area"),
        ({"segmentation": [[99, 99, 120, 99, 120, 120]]}, "outside the picture"),
        ({"segmentation": [None]}, "not a list"),
        ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": [5, 5]}}, "do not add up"),
        ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": [-5, 1205]}}, "do not add up"),
        ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": [1200]}}, "no pixel"),
        ({"segmentation": {"size": [9, 9], "counts": [81]}}, "the picture is"),
        ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": "zzz~"}}, "pattern"),
        ({"segmentation": {"size": [HEIGHT, WIDTH]}}, "not a list"),
    ],
)
def test_annotation_that_cannot_stand_is_refused_with_the_reason(annotation: dict[str, Any], problem: str) -> None:
    with pytest.raises(LabelRefused, match=problem):
        shape_of(annotation)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"images": [], "annotations": []}',
        b'{"images": [{"id": 1}], "annotations": []}',
        b'{"images": [{"id": 1, "file_name": "a"}]}',
        b"[" * 200_000,
        b"\xff\xfe",
    ],
)
def test_document_that_is_no_coco_is_refused(text: bytes) -> None:
    with pytest.raises(ImportRefused):
        read_coco(text)


def test_annotations_of_no_image_are_counted() -> None:
    assert read_coco(coco({"image_id": 99}, {"image_id": [1]}, {"bbox": [1, 1, 2, 2]})).stray == 2


def test_class_of_a_label_is_its_name() -> None:
    [image] = read_coco(coco({"bbox": [1, 1, 2, 2]}, {"category_id": 8}, {"category_id": [7]})).iter_from(0)
    assert [label.category for label in image.labels] == ["Coin", "8", "[7]"]


def test_yolo_box_is_centre_and_size_in_shares() -> None:
    assert yolo_shape("0 0.5 0.5 0.25 0.2") == Box(x0=15, y0=12, x1=25, y1=18)


def test_yolo_outline_is_a_polygon() -> None:
    shape = yolo_shape("0 0.1 0.1 0.5 0.1 0.5 0.5")
    assert isinstance(shape, Polygon)
    assert shape.parts[0][0] == ((4, 3), (20, 3), (20, 15))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("0", "a class and 4 numbers"),
        ("0 0.5 0.5", "a class and 4 numbers"),
        ("0 0.5 0.5 nan 0.2", "not a finite number"),
        ("0 a b c d", "not a number"),
        ("0 120 80 30 40", "shares of width"),
        ("0 0.5 0.5 0 0.2", "no width"),
        ("0 0.1 0.1 0.5 0.1 0.5 0.5 0.7", "a class and 4 numbers"),
    ],
)
def test_yolo_line_that_cannot_stand_is_refused_with_the_reason(line: str, problem: str) -> None:
    with pytest.raises(LabelRefused, match=problem):
        yolo_shape(line)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("classes.txt", "coin\nbutton\n"),
        ("data.yaml", "train: a\nnames: [coin, 'button']\nnc: 2\n"),
        ("data.yaml", "names:\n  0: coin\n  1: button\nnc: 2\n"),
        ("data.yaml", 'nc: 2\nnames:\n  - coin\n  - "button"\n'),
        ("data.yaml", "names:\n- coin\n- button\n"),
    ],
)
def test_names_are_read_from_every_usual_file(file: str, text: str) -> None:
    assert read_names(file, text) == {0: "coin", 1: "button"}


def picture(number: int, key: str) -> Picture:
    return Picture(number, number, key, WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("name", "has_extension", "found"),
    [
        ("org/1/train/a.jpg", True, 1),
        ("train/a.jpg", True, 1),
        ("test\\a.jpg", True, 2),
        ("b.jpg", True, 3),
        ("elsewhere/b.jpg", True, 3),
        ("a.jpg", True, None),
        ("b.png", True, None),
        ("train/a", False, 1),
        ("b", False, 3),
        ("a", False, None),
        ("c", False, None),
    ],
)
def test_picture_is_found_by_its_key_or_the_only_one_that_ends_so(
    name: str, has_extension: bool, found: int | None
) -> None:
    index = PictureIndex([picture(1, "org/1/train/a.jpg"), picture(2, "org/1/test/a.jpg"), picture(3, "org/1/b.jpg")])
    match, problem = index.find(LabelledImage(name, has_extension, None, None, ()))
    assert (match.image_id if match else None) == found
    assert bool(problem) == (found is None)
