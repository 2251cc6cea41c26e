"""What an answer made of its pre-labels, in numbers."""

from domain.assignment.counting import Counts, count_objects
from domain.prelabel.rules import with_lineage
from schema.enums import Origin
from schema.geometry import Box
from schema.ids import new_object_id
from schema.objects import LabelObject


def drawn(x: float = 0.0, *, class_id: int = 1, **more: object) -> LabelObject:
    shape = Box(x0=x, y0=0, x1=x + 10, y1=10)
    facts = {"id": new_object_id(), "class_id": class_id, "shape": shape} | more
    return LabelObject.model_validate(facts)


def count(shown: list[LabelObject], answer: list[LabelObject]) -> Counts:
    return count_objects(shown, with_lineage(shown, answer))


def test_without_pre_labels_everything_is_new() -> None:
    assert count([], [drawn(), drawn(20)]) == Counts(new=2)


def test_each_object_is_counted_by_what_it_comes_from() -> None:
    kept, changed, left_out = (drawn(x) for x in (0.0, 20.0, 40.0))
    answer = [kept, changed.model_copy(update={"class_id": 2}), drawn(60)]
    assert count([kept, changed, left_out], answer) == Counts(new=1, edited=1, accepted=1, deleted=1)


def test_a_split_pre_label_is_two_edited_objects_and_none_deleted() -> None:
    shown = drawn()
    halves = [drawn(x, derived_from=(shown.id,)) for x in (1.0, 5.0)]
    assert count([shown], halves) == Counts(edited=2)


def test_an_empty_answer_deletes_every_pre_label() -> None:
    assert count([drawn(), drawn(20)], []) == Counts(deleted=2)


def test_what_is_claimed_of_a_pre_label_that_was_not_shown_is_new() -> None:
    assert count([], [drawn(origin=Origin.PRELABEL_ACCEPTED)]) == Counts(new=1)
