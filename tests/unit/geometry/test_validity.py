"""Every fault of an answer is found and named."""

import uuid

import numpy as np
import pytest

from domain.geometry.errors import InvalidObjects
from domain.geometry.rle import encode
from domain.geometry.validity import check_objects
from schema.geometry import Box, Polygon, RotatedBox
from schema.objects import LabelObject
from schema.projects import Ontology

ONTOLOGY = Ontology.model_validate(
    {
        "classes": [
            {"class_id": 1, "name": "coin"},
            {
                "class_id": 2,
                "name": "car",
                "attributes": [
                    {"key": "colour", "kind": "choice", "choices": ["red", "blue"], "required": True},
                    {"key": "parked", "kind": "boolean"},
                    {"key": "doors", "kind": "number"},
                ],
            },
        ]
    }
)
SQUARE = Polygon(parts=((((10, 10), (20, 10), (20, 20), (10, 20)),),))
BOW_TIE = Polygon(parts=((((10, 10), (20, 20), (20, 10), (10, 22)),),))


def make_object(shape=SQUARE, class_id=1, **attributes):
    return LabelObject(id=uuid.uuid4(), class_id=class_id, shape=shape, attributes=attributes)


def find_paths(*objects):
    with pytest.raises(InvalidObjects) as caught:
        check_objects(objects, height=60, width=80, ontology=ONTOLOGY)
    return [problem.path for problem in caught.value.problems]


def test_sound_objects_pass():
    objects = [make_object(), make_object(class_id=2, colour="red", parked=True, doors=4)]
    assert check_objects(objects, height=60, width=80, ontology=ONTOLOGY) is None


def test_empty_answer_passes():
    assert check_objects([], height=60, width=80, ontology=ONTOLOGY) is None


def test_polygon_that_crosses_itself_is_named():
    assert find_paths(make_object(), make_object(BOW_TIE)) == ["objects[1].shape.parts"]


def test_message_says_where_the_outline_crosses():
    with pytest.raises(InvalidObjects, match=r"self-intersection at \(15\.\d+, 15\.\d+\)"):
        check_objects([make_object(BOW_TIE)], height=60, width=80, ontology=ONTOLOGY)


def test_hole_outside_its_part_is_named():
    hole = ((30, 30), (35, 30), (35, 35))
    assert find_paths(make_object(Polygon(parts=((SQUARE.parts[0][0], hole),)))) == ["objects[0].shape.parts"]


def test_overlapping_parts_are_named():
    shifted = tuple((x + 5, y) for x, y in SQUARE.parts[0][0])
    assert find_paths(make_object(Polygon(parts=(SQUARE.parts[0], (shifted,))))) == ["objects[0].shape.parts"]


def test_one_pixel_outside_is_tolerated():
    box = make_object(Box(x0=-1, y0=-1, x1=81, y1=61))
    assert check_objects([box], height=60, width=80, ontology=ONTOLOGY) is None


def test_box_further_outside_is_named():
    assert find_paths(make_object(Box(x0=-1.01, y0=0, x1=5, y1=5))) == ["objects[0].shape"]


def test_corner_of_a_rotated_box_may_stick_out():
    box = make_object(RotatedBox(cx=5, cy=5, width=30, height=4, angle_deg=30))
    assert check_objects([box], height=60, width=80, ontology=ONTOLOGY) is None


def test_mask_of_another_size_is_named():
    assert find_paths(make_object(encode(np.ones((80, 60), bool)))) == ["objects[0].shape.size"]


def test_unknown_class_is_named():
    assert find_paths(make_object(class_id=7)) == ["objects[0].class_id"]


@pytest.mark.parametrize(
    ("attributes", "key"),
    [
        ({"colour": "red", "wheels": 4}, "wheels"),
        ({"colour": "green"}, "colour"),
        ({"colour": True}, "colour"),
        ({"colour": "red", "parked": 1}, "parked"),
        ({"colour": "red", "doors": True}, "doors"),
        ({"colour": "red", "doors": "4"}, "doors"),
        ({}, "colour"),
    ],
)
def test_wrong_attribute_is_named(attributes, key):
    assert find_paths(make_object(class_id=2, **attributes)) == [f"objects[0].attributes.{key}"]


def test_every_fault_is_collected():
    assert len(find_paths(make_object(BOW_TIE, class_id=7), make_object(class_id=2))) == 3
