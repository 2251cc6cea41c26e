"""Tasks whose answer is known."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body, Id


class NewGoldBody(Body):
    """The accepted item that is to serve as gold."""

    item_id: Annotated[Id, Field(examples=[12])]


class GoldBody(Body):
    """A gold task. Its decision is the known answer; nobody who is served it can tell."""

    task_id: int
    item_id: int
    image_id: int
    key: str
    decision_id: int
    active: Annotated[bool, Field(description="served; not frozen or cancelled")]
    served: Annotated[int, Field(description="to how many members")]
    answers: int
    created_at: datetime
