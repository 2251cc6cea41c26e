"""An ASGI layer that lets the answer to a write leave only after a snapshot that holds the write is on disk. Knows
nothing of the emulator behind it but which states exist and how to read them."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Serialise = Callable[[], bytes]

# Query and JSON protocols of SQS are POST for everything; these change nothing that has to outlive a crash. (A receive
# may move a message to its dead-letter queue; lost, it is received once more and moved then.)
_READS = ("Receive", "Get", "List", "ChangeMessageVisibility")


class SnapshotFailed(Exception):
    """A snapshot could not be written; nothing of its round may be acknowledged."""


def write_durably(path: Path, content: bytes) -> None:
    """Replace the file in one step and return when file and folder entry are on disk."""
    temporary = path.with_name(path.name + ".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Journal:
    """Group commit of named states: all that wait share the next snapshot, one at a time.

    States are serialised on the event loop, where they are changed, so a snapshot never sees half a write; only the
    writing of bytes happens in a thread.
    """

    def __init__(self, folder: Path, states: Mapping[str, Serialise]) -> None:
        self._folder = folder
        self._states = states
        self._written: dict[str, bytes] = {}
        self._dirty: set[str] = set()
        self._waiters: list[asyncio.Future[None]] = []
        self._round: asyncio.Task[None] | None = None

    def mark(self, names: Iterable[str]) -> None:
        """Say that these states changed; names without a state are ignored."""
        self._dirty.update(name for name in names if name in self._states)

    async def commit(self) -> None:
        """Return once every change marked so far is on disk; raises SnapshotFailed."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._run_rounds())
        await waiter

    async def _run_rounds(self) -> None:
        while self._waiters:
            waiters, self._waiters = self._waiters, []
            names, self._dirty = self._dirty, set()
            failure: SnapshotFailed | None = None
            try:
                await self._snapshot(names)
            except Exception as error:  # noqa: BLE001  # whatever it was, nobody may wait for ever
                self._dirty |= names
                failure = SnapshotFailed(str(error))
                failure.__cause__ = error
            for waiter in waiters:
                if waiter.done():
                    continue
                if failure is None:
                    waiter.set_result(None)
                else:
                    waiter.set_exception(failure)

    async def _snapshot(self, names: set[str]) -> None:
        contents = {name: self._states[name]() for name in sorted(names)}
        changed = {name: content for name, content in contents.items() if self._written.get(name) != content}
        for name, content in changed.items():
            await asyncio.to_thread(write_durably, self._folder / f"{name}.json", content)
            self._written[name] = content


def _header(scope: Scope, name: bytes) -> str:
    for key, value in scope.get("headers", ()):
        if key.lower() == name:
            return bytes(value).decode("latin-1")
    return ""


def _service(scope: Scope) -> str:
    """Return the service that the request is signed for (`s3`, `sqs`, …), from header or presigned query; else ''."""
    signed = _header(scope, b"authorization") or bytes(scope.get("query_string", b"")).decode("latin-1")
    parts = signed.replace("%2F", "/").split("/aws4_request", 1)[0].split("/")
    return parts[-1] if len(parts) > 3 else ""


def _writes(scope: Scope) -> bool:
    target = _header(scope, b"x-amz-target")
    if target.startswith("AmazonSQS."):
        return not target.removeprefix("AmazonSQS.").startswith(_READS)
    return scope["method"] not in ("GET", "HEAD") or b"Action=" in scope.get("query_string", b"")


class DurableApp:
    """Holds the answer of each write until the journal has it; a failed snapshot turns the answer into 503.

    `key_id` is the only access key that is served; other requests (a web page that reaches for the loopback port, say)
    get 403, as does the emulator's own administration (`/_ministack/reset`, …) for everybody.
    """

    def __init__(self, app: App, journal: Journal, *, states: Iterable[str], key_id: str | None) -> None:
        self._app = app
        self._journal = journal
        self._states = frozenset(states)
        self._key_id = key_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope["path"])
        if scope["method"] == "GET" and path in ("/_ministack/health", "/_ministack/ready"):
            await self._app(scope, receive, send)
        elif path.startswith(("/_ministack/", "/_localstack/")) or not self._is_ours(scope):
            await _answer(send, 403, b"refused by Plumbline's embedded stack\n")
        elif _writes(scope):
            await self._hold(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        if self._key_id is None:
            return True
        query = bytes(scope.get("query_string", b"")).decode("latin-1").replace("%2F", "/")
        return f"Credential={self._key_id}/" in _header(scope, b"authorization") or (
            f"X-Amz-Credential={self._key_id}/" in query
        )

    async def _hold(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = False

        async def send_when_durable(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                service = _service(scope)
                self._journal.mark({service} if service in self._states else self._states)
                try:
                    await self._journal.commit()
                except SnapshotFailed:
                    refused = True
                    await _answer(send, 503, b"the write could not be stored; try again\n")
            if not refused:
                await send(message)

        await self._app(scope, receive, send_when_durable)


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    with suppress(OSError):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
