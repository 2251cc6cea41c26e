"""Asks the application itself, without a server: quick, and able to hang up on a stream after its first bytes."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.types import ASGIApp, Message

MAX_WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; of a stream only its beginning."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str | None:
        """The code of a problem, None where it is none."""
        if self.headers.get("content-type") != "application/problem+json":
            return None
        return str(json.loads(self.body)["code"])

    @property
    def verdict(self) -> tuple[int, str | None]:
        return self.status, self.code


async def ask(
    app: ASGIApp,
    method: str,
    path: str,
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Reply:
    """Send one request; a stream of events is left once it has begun."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(k.lower().encode(), v.encode()) for k, v in {"host": "127.0.0.1", **(headers or {})}.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
    }
    gone, sent = asyncio.Event(), False
    started: Message = {}
    parts: list[bytes] = []

    async def receive() -> Message:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))
            if _is_stream(started) or not message.get("more_body", False):
                gone.set()

    await asyncio.wait_for(app(scope, receive, send), MAX_WAIT_S)
    return Reply(started["status"], _headers(started), b"".join(parts))


def _headers(started: Message) -> dict[str, str]:
    return {k.decode().lower(): v.decode() for k, v in started["headers"]}


def _is_stream(started: Message) -> bool:
    return _headers(started).get("content-type", "").startswith("text/event-stream")
