"""The trail of changes, for an organisation's managers."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from api.auth import WithActor
from api.context import WithContext
from api.csv_stream import PAGE_ROWS, CsvStream, describe_csv, stream_csv
from api.paging import WithNewestCursor
from api.problems import declare
from domain.audit.queries import AuditRow
from domain.audit.reading import Wanted, list_events
from schema.bodies.base import MAX_ID, Page
from schema.bodies.members import AuditEventBody

router = APIRouter(tags=["people"])


async def get_wanted(
    subject: Annotated[str | None, Query(max_length=200, examples=["member:12"])] = None,
    action: Annotated[str | None, Query(max_length=100, examples=["member_paused"])] = None,
    member_id: Annotated[int | None, Query(ge=1, le=MAX_ID, description="who did it")] = None,
    since: Annotated[AwareDatetime | None, Query(description="not before this time")] = None,
    until: Annotated[AwareDatetime | None, Query(description="before this time")] = None,
) -> Wanted:
    return Wanted(subject=subject, action=action, member_id=member_id, since=since, until=until)


WithWanted = Annotated[Wanted, Depends(get_wanted)]


@router.get("/audit", summary="List what your people changed, the newest first", responses=declare("forbidden"))
def list_audit_events(
    actor: WithActor, context: WithContext, cursor: WithNewestCursor, wanted: WithWanted
) -> Page[AuditEventBody]:
    with context.database.begin(actor.scope) as session:
        rows = list_events(session, actor, wanted, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _body, id_of=lambda row: row.id)


@router.get(
    "/audit.csv",
    summary="Export what your people changed, the newest first",
    response_class=CsvStream,
    responses=describe_csv("one line an event") | declare("forbidden"),
)
def export_audit_events(actor: WithActor, context: WithContext, wanted: WithWanted) -> CsvStream:
    def read(after: int) -> list[AuditRow]:
        with context.database.begin(actor.scope) as session:
            return list_events(session, actor, wanted, after=after, limit=PAGE_ROWS)

    return stream_csv("audit.csv", tuple(AuditEventBody.model_fields), read(MAX_ID), lambda row: read(row.id), _cells)


def _body(row: AuditRow) -> AuditEventBody:
    return AuditEventBody(
        id=row.id,
        at=row.at,
        member_id=row.member_id,
        action=row.action,
        subject=row.subject,
        project_id=row.project_id,
        request_id=row.request_id,
        detail=row.detail,
    )


def _cells(row: AuditRow) -> list[object]:
    values = _body(row).model_dump(mode="json")
    return [*list(values.values())[:-1], "" if row.detail is None else json.dumps(row.detail, ensure_ascii=False)]
