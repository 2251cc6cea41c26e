"""Imports of labels from other tools into a project."""

from fastapi import APIRouter, Response

from api.auth import WithActor
from api.context import WithContext
from api.once import WithOnce
from api.paging import WithCursor
from api.problems import declare
from api.routes.parameters import PathId
from domain.imports import service
from domain.imports.queries import ImportRow
from schema.bodies.base import Page
from schema.bodies.imports import ImportCountsBody, ImportProblemBody, LabelImportBody, NewImportBody
from schema.enums import ImportFormat, ImportMode, ImportState

router = APIRouter(
    prefix="/projects/{project_id}/imports", tags=["uploads"], responses=declare("forbidden", "not_found")
)


@router.post(
    "",
    status_code=201,
    summary="Read the labels of an upload into the project",
    responses=declare("conflict", "class_map_invalid", "idempotency_key_reused", "invalid_request"),
)
def create_import(
    project_id: PathId, body: NewImportBody, actor: WithActor, context: WithContext, once: WithOnce, response: Response
) -> LabelImportBody:
    with context.database.begin(actor.scope) as session:
        made = once.run(
            session,
            actor,
            LabelImportBody,
            lambda: _body(
                service.request_import(
                    session,
                    actor,
                    project_id=project_id,
                    upload_id=body.upload_id,
                    format=body.format.value,
                    mode=body.mode.value,
                    class_map=body.class_map,
                )
            ),
        )
    response.headers["Location"] = f"/v1/projects/{project_id}/imports/{made.id}"
    return made


@router.get("", summary="List the imports of a project")
def list_imports(
    project_id: PathId, actor: WithActor, context: WithContext, cursor: WithCursor
) -> Page[LabelImportBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_imports(session, actor, project_id=project_id, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _body, id_of=lambda row: row.id)


@router.get("/{import_id}", summary="Show an import: its counts and its first hundred problems")
def get_import(project_id: PathId, import_id: PathId, actor: WithActor, context: WithContext) -> LabelImportBody:
    with context.database.begin(actor.scope) as session:
        return _body(service.show_import(session, actor, project_id, import_id))


def _body(row: ImportRow) -> LabelImportBody:
    counts = dict(row.counts or {})
    problems = counts.pop("problems", [])
    return LabelImportBody(
        id=row.id,
        project_id=row.project_id,
        upload_id=row.upload_id,
        format=ImportFormat(row.format),
        mode=ImportMode(row.mode),
        state=ImportState(row.state),
        reason=row.reason,
        counts=ImportCountsBody.model_validate(counts),
        problems=tuple(ImportProblemBody.model_validate(p) for p in problems),
        created_at=row.created_at,
    )
