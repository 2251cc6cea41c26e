"""What one item says of agreement, as sums: figures of a project are sums of these, so an answer costs its own item."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.agreement.match_f1 import match_f1

Coincidence = tuple[str, str, float]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two people on one item; `member_a` < `member_b`.

    `matched` counts the objects both drew, `located` those of them with a place (all but tags), `iou_sum` is over
    the located, `same_class` counts the matched whose classes agree.
    """

    member_a: int
    member_b: int
    objects_a: int
    objects_b: int
    matched: int
    located: int
    iou_sum: float
    same_class: int

    @property
    def both_empty(self) -> bool:
        return self.objects_a + self.objects_b == 0

    @property
    def match_f1(self) -> float:
        return match_f1(matched=self.matched, objects=self.objects_a + self.objects_b)


@dataclass(frozen=True, slots=True)
class ClassSums:
    """One class on one item, over all pairs of people: objects of both, matches in which both say this class."""

    class_id: int
    objects: int
    matched: int
    located: int
    iou_sum: float


@dataclass(frozen=True, slots=True)
class ItemAgreement:
    """The additive contributions of one item.

    `coincidences` are Krippendorff's, of the class given a match: (class, class, weight), every ordered pair, each
    matched thing a unit. `tag_coincidences` have the item as the unit and as value the tags a person gave it
    ("" none, "3", "3+7"), empty where nobody gave one.
    """

    pairs: tuple[PairAgreement, ...] = ()
    classes: tuple[ClassSums, ...] = ()
    coincidences: tuple[Coincidence, ...] = ()
    tag_coincidences: tuple[Coincidence, ...] = ()

    @property
    def match_f1(self) -> float | None:
        """The mean over pairs of people, two empty answers counting 1; None with fewer than two answers."""
        return sum(p.match_f1 for p in self.pairs) / len(self.pairs) if self.pairs else None

    @property
    def mean_iou(self) -> float | None:
        """The mean IoU of all matches that have a place; None without any."""
        located = sum(p.located for p in self.pairs)
        return sum(p.iou_sum for p in self.pairs) / located if located else None

    def to_json(self) -> dict[str, Any]:
        """Return a small JSON-ready form: rows of values in field order, IoU sums to 1e-6."""
        return {
            "pairs": [
                [
                    p.member_a,
                    p.member_b,
                    p.objects_a,
                    p.objects_b,
                    p.matched,
                    p.located,
                    round(p.iou_sum, 6),
                    p.same_class,
                ]
                for p in self.pairs
            ],
            "classes": [[c.class_id, c.objects, c.matched, c.located, round(c.iou_sum, 6)] for c in self.classes],
            "coincidences": [list(c) for c in self.coincidences],
            "tag_coincidences": [list(c) for c in self.tag_coincidences],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ItemAgreement":
        """Return what `to_json` stored."""
        return cls(
            pairs=tuple(PairAgreement(*row) for row in stored["pairs"]),
            classes=tuple(ClassSums(*row) for row in stored["classes"]),
            coincidences=tuple((one, other, float(weight)) for one, other, weight in stored["coincidences"]),
            tag_coincidences=tuple((one, other, float(weight)) for one, other, weight in stored["tag_coincidences"]),
        )
