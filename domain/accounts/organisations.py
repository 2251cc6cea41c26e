"""Use cases of organisations as their members see them."""

from sqlalchemy.orm import Session

from domain.accounts import queries
from domain.accounts.queries import OrganisationRow
from domain.audit.service import record
from domain.errors import NotFound
from domain.scope import Actor
from schema.enums import Role


def get_organisation(session: Session, organisation_id: int) -> OrganisationRow:
    """Return the actor's own organisation or one it works with; raises NotFound."""
    found = queries.find_organisation(session, organisation_id)
    if found is None:
        raise NotFound(f"there is no organisation {organisation_id}", organisation_id=organisation_id)
    return found


def rename_organisation(session: Session, actor: Actor, name: str) -> OrganisationRow:
    actor.require(Role.MANAGER)
    before = get_organisation(session, actor.organisation_id)
    queries.rename_organisation(session, before.id, name)
    record(
        session,
        actor,
        "organisation_renamed",
        f"organisation:{before.id}",
        before={"name": before.name},
        after={"name": name},
    )
    return get_organisation(session, actor.organisation_id)
