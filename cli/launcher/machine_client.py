"""Asks the machines of the embedded stack's workers (`machine.py`), as the operator: who is protected, and that one be
taken away."""

import http.client
import json
from typing import Any, Final
from urllib.parse import urlsplit

from cli.launcher.machine import KEY_HEADER
from cli.launcher.stack import Consumer
from cli.launcher.state import LauncherError, StateDir

TIMEOUT_S: Final = 3.0


class NotRunning(LauncherError):
    """No stack runs, or not this process of it."""


def give_notice(state: StateDir, name: Consumer, *, after_s: int) -> dict[str, Any]:
    """Have the machine of a consumer taken away after so many seconds; returns its `process`, `pid` and `time`.

    Raises NotRunning.
    """
    try:
        status, told = _ask(state, "PUT", f"/notices/{name}", str(after_s))
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        raise NotRunning("the stack is not running; start it with: plumbline up") from error
    if status != 200:
        raise NotRunning(str(told.get("error", f"the machine answered {status}")))
    return told


def find_protected(state: StateDir) -> dict[str, bool]:
    """Return by name whether a consumer is protected because it is busy; empty where nobody tells."""
    try:
        status, told = _ask(state, "GET", "/protected", None)
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return {}
    return {str(name): bool(value) for name, value in told.items()} if status == 200 else {}


def _ask(state: StateDir, method: str, path: str, body: str | None) -> tuple[int, dict[str, Any]]:
    """Raises OSError, HTTPException, ValueError or KeyError where no machine answers."""
    stack = state.read_stack()
    if stack is None or not stack.launcher.is_alive():
        raise ConnectionError("no stack runs")
    address = urlsplit(stack.urls["machine"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, body, {KEY_HEADER: state.secret("machine")})
        answer = connection.getresponse()
        told: Any = json.loads(answer.read() or b"{}")
        return answer.status, told if isinstance(told, dict) else {}
    finally:
        connection.close()
