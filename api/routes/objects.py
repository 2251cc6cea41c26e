"""Pixels and files by signed link: Range, ETag, immutable. Asynchronous; a thread is held for one chunk at a time."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.context import WithContext
from api.problems import declare
from domain.delivery.links import open_link

router = APIRouter(prefix="/objects", tags=["files"])

# What is fetched is never run: not as a page, not as another type than it says.
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@router.get(
    "/{token}",
    summary="Fetch a picture or file by the link that another answer gave",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "The object"},
        206: {"content": {"application/octet-stream": {}}, "description": "The range that was asked for"},
        304: {"description": "It is what `If-None-Match` names"},
        **declare("link_refused", "range_outside", "not_found", "invalid_request", "unavailable", "internal_error"),
    },
)
async def get_object(
    token: str,
    context: WithContext,
    byte_range: Annotated[str | None, Header(alias="Range", pattern=r"^bytes=\d*-\d*$")] = None,
    known_etag: Annotated[str | None, Header(alias="If-None-Match", max_length=1000)] = None,
) -> Response:
    now = datetime.now(UTC)
    granted = open_link(token, context.settings.secret.get_secret_value().encode(), now=now)
    found = await run_in_threadpool(context.own_bucket.open, granted.key, byte_range=byte_range, known_etag=known_etag)
    lasts_s = granted.expires_at - int(now.timestamp())
    headers = (
        found.headers | _SAFE | {"Accept-Ranges": "bytes", "Cache-Control": f"private, max-age={lasts_s}, immutable"}
    )
    return StreamingResponse(found.chunks, status_code=found.status, headers=headers)
