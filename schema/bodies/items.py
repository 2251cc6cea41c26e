"""Items: what is labelled in a project, as a whole: its picture, its task, a model's objects and the final ones."""

from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body
from schema.bodies.leases import PrelabelSourceBody
from schema.bodies.tasks import StateName
from schema.enums import Cause, Outcome
from schema.objects import LabelObject


class ItemTaskBody(Body):
    """The newest label task of an item."""

    id: int
    state: StateName
    round: int
    votes: int
    target: int
    frozen: bool
    outcome: Outcome | None
    reason: str | None
    causes: tuple[Cause, ...]


class ItemBody(Body):
    """An item of a project. Sizes are px of the upright picture."""

    id: Annotated[int, Field(examples=[31])]
    project_id: int
    image_id: int
    key: Annotated[str, Field(examples=["2025/05/IMG_0042.jpg"])]
    width: int | None
    height: int | None
    url: Annotated[str | None, Field(description="the upright picture, same origin, for an hour or two")]
    thumbnail_url: str | None
    task: Annotated[ItemTaskBody | None, Field(description="null while no task was opened for it")]
    prelabels: Annotated[
        tuple[LabelObject, ...] | None,
        Field(description="what people were shown, or else what the newest model said; null when no model looked"),
    ]
    prelabel_source: Annotated[PrelabelSourceBody | None, Field(description="null when no model looked")]
    final: Annotated[
        tuple[LabelObject, ...] | None, Field(description="the labels of the accepted task; null while it is not")
    ]
