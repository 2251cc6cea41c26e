"""Which source feeds which project."""

from fastapi import APIRouter

from api.auth import WithActor
from api.context import WithContext
from api.problems import declare
from api.routes.parameters import PathId
from domain.feeds import service
from domain.feeds.queries import FeedDetail
from schema.bodies.sources import FeedBody, FeedsBody

router = APIRouter(tags=["sources"], responses=declare("forbidden", "not_found"))


@router.get("/sources/{source_id}/feeds", summary="List the projects that a source feeds, or fed")
def list_source_feeds(source_id: PathId, actor: WithActor, context: WithContext) -> FeedsBody:
    with context.database.begin(actor.scope) as session:
        feeds = service.list_source_feeds(session, actor, source_id)
    return FeedsBody(items=tuple(map(_body, feeds)))


@router.get("/projects/{project_id}/feeds", summary="List the sources that feed a project, or fed it")
def list_project_feeds(project_id: PathId, actor: WithActor, context: WithContext) -> FeedsBody:
    with context.database.begin(actor.scope) as session:
        feeds = service.list_project_feeds(session, actor, project_id)
    return FeedsBody(items=tuple(map(_body, feeds)))


@router.put(
    "/sources/{source_id}/feeds/{project_id}",
    status_code=204,
    summary="Feed a project from a source; an ended feed is taken up again and filled",
)
def connect_feed(source_id: PathId, project_id: PathId, actor: WithActor, context: WithContext) -> None:
    with context.database.begin(actor.scope) as session:
        service.connect_feed(session, actor, source_id=source_id, project_id=project_id)


@router.delete(
    "/sources/{source_id}/feeds/{project_id}",
    status_code=204,
    summary="End a feed: what it brought stays, nothing new comes",
)
def end_feed(source_id: PathId, project_id: PathId, actor: WithActor, context: WithContext) -> None:
    with context.database.begin(actor.scope) as session:
        service.end_feed(session, actor, source_id=source_id, project_id=project_id)


def _body(feed: FeedDetail) -> FeedBody:
    return FeedBody(
        source_id=feed.source_id,
        source=feed.source_name,
        bucket=feed.bucket,
        prefix=feed.prefix,
        project_id=feed.project_id,
        project=feed.project,
        created_at=feed.created_at,
        filled_at=feed.filled_at,
        ended_at=feed.ended_at,
    )
