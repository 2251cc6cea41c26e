"""Imports of labels, and what became of them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body, Id
from schema.enums import ImportFormat, ImportMode, ImportState


class NewImportBody(Body):
    """A complete upload of labels. `accepted` takes them for finished work, `predictions` shows them to annotators."""

    upload_id: Annotated[Id, Field(examples=[7])]
    format: ImportFormat
    mode: ImportMode = ImportMode.PREDICTIONS
    class_map: Annotated[
        dict[Annotated[str, Field(max_length=200)], Annotated[int, Field(ge=1, le=32_767)]] | None,
        Field(
            max_length=2_000, description="class by the name in the file; other names are compared with the classes'"
        ),
    ] = None


class ImportProblemBody(Body):
    where: Annotated[str, Field(examples=["a.jpg: annotations[3]"])]
    problem: str


class ImportCountsBody(Body):
    """`tasks_begun` were left alone: somebody has worked on them."""

    images_matched: int = 0
    images_unknown: int = 0
    objects: int = 0
    refused: int = 0
    tasks_changed: int = 0
    tasks_begun: int = 0
    unknown_categories: dict[str, int] = Field(default_factory=dict)


class LabelImportBody(Body):
    """An import. Its counts grow while it runs; `problems` are the first hundred."""

    id: int
    project_id: int
    upload_id: int
    format: ImportFormat
    mode: ImportMode
    state: ImportState
    reason: Annotated[str | None, Field(description="why it failed")]
    counts: ImportCountsBody
    problems: tuple[ImportProblemBody, ...]
    created_at: datetime
