"""Ids in paths and filters in queries: within what the database can hold, so that a wild number is no fault of ours."""

from typing import Annotated

from fastapi import Path, Query

from schema.bodies.base import MAX_ID

PathId = Annotated[int, Path(ge=1, le=MAX_ID)]
QueryId = Annotated[int, Query(ge=1, le=MAX_ID)]
