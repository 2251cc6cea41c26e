"""Which tasks show no pre-label, and what people made of those that were shown. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from schema.enums import Origin
from schema.objects import LabelObject

CLAIMED = frozenset({Origin.PRELABEL_ACCEPTED, Origin.PRELABEL_EDITED, Origin.MODEL, Origin.IMPORT})
_HASHED = 2**64


def is_hidden(task_id: int, share: float) -> bool:
    """Tell whether a task belongs to the hidden arm, of which `share` in [0, 1] of all tasks are.

    The same task always gives the same answer, and a task of a small share is one of a larger share too: the first 64
    bits of a hash of its id, as a number in [0, 1), are compared with the share.
    """
    digest = hashlib.blake2b(task_id.to_bytes(8, "big"), digest_size=8, person=b"hidden-arm").digest()
    return int.from_bytes(digest, "big") < share * _HASHED


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of shown pre-labels, by their ids; every one is in exactly one of the three, in the order shown."""

    accepted: tuple[UUID, ...]
    edited: tuple[UUID, ...]
    deleted: tuple[UUID, ...]


def tell_outcomes(shown: Sequence[LabelObject], answer: Sequence[LabelObject]) -> Outcomes:
    """Tell which pre-labels an answer kept as they were, which it changed, and which it has nothing of.

    One that an answer holds several times (it was split, or copied) is accepted where one of them is unchanged.
    """
    kept: dict[UUID, bool] = {}
    by_id = {s.id: s for s in shown}
    for drawn in answer:
        for source in _sources(drawn, by_id):
            kept[source] = kept.get(source, False) or _is_same(by_id[source], drawn)
    return Outcomes(
        accepted=tuple(s.id for s in shown if kept.get(s.id) is True),
        edited=tuple(s.id for s in shown if kept.get(s.id) is False),
        deleted=tuple(s.id for s in shown if s.id not in kept),
    )


def with_lineage(shown: Sequence[LabelObject], answer: Sequence[LabelObject]) -> tuple[LabelObject, ...]:
    """Return an answer whose objects say truly what they have of the pre-labels that were shown, whatever was claimed.

    An object that has the id of a pre-label or names it in `derived_from` is accepted when its shape, class and
    attributes are the pre-label's, else edited, and names it. One that names none was drawn.
    """
    by_id = {s.id: s for s in shown}
    return tuple(_with_lineage(drawn, by_id) for drawn in answer)


def _with_lineage(drawn: LabelObject, by_id: dict[UUID, LabelObject]) -> LabelObject:
    sources = _sources(drawn, by_id)
    if not sources:
        return drawn.model_copy(update={"origin": Origin.DRAWN}) if drawn.origin in CLAIMED else drawn
    is_same = any(_is_same(by_id[source], drawn) for source in sources)
    named = (*drawn.derived_from, *(s for s in sources if s not in drawn.derived_from))
    origin = Origin.PRELABEL_ACCEPTED if is_same else Origin.PRELABEL_EDITED
    return drawn.model_copy(update={"origin": origin, "derived_from": named})


def _sources(drawn: LabelObject, by_id: dict[UUID, LabelObject]) -> list[UUID]:
    """The pre-labels that an object comes from."""
    return [source for source in dict.fromkeys((drawn.id, *drawn.derived_from)) if source in by_id]


def _is_same(shown: LabelObject, drawn: LabelObject) -> bool:
    return (shown.class_id, shown.shape, shown.attributes) == (drawn.class_id, drawn.shape, drawn.attributes)
