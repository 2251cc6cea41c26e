"""Projects, the vendors engaged for them, and the workforce that may draw their work."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import WithActor
from api.context import WithContext
from api.once import WithOnce
from api.paging import WithCursor
from api.preconditions import IfMatch, check, etag_of
from api.problems import declare
from api.routes.parameters import PathId
from domain.projects import changing, service
from domain.projects.service import Project
from schema.bodies.base import Page
from schema.bodies.projects import EnrolledBody, NewProjectBody, ProjectBody, ProjectChangeBody, WorkforceBody

router = APIRouter(prefix="/projects", tags=["projects"])


@router.post(
    "",
    status_code=201,
    summary="Create a project",
    responses=declare("forbidden", "version_refused", "idempotency_key_reused"),
)
def create_project(
    body: NewProjectBody, actor: WithActor, context: WithContext, once: WithOnce, response: Response
) -> ProjectBody:
    with context.database.begin(actor.scope) as session:

        def create() -> ProjectBody:
            project_id = service.create_project(
                session,
                actor,
                name=body.name,
                ontology=body.ontology,
                guidelines=body.guidelines,
                policy=body.policy,
            )
            return _body(service.get_project(session, project_id))

        project = once.run(session, actor, ProjectBody, create)
    response.headers["Location"] = f"/v1/projects/{project.id}"
    return project


@router.get("", summary="List the projects you can see")
def list_projects(
    actor: WithActor,
    context: WithContext,
    cursor: WithCursor,
    archived: Annotated[bool, Query(description="list archived projects too")] = False,
) -> Page[ProjectBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_projects(session, archived=archived, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _body, id_of=lambda project: project.id)


@router.get("/{project_id}", summary="Show a project", responses=declare("not_found"))
def get_project(project_id: PathId, actor: WithActor, context: WithContext, response: Response) -> ProjectBody:
    with context.database.begin(actor.scope) as session:
        project = service.get_project(session, project_id)
    return _tagged(project, response)


@router.patch(
    "/{project_id}",
    summary="Rename a project",
    responses=declare("forbidden", "not_found", "precondition_failed", "precondition_required"),
)
def change_project(
    project_id: PathId,
    body: ProjectChangeBody,
    actor: WithActor,
    context: WithContext,
    response: Response,
    if_match: IfMatch = None,
) -> ProjectBody:
    with context.database.begin(actor.scope) as session:
        project = service.get_own_project(session, actor, project_id)
        check(if_match, etag_of(_body(project)), required=True)
        project = changing.rename_project(session, actor, project, name=body.name)
    return _tagged(project, response)


@router.post("/{project_id}/archive", summary="Put a project away", responses=declare("forbidden", "not_found"))
def archive_project(project_id: PathId, actor: WithActor, context: WithContext, response: Response) -> ProjectBody:
    with context.database.begin(actor.scope) as session:
        project = changing.archive_project(session, actor, service.get_own_project(session, actor, project_id))
    return _tagged(project, response)


@router.post(
    "/{project_id}/unarchive", summary="Bring an archived project back", responses=declare("forbidden", "not_found")
)
def unarchive_project(project_id: PathId, actor: WithActor, context: WithContext, response: Response) -> ProjectBody:
    with context.database.begin(actor.scope) as session:
        project = changing.unarchive_project(session, actor, service.get_own_project(session, actor, project_id))
    return _tagged(project, response)


@router.put(
    "/{project_id}/vendors/{vendor_org}",
    status_code=204,
    summary="Engage a vendor for a project",
    responses=declare("forbidden", "not_found"),
)
def engage_vendor(project_id: PathId, vendor_org: PathId, actor: WithActor, context: WithContext) -> None:
    with context.database.begin(actor.scope) as session:
        service.engage_vendor(session, actor, project_id=project_id, vendor_org=vendor_org)


@router.post(
    "/{project_id}/workforce",
    summary="Let your people draw work from a project",
    responses=declare("forbidden", "not_found"),
)
def enrol_workforce(project_id: PathId, body: WorkforceBody, actor: WithActor, context: WithContext) -> EnrolledBody:
    members = None if body.members is None else list(body.members)
    with context.database.begin(actor.scope) as session:
        enrolled = service.enrol_workforce(session, actor, project_id=project_id, members=members)
    return EnrolledBody(new_rights=enrolled)


def _tagged(project: Project, response: Response) -> ProjectBody:
    body = _body(project)
    response.headers["ETag"] = etag_of(body)
    return body


def _body(project: Project) -> ProjectBody:
    return ProjectBody(
        id=project.id,
        client_org=project.client_org,
        name=project.name,
        created_at=project.created_at,
        archived_at=project.archived_at,
        ontology_version=project.ontology_version,
        guideline_version=project.guideline_version,
        policy_version=project.policy_version,
        ontology=project.ontology,
        policy=project.policy,
    )
