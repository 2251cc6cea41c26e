"""How a model's classes become a project's: suggested, made, looked at."""

from fastapi import APIRouter, Response

from api.auth import WithActor
from api.context import WithContext
from api.once import WithOnce
from api.paging import WithCursor
from api.problems import declare
from api.routes.parameters import PathId, QueryId
from domain.models import mappings
from domain.models.queries import MappingRow
from schema.bodies.base import Page
from schema.bodies.models import MappingBody, NewMappingBody, SuggestedClassBody, SuggestionBody
from schema.models import ClassMapping

router = APIRouter(
    prefix="/projects/{project_id}/class-mappings", tags=["models"], responses=declare("forbidden", "not_found")
)


@router.get(
    "/suggestion",
    summary="Suggest a class of the project for each of a model's, by name",
    responses=declare("conflict"),
)
def suggest_mapping(
    project_id: PathId, model_version_id: QueryId, actor: WithActor, context: WithContext
) -> SuggestionBody:
    with context.database.begin(actor.scope) as session:
        suggested = mappings.suggest_mapping(session, actor, project_id, model_version_id=model_version_id)
    return SuggestionBody(
        classes=tuple(SuggestedClassBody.model_validate(one, from_attributes=True) for one in suggested)
    )


@router.post(
    "",
    status_code=201,
    summary="Map a model's classes to the project's; the same choice again is the same mapping",
    responses=declare("conflict", "project_archived", "mapping_invalid", "idempotency_key_reused", "invalid_request"),
)
def create_mapping(
    project_id: PathId, body: NewMappingBody, actor: WithActor, context: WithContext, once: WithOnce, response: Response
) -> MappingBody:
    with context.database.begin(actor.scope) as session:
        made = once.run(
            session,
            actor,
            MappingBody,
            lambda: _body(
                mappings.create_mapping(
                    session, actor, project_id, model_version_id=body.model_version_id, classes=body.classes
                )
            ),
        )
    response.headers["Location"] = f"/v1/projects/{project_id}/class-mappings/{made.id}"
    return made


@router.get("", summary="List the class mappings of a project")
def list_mappings(project_id: PathId, actor: WithActor, context: WithContext, cursor: WithCursor) -> Page[MappingBody]:
    with context.database.begin(actor.scope) as session:
        rows = mappings.list_mappings(session, actor, project_id, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _body, id_of=lambda row: row.id)


@router.get("/{mapping_id}", summary="Show a class mapping")
def get_mapping(project_id: PathId, mapping_id: PathId, actor: WithActor, context: WithContext) -> MappingBody:
    with context.database.begin(actor.scope) as session:
        return _body(mappings.get_mapping(session, actor, project_id, mapping_id))


def _body(row: MappingRow) -> MappingBody:
    return MappingBody(
        id=row.id,
        project_id=row.project_id,
        model_version_id=row.model_version_id,
        model=row.model,
        version=row.version,
        mapping=ClassMapping.model_validate(row.body),
        created_at=row.created_at,
        created_by=row.created_by,
    )
