"""The floor: the product's claim and submit by psycopg behind a bare ASGI application. Nothing else is done: nobody is
asked who they are, row-level security is not asked either, bodies are read by `json` alone, no line is written."""

import asyncio
import base64
import itertools
import json
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import uvicorn
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from bench.load.caught import Caught, Statement
from bench.load.wire import Wire
from cli.launcher.ports import find_free_port
from cli.launcher.stack import python_argv
from cli.launcher.state import source_root
from tests.services import end

CONNECTIONS = 8
START_TIMEOUT_S = 30.0
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Floor:
    """Two routes: POST /next/{member}, and POST /submit/{member}/{lease} with the objects."""

    def __init__(self, url: str, caught: Caught) -> None:
        self._url, self._caught = url, caught
        self._connections: asyncio.Queue[psycopg.AsyncConnection[dict[str, Any]]] = asyncio.Queue()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        _, route, member, *lease = scope["path"].split("/")
        if route == "next":
            row = await self._run(self._caught.claim, {"member": int(member)})
            found = None if row is None else {"lease_id": row["id"], "task_id": row["task_id"]}
        else:
            objects = Jsonb(json.loads(await _body(receive))["objects"])
            row = await self._run(
                self._caught.submit, {"member": int(member), "lease": int(lease[0]), "objects": objects}
            )
            found = None if row is None else {"lease_id": row["lease_id"], "version": row["version"]}
        await _answer(send, found)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        for _ in range(CONNECTIONS):
            made = await psycopg.AsyncConnection.connect(self._url, row_factory=dict_row)
            await made.execute("SET jit = off")
            await made.commit()
            self._connections.put_nowait(made)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _run(self, statement: Statement, values: dict[str, Any]) -> dict[str, Any] | None:
        connection = await self._connections.get()
        try:
            cursor = await connection.execute(statement.sql, statement.values | values)
            row = await cursor.fetchone()
            await connection.commit()
        except psycopg.Error:
            await connection.rollback()
            return None
        finally:
            self._connections.put_nowait(connection)
        return row


async def _body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _answer(send: Send, found: dict[str, Any] | None) -> None:
    body = b"" if found is None else json.dumps(found).encode()
    headers = [(b"content-type", b"application/json")] if body else []
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": 204 if found is None else 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class FloorDoor:
    """The floor's routes, for one client that is another member at each claim.

    The claim alone looks in one lane: a few members would soon find nothing in it but what they have done themselves.
    """

    def __init__(self, url: str, member_ids: Sequence[int]) -> None:
        self._wire, self._members, self._member_id = Wire(url), itertools.cycle(member_ids), 0

    async def next(self) -> tuple[int, Any]:
        self._member_id = next(self._members)
        return await self._wire.ask("POST", f"/next/{self._member_id}")

    async def submit(self, lease_id: int, payload: bytes) -> tuple[int, Any]:
        return await self._wire.ask("POST", f"/submit/{self._member_id}/{lease_id}", payload)

    async def draft(self, lease_id: int, payload: bytes) -> tuple[int, Any]:
        raise NotImplementedError("the floor takes no drafts")

    async def beat(self, lease_id: int, active_s: float) -> tuple[int, Any]:
        raise NotImplementedError("the floor hears no heartbeats")

    def close(self) -> None:
        self._wire.close()


@contextmanager
def running_floor(admin_url: str, caught: Caught) -> Iterator[tuple[str, int]]:
    """Yield the address and the process id of the floor."""
    port = find_free_port()
    child = subprocess.Popen(
        python_argv("bench.load.floor", str(port)), cwd=source_root(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    child.stdin.write(base64.b64encode(pickle.dumps((admin_url, caught))) + b"\n")
    child.stdin.flush()
    try:
        _wait_for(port, child)
        yield f"http://127.0.0.1:{port}", child.pid
    finally:
        end(child, signal.SIGTERM)


def _wait_for(port: int, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _listens(port):
        if child.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the floor did not start")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def main() -> None:
    url, caught = pickle.loads(base64.b64decode(sys.stdin.readline()))
    config = uvicorn.Config(
        Floor(url, caught), host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_config=None
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
