"""Images: one revision of a client's key each."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body
from schema.enums import ImageState


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
    created_at: datetime
    state_since: datetime
    url: Annotated[str | None, Field(description="the upright picture, once it is ready; same origin")]
    thumbnail_url: str | None
