"""Which class of a project the name of a model's class suggests."""

import pytest

from domain.models.likeness import LEAST, Suggested, normalise, suggest_classes
from schema.models import ModelClass
from schema.projects import ClassSpec


def suggest(name: str, *known: str, retired: tuple[str, ...] = ()) -> Suggested:
    """Suggest for one name; classes have the ids 1, 2, … in the order given, the retired ones first."""
    named = [*retired, *known]
    specs = [ClassSpec(class_id=i, name=n, retired=n in retired) for i, n in enumerate(named, 1)]
    [found] = suggest_classes([ModelClass(index=7, name=name)], specs)
    return found


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Coin", "coin"),
        ("traffic_light", "Traffic lights"),
        ("trafficLight", "traffic-light"),
        ("berries", "Berry"),
        ("boxes", "box"),
        ("ＣＯＩＮ", "coin"),
    ],
)
def test_case_separators_and_plural_make_no_difference(name: str, known: str) -> None:
    assert suggest(name, "something else", known) == Suggested(7, name, 2, 1.0)


@pytest.mark.parametrize("name", ["glass", "bus", "iris", "gas"])
def test_word_that_only_ends_like_a_plural_stays(name: str) -> None:
    assert normalise(name) == name


def test_order_of_words_makes_no_difference() -> None:
    assert suggest("light red", "red light").class_id == 1


def test_misspelt_name_suggests_the_likest_class() -> None:
    found = suggest("bicylce", "motorcycle", "bicycle")
    assert (found.class_id, LEAST <= found.likeness < 1) == (2, True)


def test_unlike_name_suggests_nothing() -> None:
    assert suggest("zebra", "coin", "ebb") == Suggested(7, "zebra", None, 0.0)


@pytest.mark.parametrize(("name", "known"), [("grade 1", "grade 2"), ("mp3", "mp4"), ("class", "class 5")])
def test_another_number_is_another_class(name: str, known: str) -> None:
    assert suggest(name, known) == Suggested(7, name, None, 0.0)


def test_retired_class_is_never_suggested() -> None:
    assert suggest("coin", retired=("coin",)).class_id is None
    assert suggest("coin", "coins", retired=("coin",)).class_id == 2


def test_class_may_be_suggested_for_several() -> None:
    specs = [ClassSpec(class_id=3, name="car")]
    classes = [ModelClass(index=0, name="car"), ModelClass(index=1, name="Cars")]
    assert [s.class_id for s in suggest_classes(classes, specs)] == [3, 3]


def test_smaller_id_wins_among_equally_like_classes() -> None:
    assert suggest("coinx", "coiny", "coinz").class_id == 1


def test_project_without_a_class_in_use_suggests_nothing() -> None:
    assert suggest("coin") == Suggested(7, "coin", None, 0.0)
