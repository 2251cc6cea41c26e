"""`/metrics` and `/healthz` of a process that serves nothing else, from a thread of its own. They tell what the process
says of itself, and ask neither database nor queue: no restart mends their outage."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

POLL_S: Final = 0.1
READ_TIMEOUT_S: Final = 10.0
# Tells what is wrong; None is well.
Health = Callable[[], str | None]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Pulse:
    """When a loop last turned; safe for threads."""

    def __init__(self, *, bound_s: float) -> None:
        self._bound_s = bound_s
        self._beat_at = time.monotonic()

    def beat(self) -> None:
        self._beat_at = time.monotonic()

    def is_fresh(self) -> bool:
        """Whether the last turn is not longer ago than the bound."""
        return time.monotonic() - self._beat_at <= self._bound_s


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without asking the resolver for this host's name, which may take long and serves nobody."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    timeout = READ_TIMEOUT_S

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: these requests come every few seconds."""


@contextmanager
def serving_metrics(*, host: str, port: int, health: Health) -> Iterator[int | None]:
    """Serve while the context lasts; yields the port. Nothing is served on port 0, and None is yielded.

    `/healthz` answers 200, or 503 with what is wrong; `health` is called in another thread.
    """
    if port == 0:
        yield None
        return
    with make_server(host, port, _application(health), server_class=_Server, handler_class=_Quiet) as server:
        thread = Thread(target=server.serve_forever, args=(POLL_S,), name="metrics", daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def _application(health: Health) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    metrics: Any = make_wsgi_app()

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                answer: Iterable[bytes] = metrics(environ, start_response)
                return answer
            case "/healthz":
                trouble = health()
                status = "200 OK" if trouble is None else "503 Service Unavailable"
                body = {"status": trouble or "ok"}
            case _:
                status, body = "404 Not Found", {"status": "not found"}
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    return application
