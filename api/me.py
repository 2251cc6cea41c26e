"""What a member is told about themselves, whether they ask or sign in."""

from api.context import Context
from domain.accounts import service
from domain.accounts.service import Caller
from schema.bodies.accounts import MeBody, MembershipBody
from schema.enums import OrganisationKind, Role, TokenKind


def describe(context: Context, caller: Caller) -> MeBody:
    """Return what a member is told about themselves."""
    actor = caller.actor
    with context.database.begin(actor.scope) as session:
        memberships = service.list_memberships(session, caller.email)
        unread = service.count_unread(session, actor)
    return MeBody(
        member_id=actor.member_id,
        organisation_id=actor.organisation_id,
        organisation=caller.organisation,
        kind=OrganisationKind(actor.kind),
        role=actor.role,
        name=caller.name,
        email=caller.email,
        projects=actor.projects,
        memberships=tuple(
            MembershipBody(
                organisation_id=m.organisation_id,
                organisation=m.organisation,
                kind=OrganisationKind(m.kind),
                role=Role(m.role),
            )
            for m in memberships
        ),
        unread=unread,
        how="session" if caller.how is TokenKind.SESSION else "token",
        scopes=tuple(sorted(caller.scopes)),
        pause=caller.pause,
    )
