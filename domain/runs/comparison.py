"""How two sets of objects of the same pictures differ: greedy one-to-one matches by IoU, counted by class. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from domain.consensus.answers import Answer
from domain.consensus.matching import cluster
from domain.consensus.similarity import compare
from schema.geometry import Tag
from schema.objects import LabelObject

Objects = tuple[LabelObject, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Two objects that stand for the same thing, by their places in `a` and `b`, and how alike they are, in [0, 1]."""

    a: int
    b: int
    iou: float


@dataclass(frozen=True, slots=True)
class PictureMatches:
    """What of two sets matches on one picture: in place and class, and in place only."""

    same_class: tuple[Match, ...]
    other_class: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Two sets in one class. `mean_iou` is over pairs that have a place; a tag has none."""

    class_id: int
    objects_a: int
    objects_b: int
    matched: int
    mean_iou: float | None

    @property
    def f1(self) -> float | None:
        """2 x matched / (objects_a + objects_b): F1 of either set as the truth (van Rijsbergen 1979; Dice 1945)."""
        both = self.objects_a + self.objects_b
        return 2 * self.matched / both if both else None


def match_picture(a: Objects, b: Objects, *, height: int, width: int, match_iou: float) -> PictureMatches:
    """Match the objects of two sets on a picture of `height` x `width` px one to one, the most alike first.

    Pairs of one class come first, at least `match_iou` alike; what is left may match whatever its class. How shapes
    compare is told in `domain.consensus.similarity`. Raises MaskSizeDiffers for a mask of another picture's size.
    """
    if not a or not b:
        return PictureMatches((), ())
    alike = compare([Answer(1, 1, a), Answer(2, 2, b)], height=height, width=width).similarity[0, 1]
    classes_a, classes_b = (np.array([o.class_id for o in objects]) for objects in (a, b))
    is_same = classes_a[:, None] == classes_b[None, :]
    same = _greedy(np.where(is_same, alike, 0.0), match_iou)
    left = alike.copy()
    left[[m.a for m in same], :] = 0.0
    left[:, [m.b for m in same]] = 0.0
    return PictureMatches(same, _greedy(np.where(is_same, 0.0, left), match_iou))


def _greedy(alike: NDArray[np.float64], match_iou: float) -> tuple[Match, ...]:
    found = cluster(alike.shape, {(0, 1): alike}, match_iou)
    pairs = [c.members for c in found if len(c.members) == 2]
    return tuple(Match(one[1], other[1], float(alike[one[1], other[1]])) for one, other in pairs)


@dataclass
class ComparisonSums:
    """The sums of a comparison by class; grows picture by picture."""

    objects_a: Counter[int] = field(default_factory=Counter)
    objects_b: Counter[int] = field(default_factory=Counter)
    matched: Counter[int] = field(default_factory=Counter)
    located: Counter[int] = field(default_factory=Counter)
    iou_sum: dict[int, float] = field(default_factory=dict)

    def add(self, a: Objects, b: Objects, matches: PictureMatches) -> None:
        self.objects_a.update(_classes(a))
        self.objects_b.update(_classes(b))
        for match in matches.same_class:
            class_id = a[match.a].class_id
            self.matched[class_id] += 1
            if not isinstance(a[match.a].shape, Tag):
                self.located[class_id] += 1
                self.iou_sum[class_id] = self.iou_sum.get(class_id, 0.0) + match.iou

    def figures(self) -> tuple[ClassFigures, ...]:
        """Return the figures of every class that either set has an object of, by class id."""
        return tuple(
            ClassFigures(
                class_id=c,
                objects_a=self.objects_a[c],
                objects_b=self.objects_b[c],
                matched=self.matched[c],
                mean_iou=self.iou_sum[c] / self.located[c] if self.located[c] else None,
            )
            for c in sorted(self.objects_a.keys() | self.objects_b.keys())
        )


def _classes(objects: Objects) -> Iterable[int]:
    return (o.class_id for o in objects)
