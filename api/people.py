"""How people are named in answers. The one place that turns members into pseudonyms for the other party."""

from api.context import Context
from domain.pseudonyms import pseudonym
from domain.scope import Actor
from schema.bodies.people import PersonBody


def person_body(
    context: Context, actor: Actor, *, project_id: int, organisation_id: int, member_id: int, name: str | None
) -> PersonBody:
    """Return a person as the actor may know them; `name` is what the database showed the actor."""
    if organisation_id == actor.organisation_id:
        return PersonBody(member_id=member_id, name=name or f"member {member_id}")
    return PersonBody(member_id=None, name=hidden_name(context, project_id=project_id, member_id=member_id))


def hidden_name(context: Context, *, project_id: int, member_id: int) -> str:
    """Return what a member is called in a project by everybody of another organisation."""
    secret = context.settings.secret.get_secret_value().encode()
    return pseudonym(secret, project_id=project_id, member_id=member_id)
