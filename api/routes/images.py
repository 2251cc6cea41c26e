"""Images and their states; the quarantine is the list of one state."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import WithActor
from api.context import Context, WithContext
from api.links import picture_links
from api.paging import WithCursor
from api.problems import declare
from api.routes.parameters import PathId, QueryId
from domain.progress import service
from domain.progress.queries import ImageDetail
from domain.scope import Actor
from schema.bodies.base import Page
from schema.bodies.images import ImageBody
from schema.enums import ImageState

router = APIRouter(prefix="/images", tags=["sources"], responses=declare("forbidden"))


@router.get("", summary="List images; with state=quarantined those put aside, each with its reason")
def list_images(
    actor: WithActor,
    context: WithContext,
    cursor: WithCursor,
    source_id: QueryId | None = None,
    project_id: QueryId | None = None,
    state: Annotated[ImageState | None, Query()] = None,
) -> Page[ImageBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_images(
            session,
            actor,
            source_id=source_id,
            project_id=project_id,
            state=state,
            after=cursor.after,
            limit=cursor.rows,
        )
    return cursor.page(rows, lambda image: _body(image, context, actor), id_of=lambda image: image.id)


@router.get("/{image_id}", summary="Show an image", responses=declare("not_found"))
def get_image(image_id: PathId, actor: WithActor, context: WithContext) -> ImageBody:
    with context.database.begin(actor.scope) as session:
        image = service.get_image(session, actor, image_id)
    return _body(image, context, actor)


def _body(image: ImageDetail, context: Context, actor: Actor) -> ImageBody:
    facts = asdict(image)
    url, thumbnail_url = picture_links(
        context, actor, client_org=facts.pop("client_org"), sha256=image.sha256 if image.width else None
    )
    return ImageBody.model_validate(facts | {"url": url, "thumbnail_url": thumbnail_url})
