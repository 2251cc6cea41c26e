"""HTTP over one kept connection, as cheap as it gets: what is timed must be the server, not its caller."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 30.0


class ConnectionLost(Exception):
    """The server closed the connection while an answer was awaited."""


class Wire:
    """One person's connection; opened when it is needed, opened anew when the server closed it meanwhile."""

    def __init__(self, url: str, *, token: str = "") -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), parts.port
        self._head = f" HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n".encode()
        if token:
            self._head += f"Authorization: Bearer {token}\r\n".encode()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
        """Send a request; return its status and its JSON (None without a body). Raises ConnectionLost, TimeoutError."""
        reader, writer = await self._connect()
        writer.write(f"{method} {path}".encode() + self._head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await _read(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            raise ConnectionLost(str(error) or type(error).__name__) from error
        except (TimeoutError, asyncio.CancelledError):
            self.close()  # the answer may still come: nobody must take it for the next one's
            raise

    async def leave_unanswered(self, method: str, path: str, body: bytes = b"") -> None:
        """Send a request and go away without waiting for its answer."""
        _, writer = await self._connect()
        writer.write(f"{method} {path}".encode() + self._head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        self.close()

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and self._streams[0].at_eof():
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        return self._streams


async def _read(reader: asyncio.StreamReader) -> tuple[int, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    start = head.find(b"\r\ncontent-length:")
    if start < 0:
        assert status in (204, 304) or b"chunked" not in head, "an answer in chunks is not read"
        return status, None
    length = int(head[start + 17 : head.index(b"\r\n", start + 2)])
    body = await reader.readexactly(length)
    return status, json.loads(body) if body else None
