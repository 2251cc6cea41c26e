"""Where an item goes once its answers are merged. Pure; every result names its rule, so it can be explained."""

from collections import Counter
from dataclasses import dataclass

from domain.consensus.rules import Consensus
from schema.enums import Cause, Outcome
from schema.projects import Policy

RULE = "quorum-1"


@dataclass(frozen=True, slots=True)
class Routing:
    """An outcome (ACCEPT, ONE_MORE or REVIEW), the reason in words, and the rule and parameters that gave it."""

    outcome: Outcome
    reason: str
    rule: str
    parameters_version: str


def route(consensus: Consensus, *, votes: int, policy: Policy) -> Routing:
    """Return where an item with `votes` answers goes.

    Below `min_votes`: one more vote, whatever the answers say. Nothing contested: accept. Contested: one more vote
    while there are fewer than `max_votes`, then review.
    """
    contested = consensus.contested
    if votes < policy.min_votes:
        return _routing(Outcome.ONE_MORE, f"{votes} of at least {policy.min_votes} votes", policy)
    if not contested:
        return _routing(Outcome.ACCEPT, f"nothing contested among {len(consensus.objects)} objects", policy)
    causes = Counter(cause for o in contested for cause in o.causes)
    found = f"{len(contested)} of {len(consensus.objects)} objects contested ({_listed(causes)})"
    if votes < policy.max_votes:
        return _routing(Outcome.ONE_MORE, f"{found}; {votes} of at most {policy.max_votes} votes", policy)
    return _routing(Outcome.REVIEW, f"{found}; no vote is left", policy)


def agreement_of(consensus: Consensus) -> float | None:
    """Return by how much the people of an item agree, in [0, 1], to put the least agreed before a supervisor first.

    Where objects are contested: the least vote share, class share or IoU of any of them. Else the item's match F1.
    None with fewer than two answers.
    """
    if not consensus.agreement.pairs:
        return None
    contested = consensus.contested
    if contested:
        return min(min(o.vote_share, o.class_share, o.agreement_iou) for o in contested)
    return consensus.agreement.match_f1


def parameters_version(policy: Policy) -> str:
    """Return the parameters that matching, merging and routing use, as text: equal text, equal rules."""
    return (
        f"min_votes={policy.min_votes} max_votes={policy.max_votes} match_iou={policy.match_iou:g} "
        f"quorum={policy.quorum:g} boundary_iou={policy.boundary_iou:g}"
    )


def _listed(causes: Counter[Cause]) -> str:
    return ", ".join(f"{causes[cause]} {cause.value}" for cause in Cause if causes[cause])


def _routing(outcome: Outcome, reason: str, policy: Policy) -> Routing:
    return Routing(outcome=outcome, reason=reason, rule=RULE, parameters_version=parameters_version(policy))
