"""The agreement of one item, from its answers and their clusters. Counts only; figures are made in `agreement`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

from domain.agreement.item import ClassSums, Coincidence, ItemAgreement, PairAgreement
from domain.agreement.krippendorff import coincidences
from domain.consensus.answers import Answer
from domain.consensus.matching import Cluster
from domain.consensus.similarity import Comparison, Pair
from schema.geometry import Tag
from schema.objects import LabelObject


def measure_item(answers: Sequence[Answer], clusters: Sequence[Cluster], comparison: Comparison) -> ItemAgreement:
    """Return the sums of one item; a match of two people is a cluster in which both have an object.

    With fewer than two answers there is nothing to compare and all sums are empty.
    """
    if len(answers) < 2:
        return ItemAgreement()
    matches = _matches(clusters)
    return ItemAgreement(
        pairs=tuple(sorted(_pairs(answers, matches, comparison), key=lambda p: (p.member_a, p.member_b))),
        classes=_classes(answers, matches, comparison),
        coincidences=_listed(coincidences([str(o.class_id) for o in _located(answers, found)] for found in clusters)),
        tag_coincidences=_tag_coincidences(answers),
    )


Matches = Mapping[Pair, Sequence[tuple[Pair, Pair]]]


def _matches(clusters: Sequence[Cluster]) -> Matches:
    """The matched objects of every two answers (i < j)."""
    matches: dict[Pair, list[tuple[Pair, Pair]]] = {}
    for found in clusters:
        for one, other in combinations(found.members, 2):
            matches.setdefault((one[0], other[0]), []).append((one, other))
    return matches


def _object(answers: Sequence[Answer], member: Pair) -> LabelObject:
    return answers[member[0]].objects[member[1]]


def _located(answers: Sequence[Answer], found: Cluster) -> list[LabelObject]:
    """The drawings of a cluster that have a place: all of them, or none for a tag."""
    drawn = [_object(answers, member) for member in found.members]
    return [o for o in drawn if not isinstance(o.shape, Tag)]


def _pairs(answers: Sequence[Answer], matches: Matches, comparison: Comparison) -> list[PairAgreement]:
    pairs = []
    for i, j in combinations(range(len(answers)), 2):
        found = matches.get((i, j), ())
        located = [pair for pair in found if not isinstance(_object(answers, pair[0]).shape, Tag)]
        first, second = sorted((answers[i], answers[j]), key=lambda a: a.member_id)
        pairs.append(
            PairAgreement(
                member_a=first.member_id,
                member_b=second.member_id,
                objects_a=len(first.objects),
                objects_b=len(second.objects),
                matched=len(found),
                located=len(located),
                iou_sum=sum(comparison.between(*pair) for pair in located),
                same_class=sum(_object(answers, a).class_id == _object(answers, b).class_id for a, b in found),
            )
        )
    return pairs


def _classes(answers: Sequence[Answer], matches: Matches, comparison: Comparison) -> tuple[ClassSums, ...]:
    objects = Counter(o.class_id for a in answers for o in a.objects)
    matched, located = Counter[int](), Counter[int]()
    iou_sum: dict[int, float] = {}
    for one, other in (pair for found in matches.values() for pair in found):
        drawn, class_id = _object(answers, one), _object(answers, one).class_id
        if class_id != _object(answers, other).class_id:
            continue
        matched[class_id] += 1
        if not isinstance(drawn.shape, Tag):
            located[class_id] += 1
            iou_sum[class_id] = iou_sum.get(class_id, 0.0) + comparison.between(one, other)
    partners = len(answers) - 1  # an object is compared once with each other answer
    return tuple(
        ClassSums(c, objects[c] * partners, matched[c], located[c], iou_sum.get(c, 0.0)) for c in sorted(objects)
    )


def _tag_coincidences(answers: Sequence[Answer]) -> tuple[Coincidence, ...]:
    """The item as one unit, its values the tags each person gave: "" for none, "3+7" for two."""
    given = [sorted({o.class_id for o in a.objects if isinstance(o.shape, Tag)}) for a in answers]
    if not any(given):
        return ()
    return _listed(coincidences([["+".join(map(str, classes)) for classes in given]]))


def _listed(counted: Mapping[tuple[str, str], float]) -> tuple[Coincidence, ...]:
    return tuple((one, other, weight) for (one, other), weight in sorted(counted.items()))
