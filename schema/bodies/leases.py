"""Leases: one member's hold on one seat, what it shows, and what is sent back through it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from schema.bodies.base import Body, Id
from schema.enums import SkipKind, Stage
from schema.objects import MAX_OBJECTS, LabelObject, ObjectDocument
from schema.projects import Ontology

EXAMPLE_OBJECT = {
    "id": "01970f3c-6d2e-7b11-9c55-0d4f7a1e2b3c",
    "class_id": 1,
    "shape": {"type": "box", "x0": 10.0, "y0": 12.5, "x1": 64.0, "y1": 80.0},
}
EXAMPLE_OBJECTS = [[EXAMPLE_OBJECT]]
MAX_PREFETCH = 5

Sequence = Annotated[int, Field(ge=0, le=2**31 - 1, examples=[3])]
Writer = Annotated[
    str, Field(max_length=64, description="names the page or device that saves, so that another one is told apart")
]
ActiveSeconds = Annotated[
    float,
    Field(ge=0, le=86_400, description="seconds with focus and input since the last report; at most 60 are credited"),
]


class ClaimBody(Body):
    """What to claim from; null means any project, any stage that is open to the member."""

    project_id: Annotated[Id | None, Field(examples=[7])] = None
    stage: Annotated[Stage | None, Field(examples=["label"])] = None
    prefetch: Annotated[
        int,
        Field(ge=0, le=MAX_PREFETCH, description="so many more leases ahead; those not begun in time are free again"),
    ] = 0
    later: Annotated[bool, Field(description="only what you left for later")] = False


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
    writer: Annotated[str, Field(description="the page or device that saved it, as it named itself")]
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


class ClaimedBody(LeaseBody):
    """The lease to work on now, and those claimed ahead.

    What was claimed ahead is free again two minutes later, unless a heartbeat or a draft says that it is worked on.
    """

    prefetched: tuple[LeaseBody, ...] = ()


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
    """Unsent work; a draft with a smaller sequence than the stored one is ignored.

    With `base_sequence`, nothing is written over what another writer saved since.
    """

    sequence: Sequence
    objects: Annotated[tuple[LabelObject, ...], Field(max_length=MAX_OBJECTS, examples=EXAMPLE_OBJECTS)]
    base_sequence: Annotated[Sequence | None, Field(description="the draft that this goes on from")] = None
    writer: Writer = ""
    active_s: ActiveSeconds = 0.0


class DraftChangeBody(Body):
    """What changed since the draft `base_sequence`, 0 and no objects where none was saved yet.

    A repeat is known by its `sequence` and its `writer`, so name one.
    """

    sequence: Sequence
    base_sequence: Annotated[int, Field(ge=0, le=2**31 - 1, examples=[2])]
    put: Annotated[
        tuple[LabelObject, ...],
        Field(max_length=MAX_OBJECTS, examples=EXAMPLE_OBJECTS, description="replaced by their id, or new at the end"),
    ] = ()
    delete: Annotated[tuple[UUID, ...], Field(max_length=MAX_OBJECTS)] = ()
    writer: Writer = ""
    active_s: ActiveSeconds = 0.0

    @model_validator(mode="after")
    def _goes_on(self) -> "DraftChangeBody":
        if self.sequence <= self.base_sequence:
            raise ValueError("sequence must be larger than base_sequence")
        if len({o.id for o in self.put}) < len(self.put):
            raise ValueError("an object stands twice in put")
        return self


class DraftStoredBody(Body):
    """`stored` is false when a newer draft was there already; `sequence` is the stored draft's."""

    stored: bool
    sequence: int


class AtWorkBody(Body):
    """What a heartbeat may tell."""

    active_s: ActiveSeconds = 0.0


class SkipBody(Body):
    """Why this work is left: for oneself later, to others, or to a supervisor because nobody can annotate it."""

    kind: Annotated[SkipKind, Field(examples=["others"])]
    reason: Annotated[str, Field(min_length=1, max_length=2_000, examples=["I cannot tell these two weeds apart"])]


class SkippedBody(Body):
    """What was skipped; the same however often it is sent."""

    lease_id: int
    task_id: int
    kind: SkipKind
    at: datetime


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
