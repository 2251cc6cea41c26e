"""The fake machine in a thread of the test, and servers that answer what a test wants."""

import logging
import subprocess
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog
from structlog.testing import capture_logs

from cli.launcher.machine import KEY_HEADER, Machines, Server
from cli.launcher.state import ProcessId

KEY = "the key"


@dataclass
class FakeMachine:
    """One machine, called `worker`, of a process that the test may exchange: it goes with its machine."""

    port: int
    processes: dict[str, ProcessId | None]

    @property
    def metadata_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/machines/worker"

    @property
    def agent_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/worker"

    @property
    def environment(self) -> dict[str, str]:
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.metadata_url, "ECS_AGENT_URI": self.agent_url}

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
        """Send a request; underscores in names of headers are dashes."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): v for name, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def give_notice(self, *, after_s: int = 120, key: str = KEY) -> tuple[int, str]:
        return self.ask("PUT", "/notices/worker", str(after_s), **{KEY_HEADER: key})

    def is_protected(self) -> bool:
        return '"worker": true' in self.ask("GET", "/protected", **{KEY_HEADER: KEY})[1]


@contextmanager
def fake_machine() -> Iterator[FakeMachine]:
    with subprocess.Popen(["sleep", "600"]) as process:
        processes = {"worker": ProcessId.find(process.pid)}
        try:
            with Server(0, Machines(("worker",), find_process=processes.get), key=KEY) as server, _running(server):
                yield FakeMachine(server.server_address[1], processes)
        finally:
            process.kill()


@contextmanager
def answering(answer: Callable[[str, str], tuple[int, str]]) -> Iterator[str]:
    """Serve `answer(method, path)` and yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.command, self.path)
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def do_PUT(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, _running(server):
        yield f"http://127.0.0.1:{server.server_address[1]}"


@contextmanager
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """Collect what is logged, whatever level a test before has set."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    try:
        with capture_logs() as lines:
            yield lines
    finally:
        structlog.configure(**before)


@contextmanager
def _running(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
