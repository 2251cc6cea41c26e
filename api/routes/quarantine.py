"""The quarantine as counts and as a table for a spreadsheet; single images are in `images.py`."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import WithActor
from api.context import WithContext
from api.csv_stream import PAGE_ROWS, CsvStream, describe_csv, stream_csv
from api.problems import declare
from api.routes.parameters import QueryId
from domain.quarantine import service
from domain.quarantine.queries import ImageDetail, ImageFilter
from schema.bodies.images import QuarantineBody, ReasonCountBody
from schema.enums import ImageState

router = APIRouter(tags=["sources"], responses=declare("forbidden"))

COLUMNS = ("id", "source_id", "key", "revision", "reason", "detail", "bytes", "state_since")

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
    response_class=CsvStream,
    responses=describe_csv("one line an image"),
)
def export_quarantine(
    actor: WithActor,
    context: WithContext,
    project_id: QueryId | None = None,
    source_id: QueryId | None = None,
    reason: ReasonQuery = None,
) -> CsvStream:
    wanted = ImageFilter(source_id, project_id, ImageState.QUARANTINED.value, reason)

    def read(after: int) -> list[ImageDetail]:
        with context.database.begin(actor.scope) as session:
            return service.list_images(session, actor, wanted, after=after, limit=PAGE_ROWS)

    return stream_csv(
        "quarantine.csv",
        COLUMNS,
        read(0),
        lambda image: read(image.id),
        lambda image: (getattr(image, column) for column in COLUMNS),
    )
