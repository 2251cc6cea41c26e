"""A difference applied to a draft."""

from typing import Any

import pytest

from domain.assignment.drafting import DraftChange, apply_change
from domain.geometry.errors import InvalidObjects
from schema.geometry import Box
from schema.ids import new_object_id
from schema.objects import MAX_OBJECTS, LabelObject, dump_objects


def drawn(class_id: int = 1) -> LabelObject:
    return LabelObject(id=new_object_id(), class_id=class_id, shape=Box(x0=0, y0=0, x1=9, y1=9))


def change(**more: Any) -> DraftChange:
    return DraftChange(sequence=2, base_sequence=1, **more)


def test_nothing_changed_leaves_all_in_order() -> None:
    objects = dump_objects((drawn(), drawn()))
    assert apply_change(objects, change()) == objects


def test_replaced_objects_keep_their_place_and_new_ones_come_last() -> None:
    first, second, third = drawn(), drawn(), drawn()
    other = first.model_copy(update={"class_id": 2})
    assert apply_change(dump_objects((first, second)), change(put=(third, other))) == dump_objects(
        (other, second, third)
    )


def test_what_is_deleted_and_put_at_once_comes_last() -> None:
    first, second = drawn(), drawn()
    changed = apply_change(dump_objects((first, second)), change(put=(first,), delete=(first.id,)))
    assert changed == dump_objects((second, first))


def test_no_more_objects_than_an_answer_may_have() -> None:
    objects = dump_objects(tuple(drawn() for _ in range(MAX_OBJECTS)))
    with pytest.raises(InvalidObjects):
        apply_change(objects, change(put=(drawn(),)))
