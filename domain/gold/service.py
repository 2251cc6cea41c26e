"""Use cases of gold: make it of accepted items, and serve it so that nobody can tell it from work."""

from collections.abc import Mapping
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.errors import Conflict, Forbidden, NotFound
from domain.gold import queries
from domain.gold.queries import GoldRow
from domain.gold.rules import GoldDrawn, asks_for_gold, is_due
from domain.projects.queries import insert_lane
from domain.projects.service import RANK_PERSONAL, get_own_project, get_project, require_active
from domain.scope import Actor
from schema.enums import LaneKind, Role, Stage


def make_gold(session: Session, actor: Actor, *, project_id: int, item_id: int) -> GoldRow:
    """Have an accepted item serve as gold; its decision is the known answer. A repeat returns what is there.

    Raises NotFound, Forbidden for who may not change the project, and Conflict for an item that is not accepted.
    """
    project = get_own_project(session, actor, project_id)
    require_active(project)
    decision_id = queries.find_answer(session, project_id=project_id, item_id=item_id)
    if decision_id is None:
        raise NotFound(f"project {project_id} has no item {item_id}", item_id=item_id)
    if not decision_id:
        raise Conflict("only an accepted item can be gold: its decision is the known answer", item_id=item_id)
    # Nobody has a right to draw from this lane: whoever is served gold gets a seat of their own.
    lane_id = insert_lane(
        session,
        project_id=project_id,
        client_org=project.client_org,
        stage=Stage.LABEL,
        kind=LaneKind.PERSONAL,
        rank=RANK_PERSONAL,
        requirement_key="gold",
    )
    queries.make_gold(session, project_id=project_id, item_id=item_id, lane_id=lane_id)
    made = queries.find_gold(session, project_id=project_id, item_id=item_id)
    record(session, actor, "gold_made", f"task:{made.task_id}", project_id=project_id, item_id=item_id)
    return made


def list_gold(
    session: Session, actor: Actor, *, project_id: int, active: bool | None, after: int, limit: int
) -> list[GoldRow]:
    """List the gold of a project of the actor's own; raises NotFound, and Forbidden for those who are served it."""
    actor.require(Role.CLIENT, Role.MANAGER)
    if get_project(session, project_id).client_org != actor.organisation_id:
        raise Forbidden("gold is served blind; only the client sees which tasks it is")
    return queries.list_gold(session, project_id=project_id, active=active, after=after, limit=limit)


def draw(session: Session, actor: Actor, *, project_id: int, policy: Mapping[str, Any], rng: Random) -> None:
    """Raise GoldDrawn when it is the actor's turn for gold, and there is some that they have not had.

    `policy` is the stored form of the policy under which they claimed; one without gold costs nothing.
    """
    if not asks_for_gold(policy):
        return
    first, share = int(policy.get("gold_first") or 0), float(policy.get("gold_share") or 0)
    met = queries.count_met(session, project_id=project_id, member=actor.member_id, most=first) if first else 0
    due = is_due(done=met, first=first, share=share, roll=rng.random())
    if due and queries.has_gold(session, project_id=project_id, member=actor.member_id):
        raise GoldDrawn(project_id)


def dispatch(session: Session, actor: Actor, project_id: int) -> int | None:
    """Give the actor a seat of their own on gold that they have not had; return its lease, None when there is none."""
    return queries.take_gold_seat(
        session, project_id=project_id, member=actor.member_id, organisation=actor.organisation_id
    )
