"""Around every request: its id and its trace, its access line, its time, and the last resort when something broke. Pure
ASGI."""

import re
import time
import uuid
from datetime import UTC, datetime

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import render
from domain.tracing import following, get_trace_id, new_trace_id
from runtime.metrics import REQUEST_SECONDS
from runtime.spans import record_span
from runtime.tracing import parse_traceparent, traceparent

HEADER = "X-Request-Id"
TRACE_HEADER = "traceparent"
_QUIET = frozenset({"get_health", "get_metrics"})
# What follows these opens something: it is never written down.
_SECRET = re.compile(r"^/(invitation|objects)/.*", re.DOTALL)
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class AccessLog:
    """Gives each request an id and a trace (well-formed ones that came with it are kept) and writes one line about it.

    A use case that finds what the request is about goes on in the trace of that (`domain.tracing.adopt`): then the
    line, and the header `traceparent` of the answer, name it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _find_given_id(scope) or uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        trace_id = parse_traceparent(Headers(scope=scope).get(TRACE_HEADER)) or new_trace_id()
        with structlog.contextvars.bound_contextvars(request_id=request_id), following(trace_id):
            await self._serve(scope, receive, send, request_id)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = request_id
                if trace_id := get_trace_id():
                    headers[TRACE_HEADER] = traceparent(trace_id)
            await send(message)

        started_at, start = datetime.now(UTC), time.perf_counter()
        try:
            await self._app(scope, receive, send_with_id)
        except Exception:  # the one catch-all of this process
            structlog.get_logger().exception(
                "request_failed", method=scope["method"], path=_SECRET.sub(r"/\1/…", scope["path"])
            )
            if status:
                raise  # the answer is half sent: only breaking the connection tells the caller
            detail = f"this is a fault of ours; it is in our log as request {request_id}"
            await render("internal_error", detail, request_id=request_id)(scope, receive, send_with_id)
        finally:
            _write_line(scope, status=status, started_at=started_at, took_s=time.perf_counter() - start)


def _write_line(scope: Scope, *, status: int, started_at: datetime, took_s: float) -> None:
    operation = getattr(scope.get("route"), "name", "unknown")
    REQUEST_SECONDS.labels(operation, status).observe(took_s)
    if operation in _QUIET and status < 400:
        return
    request_id = scope["state"]["request_id"]
    record_span(operation, started_at=started_at, kind="server", status=status, request_id=request_id)
    structlog.get_logger().info(
        "request_served",
        method=scope["method"],
        path=_path(scope),
        operation=operation,
        status=status,
        took_ms=round(took_s * 1000, 1),
        member_id=scope["state"].get("member_id"),
    )


def _path(scope: Scope) -> str:
    return _SECRET.sub(r"/\1/…", scope["path"])


def _find_given_id(scope: Scope) -> str | None:
    given = Headers(scope=scope).get(HEADER, "")
    return given if _GIVEN_ID.fullmatch(given) else None
