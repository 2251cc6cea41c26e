"""What a class mapping may say, and when two are the same."""

import hashlib

import pytest

from domain.models.errors import MappingInvalid
from domain.models.rules import digest_files, digest_mapping, make_mapping
from schema.models import ClassMapping, MappedClass, ModelCard, ModelClass, ModelFamily, ModelFile, ModelTask
from schema.projects import ClassSpec, Ontology

ONTOLOGY = Ontology(
    classes=(
        ClassSpec(class_id=1, name="coin"),
        ClassSpec(class_id=2, name="button"),
        ClassSpec(class_id=3, name="key", retired=True),
    )
)
CARD = ModelCard(
    family=ModelFamily.ONNX_BOXES,
    task=ModelTask.BOXES,
    architecture="made up",
    classes=(ModelClass(index=4, name="a"), ModelClass(index=9, name="b")),
    files=(ModelFile(name="m.onnx", bytes=1, sha256="0" * 64),),
)


def choose(*pairs: tuple[int, int | None], threshold: float | None = None) -> ClassMapping:
    classes = [MappedClass(index=index, class_id=class_id, threshold=threshold) for index, class_id in pairs]
    return make_mapping(classes, card=CARD, ontology=ONTOLOGY)


def test_same_choice_in_another_order_is_the_same_mapping() -> None:
    assert digest_mapping(choose((4, 1), (9, 2))) == digest_mapping(choose((9, 2), (4, 1)))


def test_leaving_a_class_out_is_saying_nothing_of_it() -> None:
    assert digest_mapping(choose((4, 1), (9, None))) == digest_mapping(choose((4, 1)))


def test_another_class_or_threshold_is_another_mapping() -> None:
    same = [choose((4, 1)), choose((4, 2)), choose((9, 1)), choose((4, 1), threshold=0.3)]
    assert len({digest_mapping(mapping) for mapping in same}) == 4


def test_several_classes_of_a_model_may_become_one() -> None:
    assert [c.class_id for c in choose((4, 2), (9, 2)).classes] == [2, 2]


@pytest.mark.parametrize(
    ("pairs", "field", "says"),
    [
        ([(4, 1), (5, 1)], "classes[1].index", "4 to 9"),
        ([(4, 1), (4, 2)], "classes[1].index", "twice"),
        ([(4, 7)], "classes[0].class_id", "no class 7"),
        ([(9, 1), (4, 3)], "classes[1].class_id", "key) is retired"),
        ([(4, None)], "classes", "left out"),
    ],
)
def test_refusal_names_the_field(pairs: list[tuple[int, int | None]], field: str, says: str) -> None:
    with pytest.raises(MappingInvalid) as refusal:
        choose(*pairs)
    assert refusal.value.message.startswith(f"{field}: ")
    assert says in refusal.value.message


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(MappingInvalid, match=r"and 2 more") as refusal:
        choose((4, 7), (5, 1), (9, 3))
    problems = refusal.value.facts["problems"]
    assert isinstance(problems, list)
    assert [p["field"] for p in problems] == ["classes[0].class_id", "classes[1].index", "classes[2].class_id"]


def test_files_as_one_are_what_sha256sum_lists() -> None:
    first, second = (ModelFile(name=name, bytes=1, sha256=digit * 64) for name, digit in (("a", "f"), ("b", "0")))
    listed = f"{'f' * 64}  a\n{'0' * 64}  b\n".encode()
    assert digest_files([second, first]) == digest_files([first, second]) == hashlib.sha256(listed).hexdigest()
