"""Who is asking."""

from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body
from schema.enums import OrganisationKind, Role


class MeBody(Body):
    """The member whose token was sent; `projects` are those that a vendor is engaged for."""

    member_id: Annotated[int, Field(examples=[12])]
    organisation_id: Annotated[int, Field(examples=[2])]
    kind: OrganisationKind
    role: Role
    projects: Annotated[tuple[int, ...], Field(examples=[[1, 7]])]
