"""The quarantine as counts and as a table for a spreadsheet; single images are in `images.py`."""

import csv
import io
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.auth import WithActor
from api.context import Context, WithContext
from api.problems import declare
from api.routes.parameters import QueryId
from domain.quarantine import service
from domain.quarantine.queries import ImageFilter
from domain.scope import Actor
from schema.bodies.images import QuarantineBody, ReasonCountBody
from schema.enums import ImageState

router = APIRouter(tags=["sources"], responses=declare("forbidden"))

PAGE = 500
COLUMNS = ("id", "source_id", "key", "revision", "reason", "detail", "bytes", "state_since")
# A spreadsheet takes a cell that begins like this for a formula; keys are strangers' text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

ReasonQuery = Annotated[str | None, Query(max_length=64, description="a stable code, such as wrong_type")]


@router.get("/quarantine", summary="Count the images that were put aside, by reason")
def get_quarantine(
    actor: WithActor, context: WithContext, project_id: QueryId | None = None, source_id: QueryId | None = None
) -> QuarantineBody:
    with context.database.begin(actor.scope) as session:
        rows = service.count_quarantined(session, actor, ImageFilter(source_id, project_id))
    return QuarantineBody(
        images=sum(row.images for row in rows),
        reasons=tuple(ReasonCountBody(reason=r.reason, images=r.images, detail=r.detail) for r in rows),
    )


@router.get(
    "/quarantine.csv",
    summary="Export the images that were put aside",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "One line an image"}},
)
def export_quarantine(
    actor: WithActor,
    context: WithContext,
    project_id: QueryId | None = None,
    source_id: QueryId | None = None,
    reason: ReasonQuery = None,
) -> StreamingResponse:
    wanted = ImageFilter(source_id, project_id, ImageState.QUARANTINED.value, reason)
    actor.require(*service.READERS)
    return StreamingResponse(
        _lines(context, actor, wanted),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="quarantine.csv"'},
    )


def _lines(context: Context, actor: Actor, wanted: ImageFilter) -> Iterator[str]:
    """Yield the table page by page, a transaction each."""
    yield _rows([COLUMNS])
    after = 0
    while True:
        with context.database.begin(actor.scope) as session:
            page = service.list_images(session, actor, wanted, after=after, limit=PAGE)
        yield _rows([tuple(_cell(getattr(image, column)) for column in COLUMNS) for image in page])
        if len(page) < PAGE:
            return
        after = page[-1].id


def _rows(rows: list[tuple[str, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
