"""What keeps a member out of a project, in words. Pure; `queries.rights` says the same in SQL, a property holds them
together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schema.projects import SkillRule, WorkerRules


@dataclass(frozen=True, slots=True)
class Skill:
    """How well a member does something, and the bounds of its interval; all in [0, 1]."""

    score: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Worker:
    """What a project's rules look at in a member."""

    languages: Sequence[str] = ()
    site: str | None = None
    team: str | None = None
    skills: Mapping[str, Skill] = field(default_factory=dict)


def find_bar(worker: Worker, rules: WorkerRules) -> str | None:
    """Return the first condition that a member does not meet, in words; None when they meet all.

    In the order languages, sites, teams, skills. Who speaks `pt-br` speaks `pt`.
    """
    if rules.languages and not any(_speaks(worker.languages, wanted) for wanted in rules.languages):
        return f"language: needs {' or '.join(rules.languages)}"
    if rules.sites and worker.site not in rules.sites:
        return f"site: needs {' or '.join(rules.sites)}"
    if rules.teams and worker.team not in rules.teams:
        return f"team: needs {' or '.join(rules.teams)}"
    bars = (_find_skill_bar(worker.skills.get(rule.skill), rule) for rule in rules.skills)
    return next((bar for bar in bars if bar is not None), None)


def _speaks(languages: Sequence[str], wanted: str) -> bool:
    return any(language == wanted or language.startswith(f"{wanted}-") for language in languages)


def _find_skill_bar(skill: Skill | None, rule: SkillRule) -> str | None:
    if skill is None:
        return f"skill {rule.skill}: not measured"
    stands = f"skill {rule.skill}: {_figure(skill.score)} [{_figure(skill.low)}, {_figure(skill.high)}]"
    if skill.score < rule.min_score:
        return f"{stands}, needs score ≥ {_figure(rule.min_score)}"
    return f"{stands}, needs low ≥ {_figure(rule.min_low)}" if skill.low < rule.min_low else None


def _figure(value: float) -> str:
    """Write a share with two digits behind the point, up to four where they say more."""
    written = f"{value:.4f}"
    return written.removesuffix("0").removesuffix("0")
