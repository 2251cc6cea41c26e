"""The registry of models: versions, what is said of them, aliases."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.auth import WithActor
from api.context import WithContext
from api.once import WithOnce
from api.paging import WithNewestCursor
from api.problems import declare
from api.routes.parameters import PathId
from domain.models import service
from domain.models.queries import VersionRow
from domain.models.service import NewModel
from schema.bodies.base import Page
from schema.bodies.models import Alias, AliasBody, ModelChangeBody, ModelName, ModelVersionBody, NewModelBody
from schema.enums import ModelOrigin, ModelState
from schema.models import ModelCard

router = APIRouter(prefix="/models", tags=["models"], responses=declare("forbidden"))

NamePath = Annotated[ModelName, Path()]
AliasPath = Annotated[Alias, Path()]


@router.post(
    "",
    status_code=201,
    summary="Make a complete upload a version of a model; it is looked at first",
    responses=declare("not_found", "conflict", "idempotency_key_reused", "invalid_request"),
)
def create_model(
    body: NewModelBody, actor: WithActor, context: WithContext, once: WithOnce, response: Response
) -> ModelVersionBody:
    new = NewModel(
        upload_id=body.upload_id,
        name=body.name,
        version=body.version,
        licence=body.licence,
        notes=body.notes,
        classes=body.classes,
        overrides=body.overrides,
        sha256=body.sha256,
    )
    with context.database.begin(actor.scope) as session:
        made = once.run(session, actor, ModelVersionBody, lambda: _body(service.request_version(session, actor, new)))
    response.headers["Location"] = f"/v1/models/{made.id}"
    return made


@router.get("", summary="List your organisation's model versions, newest first")
def list_models(
    actor: WithActor,
    context: WithContext,
    cursor: WithNewestCursor,
    name: Annotated[str | None, Query(max_length=100, description="only this model")] = None,
    state: Annotated[ModelState | None, Query()] = None,
) -> Page[ModelVersionBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_versions(session, actor, name=name, state=state, before=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _body, id_of=lambda row: row.id)


@router.get("/{model_version_id}", summary="Show a model version and its card", responses=declare("not_found"))
def get_model(model_version_id: PathId, actor: WithActor, context: WithContext) -> ModelVersionBody:
    with context.database.begin(actor.scope) as session:
        return _body(service.get_version(session, actor, model_version_id))


@router.patch(
    "/{model_version_id}",
    summary="Say a version's licence or notes anew",
    responses=declare("not_found", "invalid_request"),
)
def change_model(
    model_version_id: PathId, body: ModelChangeBody, actor: WithActor, context: WithContext
) -> ModelVersionBody:
    with context.database.begin(actor.scope) as session:
        return _body(service.change_version(session, actor, model_version_id, licence=body.licence, notes=body.notes))


@router.post(
    "/{model_version_id}/retire",
    summary="Let nothing new use a version; what it said stays",
    responses=declare("not_found", "conflict"),
)
def retire_model(model_version_id: PathId, actor: WithActor, context: WithContext) -> ModelVersionBody:
    with context.database.begin(actor.scope) as session:
        return _body(service.retire_version(session, actor, model_version_id))


@router.post(
    "/{model_version_id}/restore",
    summary="Let a retired version be used again",
    responses=declare("not_found", "conflict"),
)
def restore_model(model_version_id: PathId, actor: WithActor, context: WithContext) -> ModelVersionBody:
    with context.database.begin(actor.scope) as session:
        return _body(service.restore_version(session, actor, model_version_id))


@router.put(
    "/{name}/aliases/{alias}",
    summary="Have an alias stand for a version of the model from now on",
    responses=declare("not_found", "conflict", "invalid_request"),
)
def set_model_alias(
    name: NamePath, alias: AliasPath, body: AliasBody, actor: WithActor, context: WithContext
) -> ModelVersionBody:
    with context.database.begin(actor.scope) as session:
        return _body(service.set_alias(session, actor, name=name, alias=alias, model_version_id=body.model_version_id))


@router.delete("/{name}/aliases/{alias}", status_code=204, summary="Take an alias away", responses=declare("not_found"))
def remove_model_alias(name: NamePath, alias: AliasPath, actor: WithActor, context: WithContext) -> None:
    with context.database.begin(actor.scope) as session:
        service.remove_alias(session, actor, name=name, alias=alias)


def _body(row: VersionRow) -> ModelVersionBody:
    card = ModelCard.model_validate(row.card) if row.card else None
    return ModelVersionBody(
        id=row.id,
        name=row.name,
        version=row.version,
        origin=ModelOrigin(row.origin),
        state=ModelState(row.state),
        reason=row.reason,
        detail=row.detail,
        card=card,
        classes=card.classes if card else (),
        aliases=tuple(row.aliases),
        licence=row.licence,
        notes=row.notes,
        sha256=row.sha256,
        bytes=row.bytes,
        requested_by=row.requested_by,
        created_at=row.created_at,
    )
