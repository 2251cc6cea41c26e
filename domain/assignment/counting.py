"""What an answer made of the pre-labels that its lease was shown. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from schema.enums import Origin
from schema.objects import LabelObject


@dataclass(frozen=True, slots=True)
class Counts:
    """Objects of an answer: drawn anew, changed pre-labels, pre-labels kept as they were; and pre-labels left out."""

    new: int = 0
    edited: int = 0
    accepted: int = 0
    deleted: int = 0


def count_objects(shown: Sequence[LabelObject], answer: Sequence[LabelObject]) -> Counts:
    """Count an answer whose lineage is told (`domain.prelabel.rules.with_lineage`).

    Each object of the answer counts once, a pre-label that was split as many objects; without pre-labels all are new.
    """
    origins = [drawn.origin for drawn in answer]
    accepted, edited = origins.count(Origin.PRELABEL_ACCEPTED), origins.count(Origin.PRELABEL_EDITED)
    used = {source for drawn in answer for source in (drawn.id, *drawn.derived_from)}
    return Counts(
        new=len(answer) - accepted - edited,
        edited=edited,
        accepted=accepted,
        deleted=sum(s.id not in used for s in shown),
    )
