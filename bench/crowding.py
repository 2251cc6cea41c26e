"""Many open event streams and hanging requests for masks, over plain sockets: what a busy morning does to an API."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

POINTS = [[10.0, 30.0], [30.0, 10.0], [50.0, 30.0], [30.0, 50.0]]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Streams of a project's counts for a watcher, masks for the holder of a lease; both are named by their tokens."""

    url: str
    watcher: str
    holder: str
    project_id: int
    lease_id: int
    streams: int
    masks: int


@asynccontextmanager
async def crowding(crowd: Crowd) -> AsyncIterator[None]:
    """Keep all of the streams and requests open until the block ends; each stream has sent its first event by then."""
    mask = json.dumps({"points": POINTS}).encode()
    async with AsyncExitStack() as held:
        for _ in range(crowd.streams):
            events = f"/v1/projects/{crowd.project_id}/events"
            await held.enter_async_context(_open(crowd.url, crowd.watcher, "GET", events))
        for _ in range(crowd.masks):
            segment = f"/v1/leases/{crowd.lease_id}/segment"
            await held.enter_async_context(_open(crowd.url, crowd.holder, "POST", segment, mask))
        yield


@asynccontextmanager
async def _open(url: str, token: str, method: str, path: str, body: bytes = b"") -> AsyncIterator[None]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    if method == "GET":
        status = await asyncio.wait_for(reader.readline(), 20)
        assert b" 200 " in status, status
        await asyncio.wait_for(reader.readuntil(b"event: progress"), 20)
    try:
        yield
    finally:
        writer.close()


async def time_claims(crowd: Crowd, *, claims: int, worker_token: str) -> list[float]:
    """Return the time of each claim in ms, sorted; each lease is given back at once, so that there is always one."""
    times: list[float] = []
    headers = {"Authorization": f"Bearer {worker_token}"}
    async with httpx2.AsyncClient(base_url=crowd.url, headers=headers, timeout=30, trust_env=False) as client:
        for _ in range(claims):
            start = time.perf_counter()
            answer = await client.post("/v1/leases", json={"project_id": crowd.project_id})
            times.append((time.perf_counter() - start) * 1000)
            assert answer.status_code == 201, answer.text
            await client.delete(f"/v1/leases/{answer.json()['lease_id']}")
    return sorted(times)


def percentile(ordered: list[float], share: float) -> float:
    """Return the value below which `share` of the sorted values lie."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def compare(crowd: Crowd, *, claims: int, worker_token: str) -> tuple[list[float], list[float]]:
    """Return the times of claims alone and in the crowd, in ms."""
    await time_claims(crowd, claims=20, worker_token=worker_token)  # connections and caches
    alone = await time_claims(crowd, claims=claims, worker_token=worker_token)
    async with crowding(crowd):
        crowded = await time_claims(crowd, claims=claims, worker_token=worker_token)
    return alone, crowded
