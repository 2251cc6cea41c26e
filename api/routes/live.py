"""Live counts as server-sent events. Asynchronous: a stream holds neither thread nor connection while it waits."""

from collections.abc import AsyncGenerator, Callable
from functools import partial
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import OperationalError

from api.auth import WithActor, WithBearer, WithSession, authenticate
from api.context import Context, WithContext
from api.event_stream import EventStream
from api.live import Topic
from api.problems import declare
from api.routes.parameters import PathId
from api.routes.progress import progress_body
from domain.errors import DomainError
from domain.progress.service import get_progress
from domain.progress.watching import check_watcher
from domain.scope import Actor
from runtime.database import Database

router = APIRouter(prefix="/projects", tags=["projects"])

_EXAMPLE = 'retry: 3000\n\nid: 1\nevent: progress\ndata: {"project_id": 7, "in_review": 2, …}\n\n: still here\n\n'
_EVENTS = {
    "description": "`progress` now and whenever a count changes; its data is what `/progress` answers. A comment comes "
    "every 15 seconds. The stream ends when you may not read the counts any more, or take too long to read.",
    "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
}


async def get_authenticator(
    request: Request, context: WithContext, bearer: WithBearer, session: WithSession
) -> Callable[[], Actor]:
    """Return what asks again who this is: a token or session may end before the stream does."""
    return partial(authenticate, request, context, bearer, session)


WithAuthenticator = Annotated[Callable[[], Actor], Depends(get_authenticator)]


@router.get(
    "/{project_id}/events",
    status_code=200,
    summary="Watch a project's counts",
    response_class=EventStream,
    responses={200: _EVENTS, **declare("forbidden", "not_found", "unavailable")},
)
async def watch_progress(
    project_id: PathId, actor: WithActor, authenticate_again: WithAuthenticator, context: WithContext
) -> EventStream:
    live = context.live
    live.check_room()
    await run_in_threadpool(_check, context, actor, project_id)
    topic = Topic(project_id, actor.scope, actor)
    events = _iter_events(context, topic, lambda: _may_still_watch(context, topic, authenticate_again))
    return EventStream(events, slow_s=live.pace.slow_s)


def read_counts(database: Database, topic: Topic) -> str:
    """Return what `/progress` answers, as JSON."""
    with database.begin(topic.scope) as session:
        progress = get_progress(session, topic.actor, topic.project_id)
    return progress_body(progress).model_dump_json()


async def _iter_events(context: Context, topic: Topic, may_still_watch: Callable[[], bool]) -> AsyncGenerator[bytes]:
    live = context.live
    # Not all at once: after a restart every page comes back.
    yield f"retry: {2000 + context.rng.randrange(3000)}\n\n".encode()
    with live.watch(topic) as watcher:
        check_at = monotonic() + live.pace.recheck_s
        while not watcher.over:
            event = await watcher.wait(min(live.pace.keep_alive_s, max(check_at - monotonic(), 0)))
            if monotonic() >= check_at:
                if not await live.run_in_turn(may_still_watch):
                    return
                check_at = monotonic() + live.pace.recheck_s
            if not watcher.over:
                yield event or b": still here\n\n"


def _check(context: Context, actor: Actor, project_id: int) -> None:
    with context.database.begin(actor.scope) as session:
        check_watcher(session, actor, project_id)


def _may_still_watch(context: Context, topic: Topic, authenticate_again: Callable[[], Actor]) -> bool:
    """Ask again whether the reader may read; a new scope needs a new stream."""
    try:
        actor = authenticate_again()
        if actor.scope != topic.scope:
            return False
        _check(context, actor, topic.project_id)
    except DomainError:
        return False
    except OperationalError:
        return True  # nothing can be said while the database is away; nothing is told either
    return True
