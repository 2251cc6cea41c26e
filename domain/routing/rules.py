"""Where an item goes once its answers are merged. Pure; every result names its rule, so it can be explained."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.consensus.rules import Consensus
from schema.enums import Cause, Outcome
from schema.projects import Policy

RULE = "quorum-1"
# Somebody said that the picture cannot be annotated: a supervisor looks, however few answers there are.
FLAGGED_RULE = "flagged-1"


@dataclass(frozen=True, slots=True)
class Routing:
    """An outcome (ACCEPT, ONE_MORE or REVIEW), the reason in words, and the rule and parameters that gave it.

    `is_audit`: nothing is contested, and a supervisor looks at it all the same.
    """

    outcome: Outcome
    reason: str
    rule: str
    parameters_version: str
    is_audit: bool = False


def route(consensus: Consensus, *, votes: int, policy: Policy, is_drawn: bool = False) -> Routing:
    """Return where an item with `votes` answers goes.

    Below `min_votes`: one more vote, whatever the answers say. Nothing contested: accept. Contested: one more vote
    while there are fewer than `max_votes`, then review. `is_drawn`: drawn for an audit, so that a supervisor looks at
    it where it would have been accepted.
    """
    contested = consensus.contested
    if votes < policy.min_votes:
        return _routing(Outcome.ONE_MORE, f"{votes} of at least {policy.min_votes} votes", policy)
    if not contested:
        found = f"nothing contested among {len(consensus.objects)} objects"
        if is_drawn:
            return replace(_routing(Outcome.REVIEW, f"{found}; drawn for an audit", policy), is_audit=True)
        return _routing(Outcome.ACCEPT, found, policy)
    causes = Counter(cause for o in contested for cause in o.causes)
    found = f"{len(contested)} of {len(consensus.objects)} objects contested ({_listed(causes)})"
    if votes < policy.max_votes:
        return _routing(Outcome.ONE_MORE, f"{found}; {votes} of at most {policy.max_votes} votes", policy)
    return _routing(Outcome.REVIEW, f"{found}; no vote is left", policy)


def route_flagged(reasons: Sequence[str], policy: Policy) -> Routing:
    """Return where an item goes that people could not annotate, for reasons in their words: to a supervisor."""
    said = "; ".join(dict.fromkeys(reasons))
    return Routing(Outcome.REVIEW, f"cannot be annotated: {said}", FLAGGED_RULE, parameters_version(policy))


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


def is_drawn_for_audit(*, task_id: int, round: int, share: float) -> bool:
    """Tell whether a round of a task belongs to the audited share, in [0, 1], of all.

    The first 64 bits of a hash of both, as a number in [0, 1), are compared with the share: a decision that is made
    again draws the same, and a larger share audits what a smaller one did and more.
    """
    text = task_id.to_bytes(8, "big") + round.to_bytes(4, "big", signed=True)
    digest = hashlib.blake2b(text, digest_size=8, person=b"audit-share").digest()
    return int.from_bytes(digest, "big") / 2**64 < share


def parameters_version(policy: Policy) -> str:
    """Return the parameters that matching, merging and routing use, as text: equal text, equal rules."""
    audit = f" audit_share={policy.audit_share:g}" if policy.audit_share else ""
    return (
        f"min_votes={policy.min_votes} max_votes={policy.max_votes} match_iou={policy.match_iou:g} "
        f"quorum={policy.quorum:g} boundary_iou={policy.boundary_iou:g}{audit}"
    )


def _listed(causes: Counter[Cause]) -> str:
    return ", ".join(f"{causes[cause]} {cause.value}" for cause in Cause if causes[cause])


def _routing(outcome: Outcome, reason: str, policy: Policy) -> Routing:
    return Routing(outcome=outcome, reason=reason, rule=RULE, parameters_version=parameters_version(policy))
