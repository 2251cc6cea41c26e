"""Around every request: its id, its access line, its time, and the last resort when something broke. Pure ASGI."""

import re
import time
import uuid

import structlog
from prometheus_client import Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import render

HEADER = "X-Request-Id"
REQUEST_SECONDS = Histogram("plumbline_http_seconds", "Time of one request", ["operation", "status"])
_QUIET = frozenset({"get_health", "get_metrics"})
# What follows these opens something: it is never written down.
_SECRET = re.compile(r"^/(invitation|objects)/.*", re.DOTALL)
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class AccessLog:
    """Gives each request an id (a well-formed one that came with it is kept) and writes one line about it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _find_given_id(scope) or uuid.uuid4().hex
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        start = time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=request_id)
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
            _write_line(scope, status=status, took_s=time.perf_counter() - start, member_id=state.get("member_id"))
            structlog.contextvars.unbind_contextvars("request_id")


def _write_line(scope: Scope, *, status: int, took_s: float, member_id: int | None) -> None:
    operation = getattr(scope.get("route"), "name", "unknown")
    REQUEST_SECONDS.labels(operation, status).observe(took_s)
    if operation in _QUIET and status < 400:
        return
    structlog.get_logger().info(
        "request_served",
        method=scope["method"],
        path=_path(scope),
        operation=operation,
        status=status,
        took_ms=round(took_s * 1000, 1),
        member_id=member_id,
    )


def _path(scope: Scope) -> str:
    return _SECRET.sub(r"/\1/…", scope["path"])


def _find_given_id(scope: Scope) -> str | None:
    given = Headers(scope=scope).get(HEADER, "")
    return given if _GIVEN_ID.fullmatch(given) else None
