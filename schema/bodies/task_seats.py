"""Single seats of a task: taken back from who holds them, given to somebody."""

from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body, Id


class AssignBody(Body):
    """Who is to take the seat."""

    member_id: Annotated[Id, Field(examples=[12])]


class FreeSeatBody(Body):
    """A free seat as it was left."""

    task_id: int
    seat_no: int
    ended_lease_id: Annotated[int | None, Field(description="the lease that was ended; null when nobody held it")]
    member_id: Annotated[int | None, Field(description="the only member whom it is served to; null: as before")]
