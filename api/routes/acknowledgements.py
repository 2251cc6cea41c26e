"""Reading the guidelines: saying so, and seeing who has."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import WithActor
from api.context import WithContext
from api.paging import WithCursor
from api.problems import declare
from api.routes.parameters import PathId
from domain.acknowledgements import service
from domain.acknowledgements.queries import ReaderRow
from schema.bodies.acknowledgements import (
    AcknowledgementBody,
    NewAcknowledgementBody,
    ReaderBody,
    ReaderCountBody,
    ReadersBody,
)

router = APIRouter(prefix="/projects/{project_id}/guidelines", responses=declare("forbidden", "not_found"))

Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="the current one unless it is given")]


@router.put(
    "/acknowledgement",
    tags=["work"],
    summary="Say that you have read the current guidelines",
    responses=declare("conflict"),
)
def acknowledge_guidelines(
    project_id: PathId, body: NewAcknowledgementBody, actor: WithActor, context: WithContext
) -> AcknowledgementBody:
    with context.database.begin(actor.scope) as session:
        at = service.acknowledge(session, actor, project_id, version=body.version)
    return AcknowledgementBody(project_id=project_id, version=body.version, at=at)


@router.get(
    "/acknowledgements",
    tags=["projects"],
    summary="List which of your people have read the guidelines, and which have not",
)
def list_acknowledgements(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    cursor: WithCursor,
    version: Version = None,
    acknowledged: Annotated[bool | None, Query(description="only those who have, or only those who have not")] = None,
) -> ReadersBody:
    with context.database.begin(actor.scope) as session:
        found = service.list_readers(
            session,
            actor,
            project_id,
            version=version,
            acknowledged=acknowledged,
            after=cursor.after,
            limit=cursor.rows,
        )
    page = cursor.page(found.rows, _reader, id_of=lambda row: row.member_id)
    return ReadersBody(
        items=page.items,
        next=page.next,
        version=found.version,
        counts=tuple(
            ReaderCountBody(organisation_id=c.organisation_id, people=c.people, acknowledged=c.acknowledged)
            for c in found.counts
        ),
    )


def _reader(row: ReaderRow) -> ReaderBody:
    return ReaderBody(member_id=row.member_id, name=row.name, at=row.at)
