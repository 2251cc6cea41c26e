"""A refusal as problem+json (RFC 9457)."""

from typing import Annotated, Any

from pydantic import Field

from schema.bodies.base import Body


class FieldProblem(Body):
    """What is wrong with one field of a request."""

    field: Annotated[str, Field(examples=["objects[3].shape.x1"])]
    problem: Annotated[str, Field(examples=["Field required"])]


class ProblemBody(Body):
    """`code` is stable and for programs, `detail` is for people, `facts` name what the detail speaks of."""

    type: Annotated[str, Field(description="where the code is explained", examples=["/docs/errors#seat_reissued"])]
    title: Annotated[str, Field(examples=["The seat went to someone else"])]
    status: Annotated[int, Field(examples=[409])]
    detail: Annotated[str, Field(examples=["the seat went to someone else; your work is kept as a draft"])]
    code: Annotated[str, Field(examples=["seat_reissued"])]
    facts: dict[str, Any] = Field(default_factory=dict, examples=[{"lease_id": 4711}])
    errors: Annotated[tuple[FieldProblem, ...], Field(description="only with `invalid_request`")] = ()
    request_id: Annotated[str | None, Field(description="name it when you ask for help")] = None
