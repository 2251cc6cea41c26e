"""Releases: ask for one, follow it, find its files."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import WithActor
from api.context import Context, WithContext
from api.links import object_link
from api.once import WithOnce
from api.paging import WithCursor
from api.problems import declare
from api.routes.parameters import PathId, QueryId
from domain.releases import service
from domain.releases.queries import ReleaseRow
from domain.releases.service import File
from domain.scope import Actor
from schema.bodies.base import Page
from schema.bodies.releases import NewReleaseBody, ReleaseBody, ReleaseFileBody, ReleaseWithFilesBody
from schema.enums import ReleaseContent, ReleaseState

router = APIRouter(prefix="/releases", tags=["releases"])


@router.post(
    "",
    status_code=201,
    summary="Release everything that is accepted by now",
    responses=declare("forbidden", "not_found", "project_archived", "idempotency_key_reused"),
)
def create_release(
    body: NewReleaseBody, actor: WithActor, context: WithContext, once: WithOnce, response: Response
) -> ReleaseBody:
    with context.database.begin(actor.scope) as session:

        def create() -> ReleaseBody:
            release_id = service.request_release(session, actor, project_id=body.project_id, content=body.include)
            return _body(service.get_release(session, release_id))

        release = once.run(session, actor, ReleaseBody, create)
    response.headers["Location"] = f"/v1/releases/{release.id}"
    return release


@router.get("", summary="List a project's releases", responses=declare("forbidden"))
def list_releases(
    project_id: QueryId,
    actor: WithActor,
    context: WithContext,
    cursor: WithCursor,
    state: Annotated[ReleaseState | None, Query()] = None,
    include: Annotated[ReleaseContent | None, Query()] = None,
) -> Page[ReleaseBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_releases(
            session, actor, project_id=project_id, state=state, content=include, after=cursor.after, limit=cursor.rows
        )
    return cursor.page(rows, _body, id_of=lambda release: release.id)


@router.get("/{release_id}", summary="Show a release and its files", responses=declare("forbidden", "not_found"))
def get_release(release_id: PathId, actor: WithActor, context: WithContext) -> ReleaseWithFilesBody:
    with context.database.begin(actor.scope) as session:
        release = service.show_release(session, actor, release_id)
        files = service.list_files(session, release)
    shown = tuple(_file(release, file, context, actor) for file in files)
    return ReleaseWithFilesBody(**_body(release).model_dump(), files=shown)


def _file(release: ReleaseRow, file: File, context: Context, actor: Actor) -> ReleaseFileBody:
    key = f"{release.prefix or ''}{file.name}"
    return ReleaseFileBody(
        name=file.name, bytes=file.bytes, sha256=file.sha256, url=object_link(context, actor, key), s3_key=key
    )


def _body(release: ReleaseRow) -> ReleaseBody:
    return ReleaseBody(
        id=release.id,
        project_id=release.project_id,
        format=release.format,
        include=ReleaseContent(release.content),
        state=ReleaseState(release.state),
        reason=release.reason,
        images=release.images,
        objects=release.objects,
        manifest_sha256=release.manifest_sha256,
        created_at=release.created_at,
    )
