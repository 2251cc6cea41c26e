"""What keeps a member out of a project, in words."""

import pytest

from domain.eligibility.rules import Skill, Worker, find_bar
from schema.projects import SkillRule, WorkerRules

STRICT = WorkerRules(
    languages=("sw", "pt-br"),
    sites=("Nairobi", "Lagos"),
    teams=("night",),
    skills=(SkillRule(skill="polygons", min_score=0.7, min_low=0.6), SkillRule(skill="boxes", min_score=0.805)),
)
ABLE = Worker(
    languages=("en", "sw"),
    site="Lagos",
    team="night",
    skills={"polygons": Skill(0.8, 0.6, 0.9), "boxes": Skill(0.9, 0.2, 1.0)},
)


def able_but(**changes: object) -> Worker:
    facts = {name: getattr(ABLE, name) for name in ("languages", "site", "team", "skills")}
    return Worker(**(facts | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("worker", "bar"),
    [
        (ABLE, None),
        (able_but(languages=("pt-br",)), None),
        (able_but(languages=("pt-br-x1",)), None),
        (able_but(languages=("pt",)), "language: needs sw or pt-br"),
        (able_but(languages=("swc",)), "language: needs sw or pt-br"),
        (able_but(languages=(), site=None), "language: needs sw or pt-br"),
        (able_but(site=None), "site: needs Nairobi or Lagos"),
        (able_but(site="nairobi"), "site: needs Nairobi or Lagos"),
        (able_but(team="day"), "team: needs night"),
        (able_but(skills={}), "skill polygons: not measured"),
        (
            able_but(skills={"polygons": Skill(0.71, 0.52, 0.86)}),
            "skill polygons: 0.71 [0.52, 0.86], needs low ≥ 0.60",
        ),
        (able_but(skills={"polygons": Skill(0.6, 0.52, 1)}), "skill polygons: 0.60 [0.52, 1.00], needs score ≥ 0.70"),
        (
            able_but(skills=dict(ABLE.skills) | {"boxes": Skill(0.8049, 0, 1)}),
            "skill boxes: 0.8049 [0.00, 1.00], needs score ≥ 0.805",
        ),
    ],
)
def test_first_condition_that_is_not_met_is_named(worker: Worker, bar: str | None) -> None:
    assert find_bar(worker, STRICT) == bar


def test_rules_that_ask_for_nothing_keep_nobody_out() -> None:
    assert find_bar(Worker(), WorkerRules()) is None
