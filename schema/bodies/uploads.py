"""Uploads: one file in parts of a size that the server names."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from schema.bodies.base import Body, Id
from schema.enums import UploadPurpose, UploadState


class NewUploadBody(Body):
    """A file to come. The same `name` in the same project is a new revision of the same picture."""

    purpose: UploadPurpose
    name: Annotated[str, Field(min_length=1, max_length=500, examples=["july/IMG_0042.jpg"])]
    bytes: Annotated[int, Field(ge=1, le=10**13, examples=[2_345_678])]
    content_type: Annotated[str, Field(max_length=100, pattern=r"^[\w.+-]+/[\w.+-]+$", examples=["image/jpeg"])] = (
        "application/octet-stream"
    )
    project_id: Annotated[Id | None, Field(description="the project that a picture is for", examples=[7])] = None

    @field_validator("name")
    @classmethod
    def _has_a_name(cls, name: str) -> str:
        if not name.replace("\\", "/").strip("/. \t"):
            raise ValueError("a name is needed, such as IMG_0042.jpg")
        return name

    @model_validator(mode="after")
    def _a_picture_has_a_project(self) -> "NewUploadBody":
        if self.purpose is UploadPurpose.PICTURE and self.project_id is None:
            raise ValueError("project_id is needed for a picture: the project it is for")
        return self


class UploadBody(Body):
    """An upload. PUT part n, of `part_bytes` unless it is the last, to `/uploads/{id}/parts/{n}`; then complete it."""

    id: int
    purpose: UploadPurpose
    name: str
    key: str
    content_type: str
    bytes: int
    part_bytes: int
    parts: int
    received: Annotated[tuple[int, ...], Field(description="the numbers of the parts that are there")]
    state: UploadState
    source_id: int | None
    created_at: datetime
    completed_at: datetime | None


class UploadPartBody(Body):
    number: int
    bytes: int
