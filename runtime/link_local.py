"""Small questions to services of this very machine, over plain HTTP: never by a proxy, never redirected, and no answer
is longer than a few pages."""

import json
from typing import Any, Final

import aiohttp

ANSWER_MAX_BYTES: Final = 16_384
# What `ask` raises where nobody answers, or not in HTTP.
UNANSWERED: Final[tuple[type[Exception], ...]] = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


def open_session(*, timeout_s: float) -> aiohttp.ClientSession:
    """Return a session for `ask`; a question may take `timeout_s` in all. Proxies of the environment are ignored."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout_s), trust_env=False)


async def ask(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    body: dict[str, Any] | None = None,
) -> tuple[int, str]:
    """Send a request and return status and text, its end cut off where it is too long; raises UNANSWERED."""
    sent, told = None, dict(headers or {})
    if body is not None:
        sent, told["Content-Type"] = json.dumps(body), "application/json"
    async with session.request(method, url, headers=told, data=sent, allow_redirects=False) as answer:
        content = bytearray()
        async for chunk in answer.content.iter_any():
            content += chunk
            if len(content) >= ANSWER_MAX_BYTES:
                break
        return answer.status, bytes(content[:ANSWER_MAX_BYTES]).decode(errors="replace").strip()
