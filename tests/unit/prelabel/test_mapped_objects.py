"""A model's own classes become a project's: by its mapping, above its thresholds, with the ids that the model gave."""

import pytest

from domain.prelabel.mapping import map_objects
from schema.enums import Origin
from schema.geometry import Box
from schema.ids import new_object_id
from schema.models import ClassMapping, MappedClass, ModelCard, ModelFamily, ModelFile, ModelTask, Thresholds
from schema.objects import LabelObject

CARD = ModelCard(
    family=ModelFamily.ONNX_BOXES,
    task=ModelTask.BOXES,
    architecture="test",
    classes=(),
    thresholds=Thresholds(floor=0.1, score=0.5),
    files=(ModelFile(name="m.onnx", bytes=1, sha256="0" * 64),),
)


def raw(index: int, score: float | None) -> LabelObject:
    return LabelObject(id=new_object_id(), class_id=index + 1, shape=Box(x0=1, y0=1, x1=9, y1=9), score=score)


def mapping(*classes: tuple[int, int | None, float | None]) -> ClassMapping:
    return ClassMapping(classes=tuple(MappedClass(index=i, class_id=c, threshold=t) for i, c, t in classes))


def test_object_gets_the_projects_class_and_keeps_its_id_score_and_shape() -> None:
    given = raw(0, 0.9)
    assert map_objects((given,), mapping((0, 7, None)), CARD) == (
        given.model_copy(update={"class_id": 7, "origin": Origin.MODEL}),
    )


def test_classes_that_are_mapped_to_none_or_not_at_all_give_nothing() -> None:
    assert map_objects((raw(0, 0.9), raw(1, 0.9)), mapping((0, None, None)), CARD) == ()


@pytest.mark.parametrize(
    ("threshold", "score", "stays"),
    [(None, 0.5, True), (None, 0.49, False), (0.2, 0.2, True), (0.2, 0.19, False), (0.0, 0.1, True), (0.9, None, True)],
)
def test_threshold_is_the_classes_own_or_the_cards(threshold: float | None, score: float | None, stays: bool) -> None:
    assert bool(map_objects((raw(3, score),), mapping((3, 1, threshold)), CARD)) is stays


def test_two_classes_of_a_model_may_become_one_of_the_project_and_order_stays() -> None:
    objects = (raw(1, 0.9), raw(0, 0.8), raw(1, 0.7))
    mapped = map_objects(objects, mapping((0, 4, None), (1, 4, None)), CARD)
    assert [(o.id, o.class_id) for o in mapped] == [(o.id, 4) for o in objects]
