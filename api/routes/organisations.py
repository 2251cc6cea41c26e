"""Organisations, and which vendor works for which project."""

from fastapi import APIRouter, Response

from api.auth import WithActor
from api.context import WithContext
from api.paging import WithCursor
from api.preconditions import IfMatch, check, etag_of
from api.problems import declare
from api.routes.parameters import PathId
from domain.accounts import organisations
from domain.accounts.queries import OrganisationRow
from domain.engagements import service as engagements
from domain.engagements.queries import EngagementRow
from schema.bodies.base import Page
from schema.bodies.members import EngagementBody, OrganisationBody, OrganisationChangesBody
from schema.enums import OrganisationKind

router = APIRouter(tags=["people"])


@router.get("/organisation", summary="Show your organisation")
def get_own_organisation(actor: WithActor, context: WithContext, response: Response) -> OrganisationBody:
    with context.database.begin(actor.scope) as session:
        body = _body(organisations.get_organisation(session, actor.organisation_id))
    response.headers["ETag"] = etag_of(body)
    return body


@router.patch(
    "/organisation", summary="Rename your organisation", responses=declare("forbidden", "precondition_failed")
)
def rename_organisation(
    body: OrganisationChangesBody,
    actor: WithActor,
    context: WithContext,
    response: Response,
    if_match: IfMatch = None,
) -> OrganisationBody:
    with context.database.begin(actor.scope) as session:
        check(if_match, etag_of(_body(organisations.get_organisation(session, actor.organisation_id))))
        renamed = _body(organisations.rename_organisation(session, actor, body.name))
    response.headers["ETag"] = etag_of(renamed)
    return renamed


@router.get(
    "/organisations/{organisation_id}",
    summary="Show your organisation or one you work with",
    responses=declare("not_found"),
)
def get_organisation(organisation_id: PathId, actor: WithActor, context: WithContext) -> OrganisationBody:
    with context.database.begin(actor.scope) as session:
        return _body(organisations.get_organisation(session, organisation_id))


@router.get(
    "/projects/{project_id}/vendors", summary="List who works or worked for a project", responses=declare("not_found")
)
def list_vendors(
    project_id: PathId, actor: WithActor, context: WithContext, cursor: WithCursor
) -> Page[EngagementBody]:
    with context.database.begin(actor.scope) as session:
        rows = engagements.list_vendors(session, project_id, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _engagement_body, id_of=lambda row: row.vendor_org)


@router.delete(
    "/projects/{project_id}/vendors/{vendor_org}",
    status_code=204,
    summary="End a vendor's engagement; its work stays",
    responses=declare("forbidden", "not_found"),
)
def end_engagement(project_id: PathId, vendor_org: PathId, actor: WithActor, context: WithContext) -> None:
    with context.database.begin(actor.scope) as session:
        engagements.end_engagement(session, actor, project_id=project_id, vendor_org=vendor_org)


@router.get("/engagements", summary="List the projects your organisation is or was engaged for")
def list_engagements(actor: WithActor, context: WithContext, cursor: WithCursor) -> Page[EngagementBody]:
    with context.database.begin(actor.scope) as session:
        rows = engagements.list_engagements(session, actor, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _engagement_body, id_of=lambda row: row.project_id)


def _body(row: OrganisationRow) -> OrganisationBody:
    return OrganisationBody(id=row.id, kind=OrganisationKind(row.kind), name=row.name, created_at=row.created_at)


def _engagement_body(row: EngagementRow) -> EngagementBody:
    return EngagementBody(
        project_id=row.project_id,
        project=row.project,
        vendor_org=row.vendor_org,
        vendor=row.vendor,
        client_org=row.client_org,
        client=row.client,
        since=row.since,
        ended_at=row.ended_at,
    )
