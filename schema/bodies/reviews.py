"""Reviews: what is contested on a task, and a supervisor's answer. Authors are letters here, never people."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schema.bodies.base import Body, Id
from schema.bodies.leases import EXAMPLE_OBJECT, LeasedImage
from schema.enums import Cause
from schema.objects import MAX_OBJECTS, LabelObject
from schema.projects import Ontology


class VersionBody(Body):
    """What one answer drew of a merged object."""

    label: Annotated[str, Field(examples=["A"])]
    lease_id: int
    object: LabelObject


class ContestedBody(Body):
    """A merged object; without `causes` it is settled unless the review says otherwise. Shares and IoU in [0, 1]."""

    object: LabelObject
    causes: tuple[Cause, ...]
    vote_share: float
    class_share: float
    agreement_iou: float | None
    versions: tuple[VersionBody, ...]


class AnswerBody(Body):
    """One answer of the task; `objects` counts what it drew. Its lease is what goes into `send_back`."""

    label: Annotated[str, Field(examples=["A"])]
    lease_id: int
    objects: int


class ReviewBody(Body):
    """What a review lease is about, and why the task is here."""

    lease_id: int
    task_id: int
    reason: Annotated[str, Field(examples=["1 of 5 objects is contested: boundary"])]
    image: LeasedImage
    ontology: Ontology
    objects: tuple[ContestedBody, ...]
    answers: tuple[AnswerBody, ...]


class VerdictBody(Body):
    """An answer about one object: `version` needs `lease_id`, `fix` needs `fixed`."""

    object_id: UUID
    choice: Literal["merged", "version", "fix", "remove"]
    lease_id: Id | None = None
    fixed: Annotated[LabelObject | None, Field(examples=[EXAMPLE_OBJECT])] = None
    reason: Annotated[str | None, Field(max_length=2_000)] = None


class NewReviewBody(Body):
    """A whole review: verdicts and additions, or leases whose work goes back, or a rejection of the task.

    A task that was flagged before all its votes were there can also go on (`go_on`).
    """

    verdicts: Annotated[tuple[VerdictBody, ...], Field(max_length=MAX_OBJECTS)] = ()
    added: Annotated[tuple[LabelObject, ...], Field(max_length=MAX_OBJECTS)] = ()
    send_back: Annotated[tuple[Id, ...], Field(max_length=100, examples=[[4711]])] = ()
    reject: bool = False
    go_on: Annotated[
        bool, Field(description="what was skipped as not annotatable goes back to annotators; feedback says why")
    ] = False
    feedback: Annotated[str | None, Field(max_length=4_000, examples=["the outline cuts the tail off"])] = None


class ReviewReceiptBody(Body):
    lease_id: int
    task_id: int
    submitted_at: datetime
