"""Refuses requests whose body is larger than any answer can be, before they fill the memory. Pure ASGI."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import render


class BodyLimit:
    """Answers 413 at once to a declared length, and stops reading where none or a wrong one was declared."""

    def __init__(self, app: ASGIApp, *, limit_bytes: int) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        detail = f"a request may have {self._limit_bytes} bytes at most"
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > self._limit_bytes:
            await render("body_too_large", detail, request_id=scope["state"]["request_id"])(scope, receive, send)
            return
        read = 0

        async def receive_within_limit() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit_bytes:
                raise HTTPException(413, detail)
            return message

        await self._app(scope, receive_within_limit, send)
