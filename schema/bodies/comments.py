"""Comments on tasks, their threads, and whether these are resolved."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from schema.bodies.base import Body, Id
from schema.bodies.people import AuthorBody

Px = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Point = Annotated[tuple[Px, Px], Field(description="[x, y] in px of the upright picture", examples=[[120.5, 64.0]])]


class NewCommentBody(Body):
    """A remark on a task, or a reply; it may point at an object or at a place in the picture."""

    body: Annotated[str, Field(min_length=1, max_length=4_000, examples=["Is this one coin or two?"])]
    parent_id: Annotated[Id | None, Field(description="the comment that this answers", examples=[31])] = None
    object_id: Annotated[UUID | None, Field(examples=["01970f3c-6d2e-7b11-9c55-0d4f7a1e2b3c"])] = None
    point: Point | None = None
    vendor_org: Annotated[
        Id | None,
        Field(
            description="for the client: the one vendor that may read it, or its own organisation for a remark among "
            "its own people; null: every vendor of the project",
            examples=[3],
        ),
    ] = None


class CommentBody(Body):
    """A comment as its reader may see it. `resolved_*` and `replies` belong to the first comment of a thread."""

    id: int
    project_id: int
    task_id: int
    parent_id: Annotated[int | None, Field(description="the first comment of its thread; null for that one itself")]
    object_id: UUID | None
    point: Point | None
    vendor_org: Annotated[int | None, Field(description="the one organisation besides the client; null: every vendor")]
    author: AuthorBody
    body: str
    resolved_at: datetime | None
    resolved_by: Annotated[str | None, Field(description="a name, or a pseudonym of another organisation's person")]
    replies: int
    created_at: datetime


class ResolveBody(Body):
    """Whether the thread is settled."""

    resolved: Annotated[bool, Field(examples=[True])]


class ThreadCountBody(Body):
    """How much is said about a task."""

    task_id: int
    threads: int
    unresolved: int


class ThreadCountsBody(Body):
    """One line for each task that has a thread."""

    items: tuple[ThreadCountBody, ...]
