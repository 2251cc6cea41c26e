"""The versions of a project's ontology, guidelines and policy: read the current one, publish the next, look back."""

from fastapi import APIRouter, Response

from api.auth import WithActor
from api.context import Context, WithContext
from api.paging import WithCursor
from api.preconditions import IfMatch, check, version_etag
from api.problems import declare
from api.routes.parameters import PathId
from domain.projects import changing
from domain.projects.changing import Version, VersionKind, current_version
from domain.projects.queries import VersionRow
from domain.projects.service import get_own_project
from domain.scope import Actor
from schema.bodies.base import Page
from schema.bodies.projects import GuidelinesVersionBody, OntologyVersionBody, PolicyVersionBody, VersionLineBody
from schema.projects import Guidelines, Ontology, Policy

router = APIRouter(prefix="/projects/{project_id}", tags=["projects"], responses=declare("not_found"))

_PUBLISHING = declare(
    "forbidden", "project_archived", "precondition_failed", "precondition_required", "version_refused"
)
_NEXT = "The header If-Match names the version that you have seen; the next one follows it."


@router.get("/ontology", summary="Show the classes that are labelled now")
def get_ontology(project_id: PathId, actor: WithActor, context: WithContext, response: Response) -> OntologyVersionBody:
    return _ontology(_read(context, actor, VersionKind.ONTOLOGY, project_id, response))


@router.put(
    "/ontology",
    summary="Publish the next version of the classes",
    description=f"{_NEXT} Classes are added, renamed or retired, never left out; a retired one does not come back.",
    responses=_PUBLISHING,
)
def publish_ontology(
    project_id: PathId,
    body: Ontology,
    actor: WithActor,
    context: WithContext,
    response: Response,
    if_match: IfMatch = None,
) -> OntologyVersionBody:
    return _ontology(_publish(context, actor, VersionKind.ONTOLOGY, project_id, body, if_match, response))


@router.get("/ontology/versions", summary="List the versions of the classes")
def list_ontology_versions(
    project_id: PathId, actor: WithActor, context: WithContext, cursor: WithCursor
) -> Page[VersionLineBody]:
    return _lines(context, actor, VersionKind.ONTOLOGY, project_id, cursor)


@router.get("/ontology/versions/{version}", summary="Show the classes as they were")
def get_ontology_version(
    project_id: PathId, version: PathId, actor: WithActor, context: WithContext, response: Response
) -> OntologyVersionBody:
    return _ontology(_read(context, actor, VersionKind.ONTOLOGY, project_id, response, version))


@router.get("/guidelines", summary="Show the guidelines that are labelled by now")
def get_guidelines(
    project_id: PathId, actor: WithActor, context: WithContext, response: Response
) -> GuidelinesVersionBody:
    return _read_guidelines(context, actor, project_id, response)


@router.put(
    "/guidelines", summary="Publish the next version of the guidelines", description=_NEXT, responses=_PUBLISHING
)
def publish_guidelines(
    project_id: PathId,
    body: Guidelines,
    actor: WithActor,
    context: WithContext,
    response: Response,
    if_match: IfMatch = None,
) -> GuidelinesVersionBody:
    version = _publish(context, actor, VersionKind.GUIDELINES, project_id, body, if_match, response)
    return _guidelines(version, acknowledged=False)


@router.get("/guidelines/versions", summary="List the versions of the guidelines")
def list_guideline_versions(
    project_id: PathId, actor: WithActor, context: WithContext, cursor: WithCursor
) -> Page[VersionLineBody]:
    return _lines(context, actor, VersionKind.GUIDELINES, project_id, cursor)


@router.get("/guidelines/versions/{version}", summary="Show the guidelines as they were")
def get_guidelines_version(
    project_id: PathId, version: PathId, actor: WithActor, context: WithContext, response: Response
) -> GuidelinesVersionBody:
    return _read_guidelines(context, actor, project_id, response, version)


@router.get("/policy", summary="Show the labelling rules that hold now")
def get_policy(project_id: PathId, actor: WithActor, context: WithContext, response: Response) -> PolicyVersionBody:
    return _policy(_read(context, actor, VersionKind.POLICY, project_id, response))


@router.put(
    "/policy",
    summary="Publish the next version of the labelling rules",
    description=f"{_NEXT} Tasks keep the number of votes they were opened for; leases keep their time; merging and "
    "routing follow the rules of the moment they happen in.",
    responses=_PUBLISHING,
)
def publish_policy(
    project_id: PathId,
    body: Policy,
    actor: WithActor,
    context: WithContext,
    response: Response,
    if_match: IfMatch = None,
) -> PolicyVersionBody:
    return _policy(_publish(context, actor, VersionKind.POLICY, project_id, body, if_match, response))


@router.get("/policy/versions", summary="List the versions of the labelling rules")
def list_policy_versions(
    project_id: PathId, actor: WithActor, context: WithContext, cursor: WithCursor
) -> Page[VersionLineBody]:
    return _lines(context, actor, VersionKind.POLICY, project_id, cursor)


@router.get("/policy/versions/{version}", summary="Show the labelling rules as they were")
def get_policy_version(
    project_id: PathId, version: PathId, actor: WithActor, context: WithContext, response: Response
) -> PolicyVersionBody:
    return _policy(_read(context, actor, VersionKind.POLICY, project_id, response, version))


def _read(
    context: Context,
    actor: Actor,
    kind: VersionKind,
    project_id: int,
    response: Response,
    version: int | None = None,
) -> Version:
    with context.database.begin(actor.scope) as session:
        found = changing.get_version(session, kind, project_id=project_id, version=version)
    response.headers["ETag"] = version_etag(found.row.version)
    return found


def _read_guidelines(
    context: Context, actor: Actor, project_id: int, response: Response, version: int | None = None
) -> GuidelinesVersionBody:
    with context.database.begin(actor.scope) as session:
        found = changing.get_version(session, VersionKind.GUIDELINES, project_id=project_id, version=version)
        acknowledged = changing.has_acknowledged(session, actor, found)
    response.headers["ETag"] = version_etag(found.row.version)
    return _guidelines(found, acknowledged=acknowledged)


def _publish(
    context: Context,
    actor: Actor,
    kind: VersionKind,
    project_id: int,
    body: Ontology | Guidelines | Policy,
    if_match: str | None,
    response: Response,
) -> Version:
    with context.database.begin(actor.scope) as session:
        project = get_own_project(session, actor, project_id)
        check(if_match, version_etag(current_version(project, kind)), required=True)
        published = changing.publish(session, actor, project, kind, body)
    response.headers["ETag"] = version_etag(published.row.version)
    return published


def _lines(
    context: Context, actor: Actor, kind: VersionKind, project_id: int, cursor: WithCursor
) -> Page[VersionLineBody]:
    with context.database.begin(actor.scope) as session:
        rows = changing.list_versions(session, kind, project_id=project_id, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _line, id_of=lambda row: row.version)


def _line(row: VersionRow) -> VersionLineBody:
    return VersionLineBody(version=row.version, published_at=row.published_at, published_by=row.published_by)


def _ontology(version: Version) -> OntologyVersionBody:
    line = _line(version.row).model_dump()
    return OntologyVersionBody(
        **line, project_id=version.project_id, ontology=Ontology.model_validate(version.row.body)
    )


def _guidelines(version: Version, *, acknowledged: bool) -> GuidelinesVersionBody:
    return GuidelinesVersionBody(
        **_line(version.row).model_dump(),
        project_id=version.project_id,
        guidelines=Guidelines.model_validate(version.row.body),
        acknowledged=acknowledged,
    )


def _policy(version: Version) -> PolicyVersionBody:
    line = _line(version.row).model_dump()
    return PolicyVersionBody(**line, project_id=version.project_id, policy=Policy.model_validate(version.row.body))
