"""Which merged things the drawers do not agree on, and why. Judges only; merging is done elsewhere."""

from collections.abc import Iterator, Sequence
from itertools import permutations

import numpy as np

from domain.consensus.matching import Cluster
from domain.consensus.similarity import Comparison, Pair
from schema.enums import Cause
from schema.projects import Policy

COVERED_SHARE = 0.7
EXPLAINED_SHARE = 0.5


def causes_of(
    *, votes: int, voters: int, class_share: float, agreement_iou: float, split_merge: bool, policy: Policy
) -> tuple[Cause, ...]:
    """Return why a thing is contested, in the order of the enumeration; empty when nothing is.

    `votes` of the `voters` drew it. Below the quorum it is EXTRA when fewer than half drew it, else MISSING (somebody
    missed it). CLASS when the commonest class has less than the quorum of the drawers, BOUNDARY when the mean IoU of
    pairs of drawers is below the policy's, SPLIT_MERGE as found by `split_or_merged`. One answer contests nothing.
    """
    if voters < 2:
        return ()
    presence = votes / voters
    under_quorum = presence < policy.quorum
    found = {
        Cause.MISSING: under_quorum and presence >= 0.5,
        Cause.EXTRA: under_quorum and presence < 0.5,
        Cause.CLASS: class_share < policy.quorum,
        Cause.BOUNDARY: votes > 1 and agreement_iou < policy.boundary_iou,
        Cause.SPLIT_MERGE: split_merge,
    }
    return tuple(cause for cause, holds in found.items() if holds)


def split_or_merged(clusters: Sequence[Cluster], comparison: Comparison, *, policy: Policy) -> frozenset[int]:
    """Return the indices of the clusters in which some drew as one thing what others drew as several.

    Object o of one person takes objects of another for its parts: those of which at least 70 % lies within o, which
    are smaller than o, and which the first person has not matched with another object of their own. It is a split
    or merge when there are two parts or more, they fill at least half of o, and none of them alone is o (IoU of
    `boundary_iou` or more). The last three conditions keep a car with its wheels, or a bus and its passengers, apart.
    A cluster that has its quorum is disputed only when each view is held by more than 1 - quorum of the answers: one
    group box among nine people contests itself, not the things inside it.
    """
    wholes: dict[int, set[int]] = {}
    parts: dict[int, set[int]] = {}
    for whole, pieces in _splits(clusters, comparison, policy.boundary_iou):
        for index in {found for found, _ in (whole, *pieces)}:
            wholes.setdefault(index, set()).add(whole[1])
            parts.setdefault(index, set()).add(pieces[0][1])
    voters = comparison.answers
    return frozenset(
        index
        for index in wholes
        if len(clusters[index].members) / voters < policy.quorum
        or min(len(wholes[index]), len(parts[index])) / voters > 1 - policy.quorum + 1e-9
    )


def _splits(
    clusters: Sequence[Cluster], comparison: Comparison, boundary_iou: float
) -> Iterator[tuple[Pair, Sequence[Pair]]]:
    """Yield a whole and its parts, each as (cluster index, answer)."""
    cluster_of = {member: index for index, found in enumerate(clusters) for member in found.members}
    matched_by = [{answer for answer, _ in found.members} for found in clusters]
    for one, other in permutations(range(comparison.answers), 2):
        for k in _candidates(comparison, one, other):
            own = cluster_of[one, k]
            pieces = [
                (other, m)
                for m in _parts(comparison, (one, k), other)
                if cluster_of[other, m] == own or one not in matched_by[cluster_of[other, m]]
            ]
            if _is_split(comparison, (one, k), pieces, boundary_iou):
                yield (own, one), [(cluster_of[piece], other) for piece in pieces]


def _candidates(comparison: Comparison, whole: int, parts: int) -> Sequence[int]:
    """Objects of `whole` that touch two objects or more of `parts`."""
    touched = (comparison.intersection(whole, parts) > 0).sum(axis=1)
    return [int(k) for k in np.flatnonzero(touched > 1)]


def _parts(comparison: Comparison, whole: Pair, parts: int) -> Sequence[int]:
    inside_px = comparison.intersection(whole[0], parts)[whole[1]]
    area_px = comparison.area_px[parts]
    covered = (inside_px > 0) & (inside_px >= COVERED_SHARE * area_px)
    return [int(m) for m in np.flatnonzero(covered & (area_px < comparison.area_px[whole[0]][whole[1]]))]


def _is_split(comparison: Comparison, whole: Pair, parts: Sequence[Pair], boundary_iou: float) -> bool:
    if len(parts) < 2 or any(comparison.between(whole, part) >= boundary_iou for part in parts):
        return False
    inside_px = sum(float(comparison.intersection(whole[0], j)[whole[1], m]) for j, m in parts)
    return inside_px >= EXPLAINED_SHARE * float(comparison.area_px[whole[0]][whole[1]])
