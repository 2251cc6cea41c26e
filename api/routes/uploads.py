"""Uploads in parts, same origin. A part is spooled to disk while it comes, so that memory stays bounded, and S3 gets it
whole; the route that takes it is asynchronous and holds a thread only while the database or S3 works."""

import tempfile
from typing import IO, Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.auth import WithActor, authenticate
from api.context import Context, WithContext
from api.once import WithOnce
from api.paging import WithCursor
from api.problems import declare
from api.routes.parameters import PathId
from domain.scope import Actor
from domain.uploads import service
from domain.uploads.errors import PartWrongSize
from domain.uploads.rules import MAX_PART_BYTES
from domain.uploads.service import Announced, Upload
from schema.bodies.base import Page
from schema.bodies.uploads import NewUploadBody, UploadBody, UploadPartBody
from schema.enums import UploadPurpose, UploadState

router = APIRouter(prefix="/uploads", tags=["uploads"], responses=declare("forbidden"))
parts_router = APIRouter(
    prefix="/uploads",
    tags=["uploads"],
    dependencies=[Depends(authenticate)],
    responses=declare("unauthenticated", "forbidden", "not_found", "unavailable", "internal_error"),
)

# A part smaller than this stays in memory until S3 has it.
SPOOL_BYTES = 1 << 20


@router.post(
    "",
    status_code=201,
    summary="Announce a file; the answer says how to cut it",
    responses=declare(
        "not_found", "upload_too_large", "upload_name_refused", "idempotency_key_reused", "invalid_request"
    ),
)
def begin_upload(
    body: NewUploadBody, actor: WithActor, context: WithContext, once: WithOnce, response: Response
) -> UploadBody:
    settings, store = context.settings, context.incoming.uploads
    announced = Announced(**body.model_dump())
    most_bytes = {
        UploadPurpose.PICTURE: settings.picture_max_bytes,
        UploadPurpose.LABELS: settings.import_max_bytes,
        UploadPurpose.MODEL: settings.model_max_bytes,
    }
    with context.database.begin(actor.scope) as session:
        place = service.find_place(
            session,
            actor,
            announced,
            own_bucket=settings.bucket,
            upload_bucket=settings.upload_bucket,
            max_bytes=most_bytes[body.purpose],
        )
    # S3 gives the id between two transactions; one that nobody keeps is thrown away by S3 in some days.
    storage_id = store.begin(place.bucket, place.key, content_type=body.content_type)
    with context.database.begin(actor.scope) as session:
        upload = once.run(
            session,
            actor,
            UploadBody,
            lambda: _body(service.begin_upload(session, actor, announced, place, storage_id=storage_id)),
        )
    response.headers["Location"] = f"/v1/uploads/{upload.id}"
    return upload


@router.get("", summary="List your organisation's uploads")
def list_uploads(
    actor: WithActor,
    context: WithContext,
    cursor: WithCursor,
    state: Annotated[UploadState | None, Query()] = None,
) -> Page[UploadBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_uploads(session, actor, state=state, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _body, id_of=lambda upload: upload.row.id)


@router.get("/{upload_id}", summary="Show an upload and which parts are there", responses=declare("not_found"))
def get_upload(upload_id: PathId, actor: WithActor, context: WithContext) -> UploadBody:
    with context.database.begin(actor.scope) as session:
        return _body(service.get_upload(session, actor, upload_id))


@router.post(
    "/{upload_id}/complete",
    summary="Put the parts together; a picture then comes in as from any bucket",
    responses=declare("not_found", "conflict", "upload_incomplete", "upload_lost"),
)
def complete_upload(upload_id: PathId, actor: WithActor, context: WithContext) -> UploadBody:
    with context.database.begin(actor.scope) as session:
        upload = service.get_upload(session, actor, upload_id)
    if upload.row.state == UploadState.COMPLETE:
        return _body(upload)
    service.expect_whole(upload)
    row = upload.row
    context.incoming.uploads.complete(row.bucket, row.key, row.storage_id, size=row.bytes)
    with context.database.begin(actor.scope) as session:
        return _body(service.complete_upload(session, actor, upload))


@router.delete(
    "/{upload_id}",
    status_code=204,
    summary="Give an upload up; what was sent is thrown away",
    responses=declare("not_found", "conflict"),
)
def abort_upload(upload_id: PathId, actor: WithActor, context: WithContext) -> None:
    with context.database.begin(actor.scope) as session:
        upload = service.abort_upload(session, actor, upload_id)
    context.incoming.uploads.abort(upload.row.bucket, upload.row.key, upload.row.storage_id)


@parts_router.put(
    "/{upload_id}/parts/{number}",
    summary="Send one part of a file; sent again it takes the first one's place",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
    responses=declare("conflict", "part_wrong_size", "upload_lost", "invalid_request"),
)
async def put_part(
    upload_id: PathId,
    number: PathId,
    request: Request,
    actor: WithActor,
    context: WithContext,
    size: Annotated[
        int, Header(alias="Content-Length", ge=1, le=MAX_PART_BYTES, description="the size of the part in bytes")
    ],
) -> UploadPartBody:
    upload = await run_in_threadpool(_expect_part, context, actor, upload_id, number, size)
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as file:
        got = 0
        async for chunk in request.stream():
            got += len(chunk)
            if got > size:
                break
            file.write(chunk)
        if got != size:
            raise PartWrongSize(f"part {number} was announced with {size} bytes; {got} came", part=number, bytes=size)
        file.seek(0)
        await run_in_threadpool(_store_part, context, actor, upload, number, file, size)
    return UploadPartBody(number=number, bytes=size)


def _expect_part(context: Context, actor: Actor, upload_id: int, number: int, size: int) -> Upload:
    with context.database.begin(actor.scope) as session:
        upload = service.get_upload(session, actor, upload_id)
    service.expect_part(upload, number, size=size)
    return upload


def _store_part(context: Context, actor: Actor, upload: Upload, number: int, file: IO[bytes], size: int) -> None:
    row = upload.row
    etag = context.incoming.uploads.put_part(row.bucket, row.key, row.storage_id, number, file, size=size)
    with context.database.begin(actor.scope) as session:
        service.keep_part(session, actor, upload, number, etag=etag, size=size)


def _body(upload: Upload) -> UploadBody:
    row = upload.row
    return UploadBody(
        id=row.id,
        purpose=UploadPurpose(row.purpose),
        name=row.name,
        key=row.key,
        content_type=row.content_type,
        bytes=row.bytes,
        part_bytes=row.part_bytes,
        parts=upload.parts,
        received=upload.received,
        state=UploadState(row.state),
        source_id=row.source_id,
        created_at=row.created_at,
        completed_at=row.completed_at,
    )
