"""What people made of the pre-labels they were shown: told by what stands there, not by what was claimed."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.prelabel.rules import tell_outcomes, with_lineage
from schema.enums import Origin
from schema.geometry import Box
from schema.ids import new_object_id
from schema.objects import LabelObject

SHOWN_ID, OTHER_ID = new_object_id(), new_object_id()


def label(id: UUID | None = None, *, x0: float = 1.0, class_id: int = 1, **more: object) -> LabelObject:
    shape = Box(x0=x0, y0=1, x1=90, y1=90)
    return LabelObject.model_validate({"id": id or new_object_id(), "class_id": class_id, "shape": shape} | more)


SHOWN = label(SHOWN_ID, origin=Origin.MODEL, score=0.75)


def lineage(drawn: LabelObject) -> tuple[Origin, tuple[UUID, ...]]:
    [told] = with_lineage([SHOWN], [drawn])
    return told.origin, told.derived_from


@pytest.mark.parametrize("claim", list(Origin))
def test_unchanged_pre_label_is_accepted_whatever_is_claimed(claim: Origin) -> None:
    assert lineage(label(SHOWN_ID, origin=claim)) == (Origin.PRELABEL_ACCEPTED, (SHOWN_ID,))


@pytest.mark.parametrize("claim", list(Origin))
@pytest.mark.parametrize("change", [{"x0": 2.0}, {"class_id": 2}, {"attributes": {"bent": True}}], ids=str)
def test_changed_pre_label_is_edited_whatever_is_claimed(claim: Origin, change: dict[str, object]) -> None:
    assert lineage(label(SHOWN_ID, origin=claim, **change)) == (Origin.PRELABEL_EDITED, (SHOWN_ID,))  # type: ignore[arg-type]


def test_object_of_another_id_that_names_a_pre_label_comes_from_it() -> None:
    assert lineage(label(OTHER_ID, derived_from=(SHOWN_ID,))) == (Origin.PRELABEL_ACCEPTED, (SHOWN_ID,))
    assert lineage(label(OTHER_ID, x0=5, derived_from=(SHOWN_ID,))) == (Origin.PRELABEL_EDITED, (SHOWN_ID,))


@pytest.mark.parametrize(
    "claim", [Origin.PRELABEL_ACCEPTED, Origin.PRELABEL_EDITED, Origin.MODEL, Origin.IMPORT], ids=str
)
def test_object_that_comes_from_no_pre_label_shown_was_drawn(claim: Origin) -> None:
    assert lineage(label(OTHER_ID, origin=claim))[0] is Origin.DRAWN


def test_object_that_was_drawn_with_help_stays_so() -> None:
    assert lineage(label(OTHER_ID, origin=Origin.ASSISTED)) == (Origin.ASSISTED, ())


def test_score_and_order_are_left_as_they_came() -> None:
    answer = [label(OTHER_ID), label(SHOWN_ID, score=0.75)]
    assert [(o.id, o.score) for o in with_lineage([SHOWN], answer)] == [(OTHER_ID, None), (SHOWN_ID, 0.75)]


def test_each_pre_label_is_accepted_edited_or_deleted() -> None:
    kept, changed, gone = (label() for _ in range(3))
    answer = [kept, label(changed.id, x0=7), label()]
    outcomes = tell_outcomes([kept, changed, gone], answer)
    assert (outcomes.accepted, outcomes.edited, outcomes.deleted) == ((kept.id,), (changed.id,), (gone.id,))


def test_pre_label_that_was_split_is_edited_and_one_that_was_copied_accepted() -> None:
    halves = [label(x0=x, derived_from=(SHOWN_ID,)) for x in (20, 40)]
    assert tell_outcomes([SHOWN], halves).edited == (SHOWN_ID,)
    assert tell_outcomes([SHOWN], [*halves, label(SHOWN_ID)]).accepted == (SHOWN_ID,)


@given(st.lists(st.sampled_from(["keep", "change", "drop", "rename"]), max_size=8))
def test_outcomes_divide_what_was_shown_and_agree_with_the_origins(doings: list[str]) -> None:
    shown = [label() for _ in doings]
    answer = []
    for source, doing in zip(shown, doings, strict=True):
        if doing == "rename":
            answer.append(label(derived_from=(source.id,)))
        elif doing != "drop":
            answer.append(label(source.id, x0=1 if doing == "keep" else 9))
    outcomes = tell_outcomes(shown, answer)
    told = with_lineage(shown, answer)
    named = {o.derived_from[0]: o.origin for o in told}
    assert set(outcomes.accepted) | set(outcomes.edited) | set(outcomes.deleted) == {s.id for s in shown}
    assert len(outcomes.accepted) + len(outcomes.edited) + len(outcomes.deleted) == len(shown)
    assert all(named[i] is Origin.PRELABEL_ACCEPTED for i in outcomes.accepted)
    assert all(named[i] is Origin.PRELABEL_EDITED for i in outcomes.edited)
    assert with_lineage(shown, told) == told
