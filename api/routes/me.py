"""Who is asking."""

from fastapi import APIRouter

from api.auth import WithActor
from schema.bodies.accounts import MeBody
from schema.enums import OrganisationKind

router = APIRouter(tags=["account"])


@router.get("/me", summary="Show the member whose token this is")
def get_me(actor: WithActor) -> MeBody:
    return MeBody(
        member_id=actor.member_id,
        organisation_id=actor.organisation_id,
        kind=OrganisationKind(actor.kind),
        role=actor.role,
        projects=actor.projects,
    )
