"""Real answers of several annotators with published figures, where PLUMBLINE_ORACLE_DATA names their folder."""

import csv
import json
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from domain.agreement.krippendorff import alpha_from_units
from domain.consensus.answers import Answer
from domain.consensus.rules import merge_answers
from schema.geometry import Box, Polygon
from schema.ids import new_object_id
from schema.objects import LabelObject
from schema.projects import Policy

ORACLE = os.environ.get("PLUMBLINE_ORACLE_DATA")
pytestmark = pytest.mark.skipif(ORACLE is None, reason="PLUMBLINE_ORACLE_DATA does not name a folder of real answers")

EVERY = 10  # of the images, to stay quick
Item = tuple[Sequence[Answer], int, int]  # answers, height, width


def folder() -> Path:
    return Path(ORACLE or "")


def read_json(name: str) -> Any:
    return json.loads((folder() / name).read_text())


def answer(number: int, shapes: Sequence[tuple[int, Box | Polygon]]) -> Answer:
    objects = tuple(LabelObject(id=new_object_id(), class_id=class_id, shape=shape) for class_id, shape in shapes)
    return Answer(lease_id=number + 1, member_id=number + 1, objects=objects)


def boxes(corners: Sequence[Sequence[float]]) -> list[tuple[int, Box]]:
    """Boxes of x0 y0 x1 y1; clicks without an area are no boxes."""
    wide = [c for c in corners if round(c[2], 2) > round(c[0], 2) and round(c[3], 2) > round(c[1], 2)]
    return [(1, Box(x0=x0, y0=y0, x1=x1, y1=y1)) for x0, y0, x1, y1 in wide]


def facecount() -> Iterator[Item]:
    for image in read_json("boxes/facecount_boxes.json").values():
        corners = [a["boxes"] for a in image["annotations"]]
        size_px = int(max((c for drawn in corners for b in drawn for c in b), default=1)) + 1
        yield [answer(i, boxes(drawn)) for i, drawn in enumerate(corners)], size_px, size_px


def pedestrians() -> Iterator[Item]:
    for image in read_json("boxes/pedestrians7.json").values():
        answers = [
            answer(i, boxes([(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for x, y, w, h in a["boxes_xywh"]]))
            for i, a in enumerate(image["annotations"])
        ]
        yield answers, image["h"], image["w"]


def lvis() -> Iterator[Item]:
    data = read_json("polygons/lvis_double_100.json")
    for image in data["images"]:
        answers = []
        for i, rater in enumerate(image["rater_list"]):
            drawn = [a for a in data["annotations"] if (a["image_id"], a["rater_id"]) == (image["id"], rater)]
            rings = [[list(zip(s[::2], s[1::2], strict=True)) for s in a["segmentation"]] for a in drawn]
            polygons = [Polygon.model_validate({"parts": [[ring] for ring in parts]}) for parts in rings]
            answers.append(answer(i, [(a["category_id"], p) for a, p in zip(drawn, polygons, strict=True)]))
        yield answers, image["height"], image["width"]


@pytest.mark.parametrize("name", ["anaesthetist", "bluebird", "d_possent", "d_product", "dog", "face", "rte"])
def test_nominal_alpha_is_the_published_one(name: str) -> None:
    with (folder() / "labels" / f"{name}.labels.csv").open(newline="") as rows:
        labels = dict.fromkeys((row["item"], row["worker"], row["label"]) for row in csv.DictReader(rows))
    units: dict[str, list[str]] = {}
    for item, _, label in labels:
        units.setdefault(item, []).append(label)
    assert alpha_from_units(units.values()) == pytest.approx(
        read_json("expected.json")[name]["nominal_alpha"], abs=1e-5
    )


@pytest.mark.parametrize("items", [facecount, pedestrians, lvis], ids=lambda read: read.__name__)
def test_no_object_of_real_answers_is_lost(items: Any) -> None:
    for answers, height, width in islice(items(), 0, None, EVERY):
        found = merge_answers(answers, height=height, width=width, policy=Policy())
        versions = sorted(version for o in found.objects for version in o.versions)
        assert versions == sorted((a.lease_id, o.id) for a in answers for o in a.objects)
