"""The machines of the embedded stack's workers: `python -m cli.launcher.machine` speaks IMDSv2 and the ECS agent's task
protection on loopback, one machine for each worker process. Standard library only, so that it stays small."""

import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from threading import Lock, Timer
from typing import Any, Final

from cli.launcher.state import STATE_DIR_VARIABLE, ProcessId, StateDir

PORT_VARIABLE: Final = "PLUMBLINE_MACHINE_PORT"
KEY_VARIABLE: Final = "PLUMBLINE_MACHINE_KEY"
NAMES_VARIABLE: Final = "PLUMBLINE_MACHINE_NAMES"
KEY_HEADER: Final = "X-Plumbline-Key"
TOKEN_PATH: Final = "latest/api/token"  # noqa: S105 - a path
TTL_HEADER: Final = "x-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER: Final = "x-aws-ec2-metadata-token"  # noqa: S105 - a name
TOKEN_TTL_MAX_S: Final = 21_600
NOTICE_PATH: Final = "latest/meta-data/spot/instance-action"
PROTECTION_PATH: Final = "task-protection/v1/state"
PROTECTION_MAX_MIN: Final = 2_880
PROTECTION_DEFAULT_MIN: Final = 120
# EC2 gives two minutes.
NOTICE_S: Final = 120.0
IDLE_CONNECTION_S: Final = 30.0
BODY_MAX_BYTES: Final = 4096


@dataclass(slots=True)
class Machine:
    """What one process is told it runs on. A new process is a new machine: without notice, without protection."""

    process: ProcessId | None = None
    tokens: dict[str, float] = field(default_factory=dict)  # monotonic time of their end
    taken_at: datetime | None = None
    protected_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def _json(status: int, document: Any) -> Answer:
    return Answer(status, json.dumps(document), {"Content-Type": "application/json"})


class Machines:
    """All machines by name; safe for threads. `find_process` tells which process runs under a name now."""

    def __init__(self, names: tuple[str, ...], *, find_process: Callable[[str], ProcessId | None]) -> None:
        self._machines = {name: Machine() for name in names}
        self._find_process = find_process
        self._lock = Lock()

    def metadata(self, name: str, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        """Answer as the instance metadata service does, version 2 only; names of headers in small letters."""
        with self._lock:
            machine = self._now(name)
            if machine is None:
                return Answer(404)
            if (method, path) == ("PUT", TOKEN_PATH):
                return _new_token(machine, headers)
            if method != "GET":
                return Answer(405)
            if machine.tokens.get(headers.get(TOKEN_HEADER, ""), 0.0) <= time.monotonic():
                return Answer(401)
            if path != NOTICE_PATH or machine.taken_at is None:
                return Answer(404)  # also for the roles of a machine: this one has none
            return _json(200, {"action": "terminate", "time": _stamp(machine.taken_at)})

    def agent(self, name: str, method: str, path: str, body: bytes) -> Answer:
        """Answer as the ECS container agent does."""
        with self._lock:
            machine = self._now(name)
            if machine is None or path != PROTECTION_PATH:
                return _fault(404, "ResourceNotFoundException", "Failed to find a task for the request")
            if method == "PUT":
                return _protect(name, machine, body)
            return _protection(name, machine) if method == "GET" else Answer(405)

    def give_notice(self, name: str, *, after_s: float) -> Answer:
        """Take a machine away after so many seconds: until then its process reads the notice, then it is killed."""
        with self._lock:
            machine = self._now(name)
            if machine is None or machine.process is None:
                return _json(404 if machine is None else 409, {"error": f"{name} does not run"})
            if machine.taken_at is None:
                machine.taken_at = datetime.now(UTC) + timedelta(seconds=after_s)
                timer = Timer(after_s, _kill, (machine.process,))
                timer.daemon = True
                timer.start()
            pid, at = machine.process.pid, machine.taken_at
        return _json(200, {"process": name, "pid": pid, "time": _stamp(at)})

    def protected(self) -> Answer:
        """Tell which processes are protected now."""
        with self._lock:
            machines = {name: self._now(name) for name in self._machines}
        return _json(200, {name: machine is not None and _is_protected(machine) for name, machine in machines.items()})

    def _now(self, name: str) -> Machine | None:
        """Return the machine of the process that runs now."""
        machine = self._machines.get(name)
        if machine is not None and (machine.process is None or not machine.process.is_alive()):
            process = self._find_process(name)
            if process != machine.process:
                machine = self._machines[name] = Machine(process)
        return machine


def _new_token(machine: Machine, headers: Mapping[str, str]) -> Answer:
    if headers.get("x-forwarded-for") is not None:
        return Answer(403)  # a token never leaves by a proxy
    ttl = headers.get(TTL_HEADER, "")
    if not ttl.isdecimal() or not 1 <= int(ttl) <= TOKEN_TTL_MAX_S:
        return Answer(400)
    now = time.monotonic()
    machine.tokens = {token: until for token, until in machine.tokens.items() if until > now}
    token = secrets.token_urlsafe(32)
    machine.tokens[token] = now + int(ttl)
    return Answer(200, token, {"Content-Type": "text/plain", TTL_HEADER: ttl})


def _protect(name: str, machine: Machine, body: bytes) -> Answer:
    try:
        wanted = json.loads(body)
    except ValueError:
        wanted = None
    if not isinstance(wanted, dict) or set(wanted) - {"ProtectionEnabled", "ExpiresInMinutes"}:
        return _fault(400, "InvalidParameterException", "UpdateTaskProtection: failed to decode request")
    is_on, minutes = wanted.get("ProtectionEnabled"), wanted.get("ExpiresInMinutes", PROTECTION_DEFAULT_MIN)
    if not isinstance(is_on, bool):
        return _fault(400, "InvalidParameterException", "Invalid request: does not contain 'ProtectionEnabled' field")
    if not isinstance(minutes, int) or not 1 <= minutes <= PROTECTION_MAX_MIN:
        return _fault(400, "InvalidParameterException", "expiresInMinutes must be between 1 and 2880")
    machine.protected_until = datetime.now(UTC) + timedelta(minutes=minutes) if is_on else None
    return _protection(name, machine)


def _is_protected(machine: Machine) -> bool:
    return machine.protected_until is not None and machine.protected_until > datetime.now(UTC)


def _protection(name: str, machine: Machine) -> Answer:
    until = machine.protected_until if _is_protected(machine) else None
    told = {"ProtectionEnabled": until is not None, "TaskArn": f"arn:aws:ecs:us-east-1:000000000000:task/{name}"}
    return _json(200, {"protection": told | ({"ExpirationDate": _stamp(until)} if until else {})})


def _fault(status: int, code: str, message: str) -> Answer:
    return _json(status, {"error": {"Code": code, "Message": message}})


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _kill(process: ProcessId) -> None:
    if process.is_alive():
        os.kill(process.pid, signal.SIGKILL)


class Server(ThreadingHTTPServer):
    """Serves machines on 127.0.0.1. Who knows the key may give notices."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, machines: Machines, *, key: str) -> None:
        self.machines = machines
        self.key = key
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        """Bind without asking the resolver for this host's name, also while connections of a killed one are closing."""
        TCPServer.server_bind(self)


class Handler(BaseHTTPRequestHandler):
    """`/machines/NAME/…` is the metadata service, `/api/NAME/…` the agent, `/notices/NAME` and `/protected` ours."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_CONNECTION_S
    server: Server

    def do_GET(self) -> None:
        self._send(self._answer("GET", b""))

    def do_PUT(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > BODY_MAX_BYTES:
            self.close_connection = True
            self._send(Answer(413))
            return
        self._send(self._answer("PUT", self.rfile.read(int(length))))

    def _answer(self, method: str, body: bytes) -> Answer:
        machines = self.server.machines
        room, _, rest = self.path.strip("/").partition("/")
        name, _, path = rest.partition("/")
        if (method, room) == ("GET", "healthz"):
            return Answer(200, "ok")
        if room == "machines":
            return machines.metadata(name, method, path, {k.lower(): v for k, v in self.headers.items()})
        if room == "api":
            return machines.agent(name, method, path, body)
        if not secrets.compare_digest(self.headers.get(KEY_HEADER, "").encode(), self.server.key.encode()):
            return Answer(403)
        if (method, room) == ("GET", "protected"):
            return machines.protected()
        if (method, room) == ("PUT", "notices"):
            return machines.give_notice(name, after_s=int(body) if body.isdigit() else NOTICE_S)
        return Answer(404)

    def _send(self, answer: Answer) -> None:
        content = answer.body.encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: workers ask every few seconds."""


def find_child(state: StateDir, name: str) -> ProcessId | None:
    """Return the process of a child, as the stack file tells it."""
    stack = state.read_stack()
    children = stack.children if stack else ()
    return next((child.process for child in children if child.name == name), None)


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    state = StateDir(Path(os.environ[STATE_DIR_VARIABLE]))
    machines = Machines(tuple(os.environ[NAMES_VARIABLE].split(",")), find_process=lambda name: find_child(state, name))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with Server(int(os.environ[PORT_VARIABLE]), machines, key=os.environ[KEY_VARIABLE]) as server:
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
