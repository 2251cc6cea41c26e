"""How a person is shown: by name to their own organisation, by a pseudonym of the project to every other."""

from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body
from schema.enums import Role


class PersonBody(Body):
    """`member_id` is null for people of another organisation; their `name` is a pseudonym, stable in the project."""

    member_id: int | None
    name: Annotated[str, Field(examples=["W-B5RAYA"])]


class AuthorBody(PersonBody):
    """Who wrote something; `role` is what they were then."""

    role: Role
    is_me: bool
