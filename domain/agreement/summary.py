"""Agreement of a project, class or pair of people from the sums of its items. Pure; reads no answers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from domain.agreement.bootstrap import Interval, percentile_interval
from domain.agreement.item import ClassSums, Coincidence, ItemAgreement, PairAgreement
from domain.agreement.krippendorff import nominal_alpha
from domain.agreement.match_f1 import match_f1


@dataclass(frozen=True, slots=True)
class ClassAgreement:
    """One class over a project; `mean_iou` is None without a located match."""

    class_id: int
    objects: int
    match_f1: float | None
    mean_iou: float | None


@dataclass(frozen=True, slots=True)
class PairSummary:
    """Two people over a project; `class_share` is the share of their matches in which the classes agree."""

    member_a: int
    member_b: int
    items: int
    match_f1: float
    mean_iou: float | None
    class_share: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The triple of agreement, each with its interval over items, and the nominal alpha of tags.

    `items` counts those with two answers or more, `pairs` the pairs of answers compared on them.
    """

    match_f1: Interval
    mean_iou: Interval
    alpha: Interval
    tag_alpha: Interval
    items: int
    pairs: int
    classes: tuple[ClassAgreement, ...]


def summarise(items: Iterable[ItemAgreement], *, classes: Sequence[int], seed: int, samples: int = 1000) -> Agreement:
    """Return the agreement of a set of items; `classes` are the class ids that get a line, in this order.

    The figures are micro averages, ratios of sums over all items and pairs of people: match F1 = 2 * matched /
    objects, in which a pair of empty answers counts as one object that both have; mean IoU = sum of IoU / located
    matches. Alpha is nominal over all coincidences. A picture with many objects weighs as many. Items with one answer
    say nothing and are left out; without any, the figures are None.
    """
    compared = [item for item in items if item.pairs]
    options = {"seed": seed, "samples": samples}
    return Agreement(
        match_f1=_interval([_f1_sums(i) for i in compared], _ratio, **options),
        mean_iou=_interval([_iou_sums(i) for i in compared], _ratio, **options),
        alpha=_alpha([i.coincidences for i in compared], **options),
        tag_alpha=_alpha([i.tag_coincidences for i in compared], **options),
        items=len(compared),
        pairs=sum(len(i.pairs) for i in compared),
        classes=summarise_classes(compared, classes=classes),
    )


def summarise_classes(items: Iterable[ItemAgreement], *, classes: Sequence[int]) -> tuple[ClassAgreement, ...]:
    """Return one line for each of `classes`, in their order; a match counts where both people say the class."""
    sums = {class_id: ClassSums(class_id, 0, 0, 0, 0.0) for class_id in classes}
    for new in (line for item in items for line in item.classes):
        if (old := sums.get(new.class_id)) is not None:
            sums[new.class_id] = ClassSums(
                new.class_id,
                old.objects + new.objects,
                old.matched + new.matched,
                old.located + new.located,
                old.iou_sum + new.iou_sum,
            )
    return tuple(
        ClassAgreement(
            class_id=s.class_id,
            objects=s.objects,
            match_f1=match_f1(matched=s.matched, objects=s.objects) if s.objects else None,
            mean_iou=s.iou_sum / s.located if s.located else None,
        )
        for s in sums.values()
    )


def summarise_pairs(items: Iterable[ItemAgreement]) -> tuple[PairSummary, ...]:
    """Return one line for each two people who answered an item in common, by their ids; F1 is micro as above."""
    lines: dict[tuple[int, int], list[PairAgreement]] = {}
    for pair in (pair for item in items for pair in item.pairs):
        lines.setdefault((pair.member_a, pair.member_b), []).append(pair)
    return tuple(_pair_summary(lines[key]) for key in sorted(lines))


def _pair_summary(pairs: Sequence[PairAgreement]) -> PairSummary:
    matched, objects = _f1_sums(ItemAgreement(pairs=tuple(pairs)))
    located, found = sum(p.located for p in pairs), sum(p.matched for p in pairs)
    return PairSummary(
        member_a=pairs[0].member_a,
        member_b=pairs[0].member_b,
        items=len(pairs),
        match_f1=matched / objects,
        mean_iou=sum(p.iou_sum for p in pairs) / located if located else None,
        class_share=sum(p.same_class for p in pairs) / found if found else None,
    )


def _f1_sums(item: ItemAgreement) -> tuple[float, float]:
    empty = sum(p.both_empty for p in item.pairs)
    objects = sum(p.objects_a + p.objects_b for p in item.pairs)
    return 2 * (sum(p.matched for p in item.pairs) + empty), objects + 2 * empty


def _iou_sums(item: ItemAgreement) -> tuple[float, float]:
    return sum(p.iou_sum for p in item.pairs), sum(p.located for p in item.pairs)


def _ratio(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)


def _interval(
    rows: Sequence[tuple[float, float]],
    figure: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    seed: int,
    samples: int,
) -> Interval:
    if not rows:
        return Interval(None, None, None)
    return percentile_interval(np.array(rows, dtype=np.float64), figure, seed=seed, samples=samples)


def _alpha(items: Sequence[Sequence[Coincidence]], *, seed: int, samples: int) -> Interval:
    """Alpha with its interval over those items that have a pairable value."""
    pairable = [item for item in items if item]
    if not pairable:
        return Interval(None, None, None)
    return percentile_interval(_alpha_contributions(pairable), _alpha_of_sums, seed=seed, samples=samples)


def _alpha_contributions(items: Sequence[Sequence[Coincidence]]) -> csr_array:
    """(N, 1 + C): the agreeing weight of each item, then its weight of each category."""
    labels = sorted({one for item in items for one, _, _ in item})
    column = {label: 1 + i for i, label in enumerate(labels)}
    rows, columns, weights = [], [], []
    for row, item in enumerate(items):
        for one, other, weight in item:
            rows.append(row)
            columns.append(column[one])
            weights.append(weight)
            if one == other:
                rows.append(row)
                columns.append(0)
                weights.append(weight)
    return csr_array(coo_array((weights, (rows, columns)), shape=(len(items), 1 + len(labels)), dtype=np.float64))


def _alpha_of_sums(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return nominal_alpha(agreeing=sums[..., 0], totals=sums[..., 1:])
