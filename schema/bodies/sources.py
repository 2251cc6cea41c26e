"""Sources: buckets of a client."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body


class NewSourceBody(Body):
    """A bucket and the prefix below which images lie; an empty prefix means all of it."""

    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", examples=["field-photos"])]
    prefix: Annotated[str, Field(max_length=512, examples=["2025/"])] = ""


class SourceBody(Body):
    """A source. Put `nonce` as the text of `proof_key` in the bucket, then verify it."""

    id: int
    bucket: str
    prefix: str
    external_id: str
    proof_key: Annotated[str, Field(examples=["2025/.plumbline-proof"])]
    nonce: str
    verified_at: datetime | None
