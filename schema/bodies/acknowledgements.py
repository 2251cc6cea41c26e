"""Who has read which version of a project's guidelines."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body, Page


class NewAcknowledgementBody(Body):
    """The version that was read; only the current one can be acknowledged."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1, examples=[2])]


class AcknowledgementBody(Body):
    """That the member read this version, and since when they say so."""

    project_id: int
    version: int
    at: datetime


class ReaderBody(Body):
    """Someone who works by the guidelines; `at` is null until they acknowledge them."""

    member_id: int
    name: str
    at: datetime | None


class ReaderCountBody(Body):
    """How many people of an organisation acknowledged; of others than one's own `people` are just those."""

    organisation_id: int
    people: int
    acknowledged: int


class ReadersBody(Page[ReaderBody]):
    """A page of one's own organisation's people, and the counts of every organisation, one's own first."""

    version: int
    counts: tuple[ReaderCountBody, ...]
