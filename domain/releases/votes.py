"""The votes behind a release: one record a task, with every version of every answer under a pseudonym. Pure."""

from collections.abc import Callable, Sequence
from typing import Any

from domain.agreement.item import ItemAgreement
from domain.releases.queries import DecisionOfTask, VoteRow

Record = dict[str, Any]


def vote_record(
    *,
    task_id: int,
    image_id: int,
    decisions: Sequence[DecisionOfTask],
    votes: Sequence[VoteRow],
    author_of: Callable[[int], str],
) -> Record:
    """Return what became of a task and how: its decisions in order, and its answers in the order of submission.

    An answer is known by its `vote`; each quorum decision names those it counted. An author has one pseudonym in all
    tasks; a later `version` of the same author replaces the earlier one.
    """
    return {
        "task_id": task_id,
        "image_id": image_id,
        "decisions": [_decision(decision) for decision in decisions],
        "votes": [
            {
                "vote": vote.lease_id,
                "author": author_of(vote.member_id),
                "version": vote.version,
                "submitted_at": vote.submitted_at.isoformat(),
                "objects": vote.objects,
            }
            for vote in votes
        ],
    }


def _decision(decision: DecisionOfTask) -> Record:
    record: Record = {
        "decision_id": decision.id,
        "rule": decision.rule,
        "parameters_version": decision.parameters_version,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "decided_at": decision.created_at.isoformat(),
    }
    if "leases" in decision.inputs:
        record["votes"] = decision.inputs["leases"]
    if decision.agreement is not None:
        measured = ItemAgreement.from_json(decision.agreement)
        record["agreement"] = {"match_f1": measured.match_f1, "mean_iou": measured.mean_iou}
    return record
