"""Gold: tasks whose answer is known, for the client alone to see."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import WithActor
from api.context import WithContext
from api.paging import WithCursor
from api.problems import declare
from api.routes.parameters import PathId
from domain.gold import service
from domain.gold.queries import GoldRow
from schema.bodies.base import Page
from schema.bodies.gold import GoldBody, NewGoldBody

router = APIRouter(prefix="/projects/{project_id}/gold", tags=["projects"], responses=declare("not_found", "forbidden"))


@router.post(
    "",
    summary="Have an accepted item serve as gold",
    description="A repeat changes nothing. Cancelling the task ends its service.",
    responses=declare("conflict", "project_archived"),
)
def make_gold(project_id: PathId, body: NewGoldBody, actor: WithActor, context: WithContext) -> GoldBody:
    with context.database.begin(actor.scope) as session:
        return _body(service.make_gold(session, actor, project_id=project_id, item_id=body.item_id))


@router.get("", summary="List a project's gold")
def list_gold(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    cursor: WithCursor,
    active: Annotated[bool | None, Query(description="only what is served, or only what is not")] = None,
) -> Page[GoldBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_gold(
            session, actor, project_id=project_id, active=active, after=cursor.after, limit=cursor.rows
        )
    return cursor.page(rows, _body, id_of=lambda row: row.task_id)


def _body(row: GoldRow) -> GoldBody:
    return GoldBody(**asdict(row))
