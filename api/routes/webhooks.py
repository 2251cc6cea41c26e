"""Where other systems are told what happened: subscriptions, what became of each delivery, and the log of events."""

import asyncio
import secrets
from datetime import UTC, datetime

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from api.auth import WithActor
from api.context import Context, WithContext
from api.paging import WithCursor, WithNewestCursor
from api.preconditions import IfMatch, check, etag_of
from api.problems import declare
from api.routes.parameters import PathId, QueryId
from domain.audit.service import record
from domain.events import service as events
from domain.events.queries import EventRow
from domain.scope import Actor
from domain.webhooks import deliveries, service
from domain.webhooks.queries import DeliveryRow, WebhookRow
from runtime.posting import post_signed
from schema.bodies.base import Page
from schema.bodies.webhooks import (
    DeliveryBody,
    DeliveryWithEventBody,
    EventBody,
    NewWebhookBody,
    TestedBody,
    WebhookBody,
    WebhookChangeBody,
    WebhookWithSecretBody,
)
from schema.enums import DeliveryState, EventKind

router = APIRouter(tags=["webhooks"])


@router.post(
    "/webhooks",
    status_code=201,
    summary="Subscribe to what happens; the answer shows the secret this once",
    responses=declare("forbidden", "not_found", "webhook_refused", "invalid_request"),
)
def create_webhook(
    body: NewWebhookBody, actor: WithActor, context: WithContext, response: Response
) -> WebhookWithSecretBody:
    with context.database.begin(actor.scope) as session:
        made = service.create_webhook(
            session,
            actor,
            url=body.url,
            kinds=body.kinds,
            project_id=body.project_id,
            allow_private=context.settings.webhook_private,
        )
    response.headers["Location"] = f"/v1/webhooks/{made.id}"
    return _body_with_secret(made)


@router.get("/webhooks", summary="List your organisation's webhooks", responses=declare("forbidden"))
def list_webhooks(actor: WithActor, context: WithContext, cursor: WithCursor) -> Page[WebhookBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_webhooks(session, actor, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _body, id_of=lambda webhook: webhook.id)


@router.get("/webhooks/{webhook_id}", summary="Show a webhook", responses=declare("forbidden", "not_found"))
def get_webhook(webhook_id: PathId, actor: WithActor, context: WithContext, response: Response) -> WebhookBody:
    with context.database.begin(actor.scope) as session:
        body = _body(service.get_webhook(session, actor, webhook_id))
    response.headers["ETag"] = etag_of(body)
    return body


@router.patch(
    "/webhooks/{webhook_id}",
    summary="Change, stop or start a webhook",
    responses=declare("forbidden", "not_found", "webhook_refused", "precondition_failed", "invalid_request"),
)
def change_webhook(
    webhook_id: PathId,
    body: WebhookChangeBody,
    actor: WithActor,
    context: WithContext,
    response: Response,
    if_match: IfMatch = None,
) -> WebhookBody:
    with context.database.begin(actor.scope) as session:
        found = service.get_webhook(session, actor, webhook_id, for_update=True)
        check(if_match, etag_of(_body(found)))
        changed = service.change_webhook(
            session,
            actor,
            found,
            url=body.url,
            kinds=body.kinds,
            active=body.active,
            allow_private=context.settings.webhook_private,
        )
    response.headers["ETag"] = etag_of(_body(changed))
    return _body(changed)


@router.delete(
    "/webhooks/{webhook_id}", status_code=204, summary="Remove a webhook", responses=declare("forbidden", "not_found")
)
def remove_webhook(webhook_id: PathId, actor: WithActor, context: WithContext) -> None:
    with context.database.begin(actor.scope) as session:
        service.remove_webhook(session, actor, webhook_id)


@router.post(
    "/webhooks/{webhook_id}/secret",
    summary="Replace the secret; the answer shows the new one this once",
    responses=declare("forbidden", "not_found"),
)
def rotate_webhook_secret(webhook_id: PathId, actor: WithActor, context: WithContext) -> WebhookWithSecretBody:
    with context.database.begin(actor.scope) as session:
        webhook = service.rotate_secret(session, actor, webhook_id)
    return _body_with_secret(webhook)


@router.post(
    "/webhooks/{webhook_id}/test",
    summary="Send a `ping` now and tell what came of it",
    responses=declare("forbidden", "not_found"),
)
async def test_webhook(webhook_id: PathId, actor: WithActor, context: WithContext) -> TestedBody:
    """Asynchronous, so that a slow receiver holds neither a thread of the pool nor a connection."""
    webhook = await run_in_threadpool(_find_tested, context, actor, webhook_id)
    ping = EventBody(
        id=0,
        kind="ping",
        aggregate="webhook",
        aggregate_id=webhook.id,
        sequence=0,
        project_id=None,
        occurred_at=datetime.now(UTC),
        data={},
    )
    posted = await asyncio.to_thread(
        post_signed,
        webhook.url,
        ping.model_dump_json().encode(),
        message_id=f"ping_{secrets.token_hex(8)}",
        secret=webhook.secret,
        timeout_s=context.settings.webhook_timeout_s,
        allow_private=context.settings.webhook_private,
    )
    return TestedBody(delivered=posted.error is None, status=posted.status, error=posted.error, took_ms=posted.took_ms)


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    summary="List what became of each delivery, the newest first",
    responses=declare("forbidden", "not_found"),
)
def list_webhook_deliveries(
    webhook_id: PathId,
    actor: WithActor,
    context: WithContext,
    cursor: WithNewestCursor,
    state: DeliveryState | None = None,
) -> Page[DeliveryBody]:
    with context.database.begin(actor.scope) as session:
        rows = deliveries.list_deliveries(
            session, actor, webhook_id, state=state, before=cursor.after, limit=cursor.rows
        )
    return cursor.page(rows, _delivery, id_of=lambda delivery: delivery.id)


@router.get(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}",
    summary="Show a delivery and what is sent",
    responses=declare("forbidden", "not_found"),
)
def get_webhook_delivery(
    webhook_id: PathId, delivery_id: PathId, actor: WithActor, context: WithContext
) -> DeliveryWithEventBody:
    with context.database.begin(actor.scope) as session:
        row, event = deliveries.get_delivery(session, actor, webhook_id, delivery_id)
    return DeliveryWithEventBody(**_delivery(row).model_dump(), event=_event(event) if event else None)


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    status_code=202,
    summary="Deliver once more",
    responses=declare("forbidden", "not_found", "conflict"),
)
def redeliver(webhook_id: PathId, delivery_id: PathId, actor: WithActor, context: WithContext) -> DeliveryBody:
    with context.database.begin(actor.scope) as session:
        row = deliveries.redeliver(session, actor, webhook_id, delivery_id)
    return _delivery(row)


@router.get(
    "/events",
    summary="List what happened in a project; going on from the last id misses nothing",
    responses=declare("forbidden", "not_found"),
)
def list_events(
    project_id: QueryId, actor: WithActor, context: WithContext, cursor: WithCursor, kind: EventKind | None = None
) -> Page[EventBody]:
    with context.database.begin(actor.scope) as session:
        rows = events.list_events(
            session, actor, project_id=project_id, kind=kind, after=cursor.after, limit=cursor.rows
        )
    return cursor.page(rows, _event, id_of=lambda event: event.id)


def _find_tested(context: Context, actor: Actor, webhook_id: int) -> WebhookRow:
    with context.database.begin(actor.scope) as session:
        webhook = service.get_webhook(session, actor, webhook_id)
        record(session, actor, "webhook_tested", f"webhook:{webhook.id}", project_id=webhook.project_id)
    return webhook


def _body(webhook: WebhookRow) -> WebhookBody:
    return WebhookBody(
        id=webhook.id,
        url=webhook.url,
        kinds=webhook.kinds,
        project_id=webhook.project_id,
        active=webhook.active,
        stopped_reason=webhook.stopped_reason,
        created_at=webhook.created_at,
    )


def _body_with_secret(webhook: WebhookRow) -> WebhookWithSecretBody:
    return WebhookWithSecretBody(**_body(webhook).model_dump(), secret=webhook.secret)


def _delivery(row: DeliveryRow) -> DeliveryBody:
    waits = row.state == DeliveryState.WAITING
    return DeliveryBody(
        id=row.id,
        event_id=row.event_id,
        kind=row.kind,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        status=row.last_status,
        error=row.last_error,
        took_ms=row.took_ms,
        last_at=row.last_at,
        next_at=row.next_at if waits else None,
        delivered_at=row.delivered_at,
        created_at=row.created_at,
    )


def _event(event: EventRow) -> EventBody:
    return EventBody.model_validate(events.as_told(event))
