"""Which objects of different people are the same thing. Looks at shapes only (tags at their class); decides nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.consensus.answers import Answer
from domain.consensus.similarity import Pair, compare


@dataclass(frozen=True, slots=True)
class Cluster:
    """One thing in the picture: (answer index, object index) of everyone who drew it, by lease, once per answer."""

    members: tuple[Pair, ...]


def match_objects(answers: Sequence[Answer], *, height: int, width: int, match_iou: float = 0.4) -> tuple[Cluster, ...]:
    """Return the clusters of the objects of all answers; every object is in exactly one.

    Indices refer to `answers` as given; the grouping does not depend on their order (ties go by lease, then by the
    drawing order within an answer). See `cluster` for the algorithm and `similarity` for how shapes compare.
    """
    order = sorted(range(len(answers)), key=lambda i: answers[i].lease_id)
    by_lease = [answers[i] for i in order]
    clusters = cluster(
        [len(a.objects) for a in by_lease], compare(by_lease, height=height, width=width).similarity, match_iou
    )
    return tuple(Cluster(tuple((order[i], k) for i, k in found.members)) for found in clusters)


def cluster(
    counts: Sequence[int], similarity: Mapping[Pair, NDArray[np.float64]], match_iou: float
) -> tuple[Cluster, ...]:
    """Agglomerate all pairs of at least `match_iou` in descending order, at most one object of an answer in a cluster.

    `counts[i]` is the number of objects of answer i, `similarity[i, j]` (i < j) an (n_i, n_j) matrix in [0, 1]. Two
    clusters are joined when their best remaining pair comes up and they share no answer: greedy single linkage under
    that constraint. Equal pairs go by (answer, object) indices. Toy: a-b .9, b-c .8, a-d .7 with c and d of one
    person gives {a, b, c}, {d}. Clusters come by their first member. A pair of no overlap at all never matches.
    """
    parent = {(i, k): (i, k) for i, count in enumerate(counts) for k in range(count)}
    groups = {member: (1 << member[0], [member]) for member in parent}
    for one, other in _pairs(similarity, match_iou):
        root, joined = _root(parent, one), _root(parent, other)
        if groups[root][0] & groups[joined][0]:  # the same group, or two objects of one answer
            continue
        answers, members = groups.pop(joined)
        parent[joined] = root
        groups[root] = (groups[root][0] | answers, groups[root][1] + members)
    return tuple(Cluster(m) for m in sorted(tuple(sorted(members)) for _, members in groups.values()))


def _pairs(similarity: Mapping[Pair, NDArray[np.float64]], match_iou: float) -> Iterator[tuple[Pair, Pair]]:
    """Yield the pairs to join, the most alike first."""
    found: list[tuple[float, Pair, Pair]] = []
    for (i, j), matrix in similarity.items():
        for k, m in np.argwhere((matrix >= match_iou) & (matrix > 0)).tolist():
            found.append((-float(matrix[k, m]), (i, k), (j, m)))
    found.sort()
    for _, one, other in found:
        yield one, other


def _root(parent: dict[Pair, Pair], member: Pair) -> Pair:
    while parent[member] != member:
        parent[member] = parent[parent[member]]  # path halving
        member = parent[member]
    return member
