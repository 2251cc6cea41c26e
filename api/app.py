"""The HTTP service: settings in, application out. Decides nothing; use cases do."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from random import Random

import anyio.to_thread
import httpx2
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from api import openapi, problems
from api.access import AccessLog
from api.auth import authenticate
from api.body_limit import BodyLimit
from api.context import Context, ObjectOpener, ProofReader
from api.live import LiveCounts, Pace
from api.routes import (
    acknowledgements,
    answers,
    audit,
    auth,
    boards,
    comments,
    dead_letters,
    drafts,
    evidence,
    feeds,
    gold,
    health,
    held_leases,
    images,
    imports,
    items,
    landing,
    leases,
    live,
    mappings,
    me,
    member_skills,
    members,
    models,
    notifications,
    objects,
    oidc,
    organisations,
    policy_preview,
    prediction_sets,
    progress,
    projects,
    quarantine,
    releases,
    reviews,
    runs,
    segments,
    skips,
    sources,
    task_actions,
    task_seats,
    tasks,
    times,
    uploads,
    versions,
    web,
    webhooks,
    workers,
)
from runtime.blobs import OwnBucket
from runtime.database import Database
from runtime.incoming import Incoming, build_incoming
from runtime.names import DISTRIBUTION
from runtime.openid import build_provider
from runtime.settings import Settings
from runtime.source_buckets import SourceBuckets

MAX_BODY_BYTES = 64_000_000
# Paths are tried one after the other: those that annotators ask for all day come first.
_RESOURCES = (
    leases,
    drafts,
    answers,
    me,
    members,
    member_skills,
    workers,
    organisations,
    audit,
    notifications,
    projects,
    progress,
    live,
    acknowledgements,
    sources,
    feeds,
    images,
    quarantine,
    uploads,
    imports,
    segments,
    held_leases,
    skips,
    boards,
    times,
    reviews,
    comments,
    evidence,
    items,
    models,
    mappings,
    runs,
    prediction_sets,
    tasks,
    task_actions,
    task_seats,
    versions,
    policy_preview,
    gold,
    releases,
    webhooks,
    dead_letters,
)


def create_app(
    settings: Settings,
    *,
    database: Database | None = None,
    buckets: ProofReader | None = None,
    segmenter: httpx2.AsyncClient | None = None,
    own_bucket: ObjectOpener | None = None,
    web_folder: Path | None = None,
    incoming: Incoming | None = None,
    pace: Pace = Pace(),
) -> FastAPI:
    """Build the application; what is passed in is used and left open, the rest is made at start and closed at stop."""
    app = build_routes(web_folder=web_folder)
    app.router.lifespan_context = lifespan(
        settings,
        database=database,
        buckets=buckets,
        segmenter=segmenter,
        own_bucket=own_bucket,
        incoming=incoming,
        pace=pace,
    )
    return app


def build_routes(*, web_folder: Path | None = None) -> FastAPI:
    """Build the application without its parts: everything that settings do not change."""
    app = FastAPI(
        title="Plumbline",
        version=version(DISTRIBUTION),
        description="Bucket to pre-label, consensus, review, release. Refusals are problem+json with a stable `code`.",
        generate_unique_id_function=_operation_id,
        docs_url=None,
        redoc_url=None,
    )
    problems.install(app)
    openapi.install(app)
    app.add_middleware(BodyLimit, limit_bytes=MAX_BODY_BYTES)
    app.add_middleware(AccessLog)
    app.include_router(_resources())
    app.include_router(auth.router, prefix="/v1")
    app.include_router(oidc.router, prefix="/v1")
    app.include_router(objects.router)
    app.include_router(uploads.parts_router)
    app.include_router(health.router)
    app.include_router(landing.router)
    web.Web(web_folder or web.STATIC).install(app)
    return app


def _resources() -> APIRouter:
    """All of /v1; every operation needs a member, and can be refused in these ways at least."""
    v1 = APIRouter(
        prefix="/v1",
        dependencies=[Depends(authenticate)],
        responses=problems.declare("unauthenticated", "invalid_request", "unavailable", "internal_error"),
    )
    for resource in _RESOURCES:
        v1.include_router(resource.router)
    return v1


def _operation_id(route: APIRoute) -> str:
    return route.name


def lifespan(
    settings: Settings,
    *,
    database: Database | None = None,
    buckets: ProofReader | None = None,
    segmenter: httpx2.AsyncClient | None = None,
    own_bucket: ObjectOpener | None = None,
    incoming: Incoming | None = None,
    pace: Pace = Pace(),
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what opens an application's parts at its start and closes at its stop those that it made itself."""

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        # As many threads as connections: whatever has a thread gets a connection, and work waits in the event loop.
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.database_pool_size
        own_database = database or Database(
            settings.database_url.get_secret_value(), pool_size=settings.database_pool_size
        )
        client = segmenter or httpx2.AsyncClient(
            base_url=f"http://{settings.segment_host}:{settings.segment_port}",
            timeout=settings.segment_timeout_s,
            trust_env=False,
        )
        provider = build_provider(settings)
        counts = LiveCounts(partial(live.read_counts, own_database), pace)
        app.state.context = Context(
            settings=settings,
            database=own_database,
            buckets=buckets or SourceBuckets(),
            own_bucket=own_bucket or OwnBucket(settings.bucket),
            segmenter=client,
            rng=Random(),  # noqa: S311 - spreads load, guards nothing
            live=counts,
            incoming=incoming or build_incoming(queue_prefix=settings.queue_prefix),
            provider=provider,
        )
        yield
        if provider is not None:
            provider.close()
        await counts.wait_closed()
        if segmenter is None:
            await client.aclose()
        if database is None:
            own_database.close()

    return run
