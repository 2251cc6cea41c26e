"""A client's buckets: registration, proof, and their connection to projects."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import WithActor
from api.context import WithContext
from api.paging import WithCursor
from api.problems import declare
from api.routes.parameters import PathId
from domain.sources import service
from domain.sources.queries import SourceRow
from schema.bodies.base import Page
from schema.bodies.sources import NewSourceBody, SourceBody

router = APIRouter(prefix="/sources", tags=["sources"])

PROOF_LIMIT_BYTES = 1024

BucketQuery = Annotated[str | None, Query(max_length=63, description="only this bucket")]
PrefixQuery = Annotated[str | None, Query(max_length=512, description="only exactly this prefix")]


@router.post(
    "",
    status_code=201,
    summary="Register a bucket",
    responses=declare("forbidden", "conflict", "source_refused", "invalid_request"),
)
def create_source(body: NewSourceBody, actor: WithActor, context: WithContext, response: Response) -> SourceBody:
    with context.database.begin(actor.scope) as session:
        source = service.create_source(
            session, actor, bucket=body.bucket, prefix=body.prefix, own_bucket=context.settings.bucket
        )
    response.headers["Location"] = f"/v1/sources/{source.id}"
    return _body(source)


@router.get("", summary="List your sources", responses=declare("forbidden"))
def list_sources(
    actor: WithActor, context: WithContext, cursor: WithCursor, bucket: BucketQuery = None, prefix: PrefixQuery = None
) -> Page[SourceBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_sources(session, actor, bucket=bucket, prefix=prefix, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _body, id_of=lambda source: source.id)


@router.get(
    "/{source_id}", summary="Show a source and how to prove it is yours", responses=declare("forbidden", "not_found")
)
def get_source(source_id: PathId, actor: WithActor, context: WithContext) -> SourceBody:
    with context.database.begin(actor.scope) as session:
        source = service.show_source(session, actor, source_id)
    return _body(source)


@router.post(
    "/{source_id}/verify",
    summary="Read the proof from the bucket and believe the source",
    responses=declare("forbidden", "not_found", "source_unproven", "bucket_refused"),
)
def verify_source(source_id: PathId, actor: WithActor, context: WithContext) -> SourceBody:
    with context.database.begin(actor.scope) as session:
        source = service.show_source(session, actor, source_id)
    # The bucket is read between two transactions: neither waits for S3.
    found = context.buckets.read_small(source.bucket, service.proof_key(source), limit=PROOF_LIMIT_BYTES)
    with context.database.begin(actor.scope) as session:
        service.verify_source(session, source, found=found)
        verified = service.get_source(session, source_id)
    return _body(verified)


@router.put(
    "/{source_id}/feeds/{project_id}",
    status_code=204,
    summary="Feed a project from a source",
    responses=declare("forbidden", "not_found"),
)
def connect_feed(source_id: PathId, project_id: PathId, actor: WithActor, context: WithContext) -> None:
    with context.database.begin(actor.scope) as session:
        service.connect_feed(session, actor, source_id=source_id, project_id=project_id)


def _body(source: SourceRow) -> SourceBody:
    return SourceBody(
        id=source.id,
        bucket=source.bucket,
        prefix=source.prefix,
        external_id=source.external_id,
        proof_key=service.proof_key(source),
        nonce=source.nonce,
        verified_at=source.verified_at,
    )
