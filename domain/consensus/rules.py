"""From the answers to a task to one answer and how far they agree. Pure; queries and use cases lie beside it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from domain.agreement.item import ItemAgreement
from domain.consensus.answers import Answer, in_lease_order
from domain.consensus.contested import causes_of, split_or_merged
from domain.consensus.matching import Cluster, cluster
from domain.consensus.measuring import measure_item
from domain.consensus.merging import mean_pairwise, merge_shapes
from domain.consensus.similarity import Comparison, compare
from domain.consensus.votes import majority_attributes, majority_class
from schema.enums import Cause, Origin
from schema.objects import LabelObject
from schema.projects import Policy


@dataclass(frozen=True, slots=True)
class MergedObject:
    """One thing of the picture as the answers together see it; shares and IoU in [0, 1].

    `votes` of `voters` drew it. `class_share` is the merged class's share of the drawers, `agreement_iou` the mean
    IoU of their pairs (1 when one alone drew it; a measure on the same scale for points and lines). `causes` say why
    it is contested, `versions` are the drawings: (lease id, object id), by lease.
    """

    object: LabelObject
    votes: int
    voters: int
    vote_share: float
    class_share: float
    agreement_iou: float
    causes: tuple[Cause, ...]
    versions: tuple[tuple[int, UUID], ...]


@dataclass(frozen=True, slots=True)
class Consensus:
    """What a round decides on: every drawn object is a version of exactly one of `objects`."""

    objects: tuple[MergedObject, ...]
    agreement: ItemAgreement

    @property
    def contested(self) -> tuple[MergedObject, ...]:
        return tuple(o for o in self.objects if o.causes)


def merge_answers(answers: Sequence[Answer], *, height: int, width: int, policy: Policy) -> Consensus:
    """Return the merged objects of all answers and the item's agreement; the order of the answers does not matter.

    Objects come by the earliest lease that drew them, then in its drawing order. Under quorum an object is contested,
    it never disappears. No answers, or only empty ones, give no objects. The same answers always give the same
    result, ids included. Raises ValueError when a member or a lease stands twice.
    """
    by_lease = in_lease_order(answers)
    comparison = compare(by_lease, height=height, width=width)
    clusters = cluster([len(a.objects) for a in by_lease], comparison.similarity, policy.match_iou)
    disputed = split_or_merged(clusters, comparison, policy=policy)
    taken: set[UUID] = set()
    merged: list[MergedObject] = []
    for index, found in enumerate(clusters):
        one = _merge(by_lease, found, comparison, height=height, width=width, taken=taken)
        causes = causes_of(
            votes=one.votes,
            voters=one.voters,
            class_share=one.class_share,
            agreement_iou=one.agreement_iou,
            split_merge=index in disputed,
            policy=policy,
        )
        merged.append(replace(one, causes=causes))
        taken.add(one.object.id)
    return Consensus(tuple(merged), measure_item(by_lease, clusters, comparison))


def _merge(
    answers: Sequence[Answer], found: Cluster, comparison: Comparison, *, height: int, width: int, taken: set[UUID]
) -> MergedObject:
    drawn = [answers[i].objects[k] for i, k in found.members]

    def likeness(one: int, other: int) -> float:
        return comparison.between(found.members[one], found.members[other])

    class_id, class_share = majority_class(drawn)
    merged = LabelObject(
        id=_identity(drawn, answers[found.members[0][0]].lease_id, taken),
        class_id=class_id,
        shape=merge_shapes([o.shape for o in drawn], likeness, height=height, width=width),
        attributes=majority_attributes(drawn, class_id=class_id),
        origin=Origin.CONSENSUS,
        derived_from=tuple(sorted({o.id for o in drawn})),
    )
    return MergedObject(
        object=merged,
        votes=len(drawn),
        voters=len(answers),
        vote_share=len(drawn) / len(answers),
        class_share=class_share,
        agreement_iou=mean_pairwise(len(drawn), likeness),
        causes=(),
        versions=tuple((answers[i].lease_id, o.id) for (i, _), o in zip(found.members, drawn, strict=True)),
    )


def _identity(drawn: Sequence[LabelObject], lease_id: int, taken: set[UUID]) -> UUID:
    """The id of the earliest lease's drawing, or another drawer's when that one is taken.

    Two people may carry one pre-label to two different places, so one id can head two things; the later one then
    takes an id of its own that every repetition of the round makes alike.
    """
    free = next((o.id for o in drawn if o.id not in taken), None)
    return free or uuid.uuid5(drawn[0].id, f"lease {lease_id}")
