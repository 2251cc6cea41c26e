"""Use cases of the order of work: the managers of an organisation say which of its projects come first."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.errors import NotFound
from domain.scope import Actor
from domain.work_order import queries
from domain.work_order.queries import OrderedProject
from schema.enums import Role

# Projects that nobody put in order stand at 100, so no more than these come before them.
MOST_ORDERED = 99


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """The projects of an organisation as its people are served: those in order, then the rest, by id."""

    projects: tuple[OrderedProject, ...]


def get_work_order(session: Session) -> WorkOrder:
    return WorkOrder(tuple(queries.list_ordered_projects(session)))


def set_work_order(session: Session, actor: Actor, project_ids: Sequence[int]) -> WorkOrder:
    """Serve these projects first, in this order, and all others after them; raises Forbidden or NotFound."""
    actor.require(Role.MANAGER)
    before = get_work_order(session)
    known = {project.project_id for project in before.projects}
    if missing := [p for p in project_ids if p not in known]:
        raise NotFound(f"there is no project {missing[0]} that your people work on", project_id=missing[0])
    queries.replace_work_order(session, organisation_id=actor.organisation_id, project_ids=project_ids)
    after = get_work_order(session)
    if after != before:
        subject = f"organisation:{actor.organisation_id}"
        record(
            session,
            actor,
            "work_order_changed",
            subject,
            before={"projects": _ids(before)},
            after={"projects": _ids(after)},
        )
    return after


def _ids(order: WorkOrder) -> list[int]:
    return [project.project_id for project in order.projects if project.position is not None]
