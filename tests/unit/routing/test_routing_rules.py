"""Routing: accept what nobody contests, ask once more while votes are left, then review."""

from dataclasses import replace

import pytest

from domain.agreement.item import ItemAgreement, PairAgreement
from domain.consensus.rules import Consensus, MergedObject
from domain.routing.rules import RULE, agreement_of, is_drawn_for_audit, parameters_version, route
from schema.enums import Cause, Outcome
from schema.geometry import Box
from schema.ids import new_object_id
from schema.objects import LabelObject
from schema.projects import Policy

POLICY = Policy(min_votes=2, max_votes=3)


def consensus(*causes: tuple[Cause, ...]) -> Consensus:
    objects = tuple(
        MergedObject(
            object=LabelObject(id=new_object_id(), class_id=1, shape=Box(x0=0, y0=0, x1=1, y1=1)),
            votes=1,
            voters=2,
            vote_share=0.5,
            class_share=1.0,
            agreement_iou=1.0,
            causes=found,
            versions=(),
        )
        for found in causes
    )
    return Consensus(objects, ItemAgreement())


@pytest.mark.parametrize(
    ("causes", "votes", "outcome"),
    [
        (((), ()), 2, Outcome.ACCEPT),
        ((), 2, Outcome.ACCEPT),
        (((), ()), 1, Outcome.ONE_MORE),
        (((), (Cause.CLASS,)), 2, Outcome.ONE_MORE),
        (((), (Cause.CLASS,)), 3, Outcome.REVIEW),
        (((), (Cause.CLASS,)), 4, Outcome.REVIEW),
        (((),), 3, Outcome.ACCEPT),
    ],
    ids=["agreed", "empty", "too few votes", "contested", "no vote left", "beyond the last vote", "agreed at last"],
)
def test_an_item_goes_where_its_contested_objects_and_votes_send_it(
    causes: tuple[tuple[Cause, ...], ...], votes: int, outcome: Outcome
) -> None:
    assert route(consensus(*causes), votes=votes, policy=POLICY).outcome is outcome


def test_a_single_vote_is_enough_where_the_policy_says_so() -> None:
    assert route(consensus(()), votes=1, policy=Policy(min_votes=1, max_votes=1)).outcome is Outcome.ACCEPT


def test_a_routing_names_its_rule_and_parameters() -> None:
    found = route(consensus(()), votes=2, policy=POLICY)
    assert (found.rule, found.parameters_version) == (RULE, parameters_version(POLICY))
    assert parameters_version(POLICY) != parameters_version(Policy(quorum=0.7))


def test_the_reason_counts_what_is_contested() -> None:
    found = route(consensus((Cause.EXTRA,), (Cause.CLASS, Cause.BOUNDARY), ()), votes=3, policy=POLICY)
    assert found.reason == "2 of 3 objects contested (1 extra, 1 class, 1 boundary); no vote is left"


PAIR = PairAgreement(1, 2, objects_a=3, objects_b=1, matched=1, located=1, iou_sum=0.8, same_class=1)


def test_agreement_of_a_contested_item_is_its_least_share_or_iou() -> None:
    found = replace(consensus((), (Cause.CLASS,), (Cause.BOUNDARY,)), agreement=ItemAgreement(pairs=(PAIR,)))
    plain, by_class, by_boundary = found.objects
    objects = (replace(plain, vote_share=0.1), replace(by_class, class_share=0.4), replace(by_boundary, vote_share=1.0))
    assert agreement_of(replace(found, objects=objects)) == 0.4


def test_agreement_of_an_uncontested_item_is_its_match_f1() -> None:
    assert agreement_of(replace(consensus(()), agreement=ItemAgreement(pairs=(PAIR,)))) == 0.5


def test_one_answer_agrees_with_nobody() -> None:
    assert agreement_of(consensus((Cause.EXTRA,))) is None


def test_what_is_drawn_for_an_audit_goes_to_a_supervisor_only_where_it_would_be_accepted() -> None:
    audited = route(consensus((), ()), votes=2, policy=POLICY, is_drawn=True)
    contested = route(consensus((Cause.MISSING,)), votes=3, policy=POLICY, is_drawn=True)
    early = route(consensus(()), votes=1, policy=POLICY, is_drawn=True)

    assert (audited.outcome, audited.is_audit) == (Outcome.REVIEW, True)
    assert audited.reason == "nothing contested among 2 objects; drawn for an audit"
    assert (contested.outcome, contested.is_audit) == (Outcome.REVIEW, False)
    assert (early.outcome, early.is_audit) == (Outcome.ONE_MORE, False)


def test_an_audit_draws_its_share_the_same_way_each_time_and_anew_each_round() -> None:
    def drawn(share: float, round: int = 1) -> set[int]:
        return {t for t in range(20_000) if is_drawn_for_audit(task_id=t, round=round, share=share)}

    assert drawn(0) == set()
    assert len(drawn(1)) == 20_000
    assert drawn(0.1) == drawn(0.1)
    assert drawn(0.1) < drawn(0.2)
    assert len(drawn(0.1)) == pytest.approx(2_000, abs=150)
    assert len(drawn(0.1) & drawn(0.1, round=2)) == pytest.approx(200, abs=60)


def test_parameters_name_the_audited_share_where_there_is_one() -> None:
    assert "audit" not in parameters_version(POLICY)
    assert parameters_version(POLICY.model_copy(update={"audit_share": 0.05})).endswith(" audit_share=0.05")
