"""Images: one revision of a client's key each, and what is decided about those put aside."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schema.bodies.base import Body, Id, TraceId
from schema.enums import ImageState

ReasonText = Annotated[str, Field(min_length=1, max_length=500, examples=["a photograph of the lens cap"])]


class ImageBody(Body):
    """An image; `reason` is a stable code and `detail` a sentence when it is not simply ready."""

    id: int
    source_id: int
    key: Annotated[str, Field(examples=["2025/05/IMG_0042.jpg"])]
    revision: str
    state: ImageState
    reason: Annotated[str | None, Field(examples=["wrong_type"])]
    detail: str | None
    sha256: str | None
    bytes: int | None
    width: Annotated[int | None, Field(description="px, of the upright picture")]
    height: Annotated[int | None, Field(description="px, of the upright picture")]
    content_type: str | None
    duplicate_of: Annotated[int | None, Field(description="another image with the same bytes that is labelled instead")]
    trace_id: TraceId | None
    created_at: datetime
    state_since: datetime
    url: Annotated[str | None, Field(description="the upright picture, once it is ready; same origin")]
    thumbnail_url: str | None


class DiscardBody(Body):
    """Why an image is put out for good."""

    reason: ReasonText


class QuarantineFilterBody(Body):
    """Which quarantined images; every field that is there must fit."""

    project_id: Id | None = None
    source_id: Id | None = None
    reason: Annotated[str | None, Field(max_length=64, examples=["wrong_type"])] = None


class ImageActionsBody(Body):
    """One decision about many images: those named, or up to 1,000 quarantined ones that a filter finds."""

    action: Literal["retry", "discard"]
    image_ids: Annotated[tuple[Id, ...] | None, Field(min_length=1, max_length=1_000, examples=[[7, 8]])] = None
    filter: QuarantineFilterBody | None = None
    reason: ReasonText | None = None

    @model_validator(mode="after")
    def _one_way_to_choose(self) -> "ImageActionsBody":
        if (self.image_ids is None) == (self.filter is None):
            raise ValueError("give image_ids or filter, one of them")
        if self.action == "discard" and self.reason is None:
            raise ValueError("a reason is needed to discard images")
        return self


class ImageActionsDoneBody(Body):
    """What a decision changed. `left` says that more images fit the filter: send it again."""

    image_ids: tuple[int, ...]
    left: bool


class ReasonCountBody(Body):
    reason: Annotated[str, Field(examples=["wrong_type"])]
    images: int
    detail: Annotated[str | None, Field(description="the sentence of the newest such image")]


class QuarantineBody(Body):
    """Images that were put aside, by reason."""

    images: int
    reasons: tuple[ReasonCountBody, ...]
