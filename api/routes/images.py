"""Images and their states, and what is decided about one of them or many."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import WithActor
from api.context import Context, WithContext
from api.links import picture_links
from api.paging import WithCursor
from api.problems import declare
from api.routes.parameters import PathId, QueryId
from domain.quarantine import service
from domain.quarantine.queries import ImageDetail, ImageFilter
from domain.scope import Actor
from schema.bodies.base import Page
from schema.bodies.images import DiscardBody, ImageActionsBody, ImageActionsDoneBody, ImageBody
from schema.enums import ImageState

router = APIRouter(prefix="/images", tags=["sources"], responses=declare("forbidden"))

# One request changes no more than this, so that its transaction stays short.
MOST_AT_ONCE = 1_000


@router.get("", summary="List images; with state=quarantined those put aside, each with its reason")
def list_images(
    actor: WithActor,
    context: WithContext,
    cursor: WithCursor,
    source_id: QueryId | None = None,
    project_id: QueryId | None = None,
    state: Annotated[ImageState | None, Query()] = None,
    reason: Annotated[str | None, Query(max_length=64, description="a stable code, such as wrong_type")] = None,
    key: Annotated[str | None, Query(max_length=1024, description="a part of the key, in any case")] = None,
) -> Page[ImageBody]:
    wanted = ImageFilter(source_id, project_id, state.value if state else None, reason, key)
    with context.database.begin(actor.scope) as session:
        rows = service.list_images(session, actor, wanted, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, lambda image: _body(image, context, actor), id_of=lambda image: image.id)


@router.post("/actions", summary="Retry or discard many images")
def act_on_images(body: ImageActionsBody, actor: WithActor, context: WithContext) -> ImageActionsDoneBody:
    with context.database.begin(actor.scope) as session:
        chosen, left = list(body.image_ids or ()), False
        if body.filter is not None:
            wanted = ImageFilter(**body.filter.model_dump())
            chosen = service.choose(session, actor, wanted, limit=MOST_AT_ONCE + 1)
            left = len(chosen) > MOST_AT_ONCE
            chosen = chosen[:MOST_AT_ONCE]
        if body.action == "retry":
            changed = service.retry_images(session, actor, chosen)
        else:
            changed = service.discard_images(session, actor, chosen, reason=body.reason or "")
    return ImageActionsDoneBody(image_ids=tuple(changed), left=left)


@router.get("/{image_id}", summary="Show an image", responses=declare("not_found"))
def get_image(image_id: PathId, actor: WithActor, context: WithContext) -> ImageBody:
    with context.database.begin(actor.scope) as session:
        image = service.get_image(session, actor, image_id)
    return _body(image, context, actor)


@router.post(
    "/{image_id}/retry",
    summary="Have a quarantined or discarded image read again",
    responses=declare("not_found", "conflict"),
)
def retry_image(image_id: PathId, actor: WithActor, context: WithContext) -> ImageBody:
    with context.database.begin(actor.scope) as session:
        image = service.retry_image(session, actor, image_id)
    return _body(image, context, actor)


@router.post(
    "/{image_id}/discard",
    summary="Put an image out for good; its unfinished tasks are cancelled",
    responses=declare("not_found", "conflict"),
)
def discard_image(image_id: PathId, body: DiscardBody, actor: WithActor, context: WithContext) -> ImageBody:
    with context.database.begin(actor.scope) as session:
        image = service.discard_image(session, actor, image_id, reason=body.reason)
    return _body(image, context, actor)


def _body(image: ImageDetail, context: Context, actor: Actor) -> ImageBody:
    facts = asdict(image)
    url, thumbnail_url = picture_links(
        context, actor, client_org=facts.pop("client_org"), sha256=image.sha256 if image.width else None
    )
    trace_id = image.trace_id.hex if image.trace_id else None
    return ImageBody.model_validate(facts | {"url": url, "thumbnail_url": thumbnail_url, "trace_id": trace_id})
