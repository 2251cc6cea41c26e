"""Chooses free ports of 127.0.0.1 and remembers them, so that a restarted stack keeps its addresses. Binds none."""

import socket
from collections.abc import Mapping

from cli.launcher.state import LauncherError


def is_free(port: int) -> bool:
    """Whether a server could bind the port now (connections that are closing do not count)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def find_free_port() -> int:
    """Return a port that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PortBook:
    """The ports of one stack by name."""

    def __init__(self, previous: Mapping[str, int]) -> None:
        self._previous = dict(previous)
        self.chosen: dict[str, int] = {}

    def choose(self, name: str, *, preferred: int | None = None, insist: bool = False) -> int:
        """Return the port of that name: the previous one, else the preferred one, else any; always a free one.

        With `insist` only the preferred one will do; raises LauncherError when it is taken.
        """
        if insist and preferred:
            if not is_free(preferred):
                raise LauncherError(f"port {preferred}, which {name} shall have, is taken")
            return self._keep(name, preferred)
        taken = set(self.chosen.values())
        for port in (self._previous.get(name), preferred):
            if port and port not in taken and is_free(port):
                return self._keep(name, port)
        port = find_free_port()
        while port in taken:
            port = find_free_port()
        return self._keep(name, port)

    def known(self) -> dict[str, int]:
        """Return the ports chosen now, and of the names not asked for yet the previous ones."""
        return {**self._previous, **self.chosen}

    def _keep(self, name: str, port: int) -> int:
        self.chosen[name] = port
        return port
