"""Items: a project's pictures with their tasks, pre-labels and final labels."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import WithActor
from api.context import Context, WithContext
from api.links import picture_links
from api.paging import WithCursor
from api.problems import declare
from api.routes.parameters import PathId
from api.task_body import StateName, state_of
from domain.items import service
from domain.items.queries import ItemTask
from domain.items.service import Has, Item, ItemFilter
from domain.scope import Actor
from schema.bodies.base import Page
from schema.bodies.items import ItemBody, ItemTaskBody
from schema.bodies.leases import PrelabelSourceBody
from schema.enums import TaskState
from schema.objects import OBJECTS

router = APIRouter(tags=["projects"], responses=declare("forbidden", "not_found"))


@router.get(
    "/projects/{project_id}/items",
    summary="List a project's items with their task, pre-labels and final labels",
    description="A page may hold fewer items than `limit` and still have a `next`: filters look a bounded way ahead.",
)
def list_items(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    cursor: WithCursor,
    state: Annotated[StateName | None, Query(description="of the newest label task")] = None,
    class_id: Annotated[int | None, Query(ge=1, le=32_767, description="among final labels or pre-labels")] = None,
    key: Annotated[str | None, Query(min_length=1, max_length=1_024, description="a part of the key, any case")] = None,
    has: Annotated[Has | None, Query()] = None,
) -> Page[ItemBody]:
    wanted = ItemFilter(state=state_of(state), class_id=class_id, key=key, has=has)
    with context.database.begin(actor.scope) as session:
        page = service.list_items(
            session, actor, project_id=project_id, wanted=wanted, after=cursor.after, limit=cursor.limit
        )
    return Page(items=tuple(_body(item, context, actor) for item in page.items), next=page.next)


@router.get("/items/{item_id}", summary="Show an item with its task, pre-labels and final labels")
def get_item(item_id: PathId, actor: WithActor, context: WithContext) -> ItemBody:
    with context.database.begin(actor.scope) as session:
        item = service.get_item(session, actor, item_id)
    return _body(item, context, actor)


def _body(item: Item, context: Context, actor: Actor) -> ItemBody:
    line = item.line
    url, thumbnail_url = picture_links(context, actor, client_org=line.client_org, sha256=line.sha256)
    return ItemBody(
        id=line.id,
        project_id=line.project_id,
        image_id=line.image_id,
        key=line.key,
        width=line.width,
        height=line.height,
        url=url,
        thumbnail_url=thumbnail_url,
        task=None if line.task is None else _task(line.task),
        prelabels=None if line.prelabels is None else OBJECTS.validate_python(line.prelabels),
        prelabel_source=None
        if line.prelabels is None
        else PrelabelSourceBody(model=line.model, version=line.model_version, mapping_id=line.mapping_id),
        final=None if item.final is None else OBJECTS.validate_python(item.final),
    )


def _task(task: ItemTask) -> ItemTaskBody:
    return ItemTaskBody.model_validate(asdict(task) | {"state": TaskState(task.state).name.lower()})
