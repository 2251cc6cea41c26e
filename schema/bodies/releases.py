"""Releases: immutable snapshots of accepted work."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body, Id
from schema.enums import ReleaseContent, ReleaseState


class NewReleaseBody(Body):
    """Everything that is accepted in the project when this is asked."""

    project_id: Annotated[Id, Field(examples=[7])]
    include: Annotated[
        ReleaseContent,
        Field(description="`votes` adds every answer under a pseudonym, and what the answers said of each object"),
    ] = ReleaseContent.ACCEPTED


class ReleaseBody(Body):
    """A release; counts and the manifest's SHA-256 are there once it is complete."""

    id: int
    project_id: int
    format: Annotated[str, Field(examples=["coco"])]
    include: ReleaseContent
    state: ReleaseState
    reason: Annotated[str | None, Field(description="why it failed, or that there was nothing to release")]
    images: int | None
    objects: int | None
    manifest_sha256: str | None
    created_at: datetime


class ReleaseFileBody(Body):
    """One file; `s3_key` is in Plumbline's own bucket."""

    name: Annotated[str, Field(examples=["annotations.json"])]
    bytes: int
    sha256: str
    url: Annotated[str, Field(description="same origin, for an hour or two")]
    s3_key: Annotated[str, Field(examples=["org/1/releases/3/annotations.json"])]


class ReleaseWithFilesBody(ReleaseBody):
    files: tuple[ReleaseFileBody, ...]
