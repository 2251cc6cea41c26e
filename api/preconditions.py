"""`If-Match`: a change is made only to what the caller has seen."""

import hashlib
from typing import Annotated

from fastapi import Header

from domain.errors import PreconditionFailed, PreconditionRequired
from schema.bodies.base import Body

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=200, description="the `ETag` of what you have seen, or `*` for any"),
]


def etag_of(body: Body) -> str:
    """Return the ETag of an answer: it changes when anything in it does."""
    return f'"{hashlib.sha256(body.model_dump_json().encode()).hexdigest()[:32]}"'


def version_etag(version: int) -> str:
    return f'"{version}"'


def check(if_match: str | None, current: str, *, required: bool = False) -> None:
    """Raise PreconditionFailed unless the caller has seen `current`; without the header only where it is required."""
    if if_match is None:
        if required:
            raise PreconditionRequired("send If-Match with the ETag of what you read, so that nobody's change is lost")
        return
    seen = [tag.strip().removeprefix("W/") for tag in if_match.split(",")]
    if "*" not in seen and current not in seen:
        raise PreconditionFailed("it changed since you read it; read it again and send your change once more")
