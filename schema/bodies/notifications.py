"""A member's inbox."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from schema.bodies.base import Body, Id
from schema.enums import NotificationKind


class NotificationBody(Body):
    """Something that concerns the member; `body` holds what its kind has to tell, such as a supervisor's feedback."""

    id: int
    kind: NotificationKind
    project_id: int | None
    task_id: int | None
    body: Annotated[dict[str, Any], Field(examples=[{"feedback": "the outline cuts the tail off"}])]
    read_at: datetime | None
    created_at: datetime


class MarkReadBody(Body):
    """Which lines were read; null means all of them. Ids that are not the member's own change nothing."""

    ids: Annotated[tuple[Id, ...] | None, Field(max_length=500, examples=[[812, 815]])]


class MarkedReadBody(Body):
    """How many lines were unread before, and how many still are."""

    marked: int
    unread: Annotated[int, Field(description="at most 1000 are counted")]
