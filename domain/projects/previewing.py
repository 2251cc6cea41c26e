"""What a policy would change before it is published. Reads alone, and only what the client may know."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from domain.eligibility.queries.rights import Effect
from domain.eligibility.service import preview_rules
from domain.errors import Forbidden
from domain.projects import queries
from domain.projects.errors import VersionRefused
from domain.projects.queries import UnderWay
from domain.projects.rules import check_policy
from domain.projects.service import find_prelabel_model, get_project
from domain.scope import Actor
from schema.enums import Role
from schema.projects import Policy

DAYS = 7


@dataclass(frozen=True, slots=True)
class Change:
    """A field that another value is put into; one inside another is named like `workers.languages`."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Preview:
    """What would follow from a policy. Figures a day are None where nothing was measured."""

    version: int
    problems: tuple[dict[str, str], ...]
    changes: tuple[Change, ...]
    under_way: UnderWay
    people: Effect
    gold_per_day: float | None
    audits_per_day: float | None


def preview_policy(session: Session, actor: Actor, *, project_id: int, policy: Policy) -> Preview:
    """Say what a policy would change; raises NotFound, and Forbidden for whoever may not publish it."""
    actor.require(Role.CLIENT, Role.MANAGER)
    project = get_project(session, project_id)
    if project.client_org != actor.organisation_id:
        raise Forbidden("only the client whose project it is can change it")
    pace = queries.measure_pace(session, project_id, days=DAYS)
    return Preview(
        version=project.policy_version,
        problems=_find_problems(session, project_id, policy),
        changes=list_changes(project.policy, policy),
        under_way=queries.count_under_way(session, project_id),
        people=preview_rules(session, actor, project_id=project_id, rules=policy.workers),
        gold_per_day=pace.answers * policy.gold_share if pace.answers else None,
        audits_per_day=pace.accepted * policy.audit_share if pace.accepted else None,
    )


def list_changes(before: Policy, after: Policy) -> tuple[Change, ...]:
    """List the fields in which two policies differ, in the order of the policy."""
    olds, news = _flat(before.model_dump(mode="json")), _flat(after.model_dump(mode="json"))
    return tuple(Change(name, olds[name], news[name]) for name in olds if olds[name] != news[name])


def _flat(body: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in body.items():
        flat |= {f"{name}.{inner}": each for inner, each in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _find_problems(session: Session, project_id: int, policy: Policy) -> tuple[dict[str, str], ...]:
    project = get_project(session, project_id)
    try:
        check_policy(policy, ontology=project.ontology, model=find_prelabel_model(session, project_id, policy))
    except VersionRefused as refusal:
        problems: Any = refusal.facts["problems"]
        return tuple(problems)
    return ()
