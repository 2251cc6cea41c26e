"""A client's buckets: registration, proof, connection test, and how they are set up."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api import preconditions
from api.auth import WithActor
from api.context import WithContext
from api.once import WithOnce
from api.paging import WithCursor
from api.preconditions import IfMatch
from api.problems import declare
from api.routes.parameters import PathId
from domain.sources import service
from domain.sources.checks import Expected, load_checks
from domain.sources.queries import SourceCounts, SourceRow
from domain.sources.service import Description
from domain.sources.setup import make_setup
from schema.bodies.base import Page
from schema.bodies.sources import (
    ChangedSourceBody,
    CheckBody,
    ListingBody,
    ListingFailureBody,
    NewSourceBody,
    SetupBody,
    SourceBody,
    SourceProgressBody,
)
from schema.enums import ImageState, SourceEvents, SourceKind

router = APIRouter(prefix="/sources", tags=["sources"], responses=declare("forbidden"))

PROOF_LIMIT_BYTES = 1024

BucketQuery = Annotated[str | None, Query(max_length=63, description="only this bucket")]
PrefixQuery = Annotated[str | None, Query(max_length=512, description="only exactly this prefix")]


@router.post(
    "",
    status_code=201,
    summary="Register a bucket",
    responses=declare("conflict", "source_refused", "idempotency_key_reused", "invalid_request"),
)
def create_source(
    body: NewSourceBody, actor: WithActor, context: WithContext, once: WithOnce, response: Response
) -> SourceBody:
    settings = context.settings
    description = Description(**{**body.model_dump(), "events": body.events.value})
    with context.database.begin(actor.scope) as session:
        source = once.run(
            session,
            actor,
            SourceBody,
            lambda: _body(
                service.create_source(
                    session, actor, description, own_buckets=(settings.bucket, settings.upload_bucket)
                )
            ),
        )
    response.headers["Location"] = f"/v1/sources/{source.id}"
    return source


@router.get("", summary="List your sources")
def list_sources(
    actor: WithActor, context: WithContext, cursor: WithCursor, bucket: BucketQuery = None, prefix: PrefixQuery = None
) -> Page[SourceBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_sources(session, actor, bucket=bucket, prefix=prefix, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _body, id_of=lambda source: source.id)


@router.get(
    "/{source_id}",
    summary="Show a source, how to prove it is yours, and how far its images are",
    responses=declare("not_found"),
)
def get_source(source_id: PathId, actor: WithActor, context: WithContext, response: Response) -> SourceBody:
    with context.database.begin(actor.scope) as session:
        source = service.show_source(session, actor, source_id)
        counts = service.count_source(session, source)
    response.headers["ETag"] = _etag(source)
    return _body(source, counts)


@router.patch(
    "/{source_id}",
    summary="Change what is said of a source",
    responses=declare("not_found", "source_refused", "precondition_failed", "invalid_request"),
)
def change_source(
    source_id: PathId,
    body: ChangedSourceBody,
    actor: WithActor,
    context: WithContext,
    response: Response,
    if_match: IfMatch = None,
) -> SourceBody:
    values: dict[str, Any] = body.model_dump(mode="json", include=body.model_fields_set)
    with context.database.begin(actor.scope) as session:
        source = service.lock_source(session, actor, source_id)
        preconditions.check(if_match, _etag(source))
        changed = service.change_source(session, actor, source, values)
    response.headers["ETag"] = _etag(changed)
    return _body(changed)


@router.post(
    "/{source_id}/verify",
    summary="Read the proof from the bucket and believe the source",
    responses=declare("not_found", "source_unproven", "bucket_refused"),
)
def verify_source(source_id: PathId, actor: WithActor, context: WithContext) -> SourceBody:
    with context.database.begin(actor.scope) as session:
        source = service.show_source(session, actor, source_id)
    if source.kind == SourceKind.HOSTED:
        return _body(source)  # a prefix of our own bucket needs no proof
    # The bucket is read between two transactions: neither waits for S3.
    found = context.buckets.read_small(source.access, service.proof_key(source), limit=PROOF_LIMIT_BYTES)
    with context.database.begin(actor.scope) as session:
        service.verify_source(session, actor, source, found=found)
        verified = service.get_source(session, source_id)
    return _body(verified)


@router.post(
    "/{source_id}/test",
    summary="Test the connection to the bucket; takes up to 20 seconds",
    responses=declare("not_found", "source_refused"),
)
def test_source(source_id: PathId, actor: WithActor, context: WithContext) -> SourceBody:
    with context.database.begin(actor.scope) as session:
        source = service.get_client_source(session, actor, source_id)
    expected = Expected(
        prefix=source.prefix,
        proof_key=service.proof_key(source),
        nonce=source.nonce,
        write_key=f"{source.prefix}{service.WRITE_TEST_NAME}",
        region=source.region,
        events=source.events,
        queue_arn=context.incoming.images_queue.find_arn(),
        listed_every_s=context.settings.reconcile_interval_s,
    )
    checks = context.incoming.checker.check(source.access, expected)
    with context.database.begin(actor.scope) as session:
        tested = service.keep_checks(session, actor, source, checks)
    return _body(tested)


@router.post(
    "/{source_id}/reconcile",
    status_code=202,
    summary="Hold all that lies in the bucket against what is known; the source's `progress` tells how far it is",
    responses=declare("not_found", "source_unproven"),
)
def reconcile_source(source_id: PathId, actor: WithActor, context: WithContext) -> SourceBody:
    with context.database.begin(actor.scope) as session:
        source = service.ask_for_listing(session, actor, source_id)
    # In a transaction of its own: the count of a large bucket that takes too long must not undo the asking.
    with context.database.begin(actor.scope) as session:
        counts = service.count_source(session, source)
    return _body(source, counts)


@router.get(
    "/{source_id}/setup",
    summary="Show what to set up in your own account: role, notifications, Terraform",
    responses=declare("not_found", "source_refused", "unavailable"),
)
def get_source_setup(source_id: PathId, actor: WithActor, context: WithContext) -> SetupBody:
    with context.database.begin(actor.scope) as session:
        source = service.get_client_source(session, actor, source_id)
    setup = make_setup(source, queue_arn=context.incoming.images_queue.get_arn())
    return SetupBody(
        queue_arn=setup.queue_arn,
        principal=setup.principal,
        external_id=setup.external_id,
        trust_policy=setup.trust_policy,
        permissions_policy=setup.permissions_policy,
        bucket_policy=setup.bucket_policy,
        notification=setup.notification,
        terraform=setup.terraform,
    )


def _etag(source: SourceRow) -> str:
    """The tag of what a PATCH can change: a listing or a test must not get in its way."""
    body = ChangedSourceBody(
        name=source.name,
        region=source.region,
        account=source.account,
        role_arn=source.role_arn,
        events=SourceEvents(source.events),
    )
    return preconditions.etag_of(body)


def _body(source: SourceRow, counts: SourceCounts | None = None) -> SourceBody:
    checks = load_checks(source.checks)
    return SourceBody(
        id=source.id,
        name=source.name,
        kind=SourceKind(source.kind),
        bucket=source.bucket,
        prefix=source.prefix,
        region=source.region,
        account=source.account,
        role_arn=source.role_arn,
        external_id=source.external_id,
        events=SourceEvents(source.events),
        proof_key=service.proof_key(source),
        nonce=source.nonce,
        verified_at=source.verified_at,
        reconciled_at=source.listed_at,
        checks=None if checks is None else tuple(CheckBody.model_validate(c, from_attributes=True) for c in checks),
        checked_at=source.checked_at,
        created_at=source.created_at,
        progress=None if counts is None else _progress(source, counts),
    )


def _progress(source: SourceRow, counts: SourceCounts) -> SourceProgressBody:
    began_at, failed_at = source.listing_began_at, source.listing_failed_at
    return SourceProgressBody(
        listed_at=source.listed_at,
        listing=None if began_at is None else ListingBody(began_at=began_at, after=source.listing_after),
        failure=None if failed_at is None else ListingFailureBody(at=failed_at, error=source.listing_error or ""),
        keys=counts.keys,
        images={state: counts.images.get(state.value, 0) for state in ImageState},
    )
