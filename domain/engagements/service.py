"""Use cases of engagements: list them, end one. What was done stays; what is under way goes back."""

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.engagements import queries
from domain.engagements.queries import EngagementRow
from domain.errors import Forbidden, NotFound
from domain.projects.service import get_project
from domain.scope import Actor
from schema.enums import Role


def list_vendors(session: Session, project_id: int, *, after: int, limit: int) -> list[EngagementRow]:
    """List who works or worked for a project; a vendor sees itself."""
    get_project(session, project_id)
    return queries.list_of_project(session, project_id=project_id, after=after, limit=limit)


def list_engagements(session: Session, actor: Actor, *, after: int, limit: int) -> list[EngagementRow]:
    """List the projects that the actor's organisation is or was engaged for."""
    return queries.list_of_vendor(session, vendor_org=actor.organisation_id, after=after, limit=limit)


def end_engagement(session: Session, actor: Actor, *, project_id: int, vendor_org: int) -> None:
    """Have a vendor work for a project no more; raises NotFound when it does not. Engaging it again undoes this."""
    actor.require(Role.CLIENT, Role.MANAGER)
    project = get_project(session, project_id)
    if project.client_org != actor.organisation_id:
        raise Forbidden("only the client whose project it is can end an engagement")
    if not queries.end_engagement(session, project_id=project_id, vendor_org=vendor_org):
        raise NotFound(f"organisation {vendor_org} is not engaged for project {project_id}", vendor_org=vendor_org)
    freed = queries.free_leases(session, project_id=project_id, vendor_org=vendor_org)
    moved = queries.hand_personal_seats_on(session, project_id=project_id, vendor_org=vendor_org)
    record(
        session,
        actor,
        "engagement_ended",
        f"organisation:{vendor_org}",
        project_id=project_id,
        leases_freed=freed,
        seats_handed_on=moved,
    )
