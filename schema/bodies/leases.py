"""Leases: one member's hold on one seat, what it shows, and what is sent back through it."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body, Id
from schema.enums import Stage
from schema.objects import MAX_OBJECTS, LabelObject, ObjectDocument
from schema.projects import Ontology

EXAMPLE_OBJECT = {
    "id": "01970f3c-6d2e-7b11-9c55-0d4f7a1e2b3c",
    "class_id": 1,
    "shape": {"type": "box", "x0": 10.0, "y0": 12.5, "x1": 64.0, "y1": 80.0},
}
EXAMPLE_OBJECTS = [[EXAMPLE_OBJECT]]


class ClaimBody(Body):
    """What to claim from; null means any project, any stage that is open to the member."""

    project_id: Annotated[Id | None, Field(examples=[7])] = None
    stage: Annotated[Stage | None, Field(examples=["label"])] = None


class LeasedImage(Body):
    """The picture to label; sizes are px of the upright picture."""

    id: int
    key: str
    width: int
    height: int
    url: Annotated[str, Field(description="the upright picture, same origin, for an hour or two")]
    thumbnail_url: str


class LeasePolicy(Body):
    """The rules that the holder of a lease feels."""

    lease_ttl_s: int
    undo_window_s: float


class DraftState(Body):
    """Unsent work, from this lease or an earlier one of the same member on the task."""

    sequence: int
    objects: tuple[LabelObject, ...]


class PrelabelSourceBody(Body):
    """What the pre-labels come from; names are null where the model is the client's own and another reads."""

    model: Annotated[str | None, Field(examples=["weeds-yolo11"])]
    version: Annotated[str | None, Field(examples=["3"])]
    mapping_id: Annotated[int | None, Field(description="the prediction set; null for imports and the built-in model")]


class LeaseBody(Body):
    """A lease with all that its work needs. `holds_seat` is false once it was answered, given back or lost."""

    lease_id: Annotated[int, Field(examples=[4711])]
    task_id: int
    project_id: int
    project_name: str
    stage: Stage
    holds_seat: bool
    expires_at: Annotated[datetime | None, Field(description="null when the lease holds no seat")]
    image: LeasedImage
    guideline_version: Annotated[int, Field(description="the guidelines that were current when it was claimed")]
    ontology: Ontology
    policy: LeasePolicy
    prelabels: Annotated[tuple[LabelObject, ...] | None, Field(description="null when no model was shown")]
    prelabel_source: Annotated[PrelabelSourceBody | None, Field(description="null when no model was shown")]
    draft: DraftState | None
    last_answer: Annotated[tuple[LabelObject, ...] | None, Field(description="the member's own, when work came back")]
    feedback: Annotated[str | None, Field(description="a supervisor's words, when work came back")]


class HeldLeaseBody(Body):
    """A lease that holds its seat, in few words."""

    lease_id: int
    task_id: int
    project_id: int
    project_name: str
    stage: Stage
    image_id: int
    key: str
    thumbnail_url: str
    claimed_at: datetime
    expires_at: datetime
    has_draft: bool


class HeldLeasesBody(Body):
    """What a member works on now, the longest held first."""

    items: tuple[HeldLeaseBody, ...]


class DraftBody(ObjectDocument):
    """Unsent work; a draft with a smaller sequence than the stored one is ignored."""

    sequence: Annotated[int, Field(ge=0, le=2**31 - 1, examples=[3])]
    objects: Annotated[tuple[LabelObject, ...], Field(max_length=MAX_OBJECTS, examples=EXAMPLE_OBJECTS)]


class DraftStoredBody(Body):
    """`stored` is false when a newer draft was there already."""

    stored: bool


class HeartbeatBody(Body):
    expires_at: datetime


class AnnotationBody(ObjectDocument):
    """The whole answer; no objects is an answer too."""

    objects: Annotated[tuple[LabelObject, ...], Field(max_length=MAX_OBJECTS, examples=EXAMPLE_OBJECTS)]


class ReceiptBody(Body):
    """Proof that an answer is stored; the same however often it is sent."""

    lease_id: int
    task_id: int
    version: int
    submitted_at: datetime
