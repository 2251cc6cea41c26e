"""Sends one message to an address of a stranger's choosing: no redirects, no proxies, no private addresses, and
an end to every wait. Knows nothing of what it sends."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from domain.webhooks.rules import is_public, sign

READ_LIMIT_BYTES = 4096
SHOWN_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Posted:
    """What a receiver answered: its status, or why there is none; `error` also tells the beginning of a refusal."""

    status: int | None
    error: str | None
    took_ms: int


class AddressRefused(Exception):
    """The host leads to an address that nothing may be sent to."""


def post_signed(
    url: str, body: bytes, *, message_id: str, secret: str, timeout_s: float, allow_private: bool
) -> Posted:
    """Send JSON with the headers of Standard Webhooks; an id stays the same over all attempts of one message."""
    now_s = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Plumbline",
        "webhook-id": message_id,
        "webhook-timestamp": str(now_s),
        "webhook-signature": sign(secret, message_id=message_id, timestamp_s=now_s, body=body),
    }
    return post(url, body, headers, timeout_s=timeout_s, allow_private=allow_private)


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float, allow_private: bool) -> Posted:
    """Send `body` and return what came of it; never raises for what a receiver or a network does."""
    started = time.monotonic()
    try:
        status, text = _post(url, body, headers, timeout_s=timeout_s, allow_private=allow_private)
    except AddressRefused as refused:
        return Posted(None, str(refused), _ms_since(started))
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        late = time.monotonic() - started >= timeout_s
        reason = f"no answer within {timeout_s:g} s" if late else _say(error)
        return Posted(None, reason, _ms_since(started))
    refusal = None if 200 <= status < 300 else _explain(status, text)
    return Posted(status, refusal, _ms_since(started))


def _post(
    url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float, allow_private: bool
) -> tuple[int, str]:
    parts = urlsplit(url)
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    # The address that was looked at is the one that is connected to: a name that changes in between gains nothing.
    address = _resolve(host, port, allow_private=allow_private)
    plain = socket.create_connection((address, port), timeout=timeout_s)
    watch = threading.Timer(timeout_s, _break_off, [plain])  # a receiver that drips bytes never meets the socket's own
    watch.daemon = True
    watch.start()
    try:
        stream = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if is_tls else plain
        connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
        connection.sock = stream
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {"Host": parts.netloc, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read(READ_LIMIT_BYTES).decode("utf-8", "replace")
    finally:
        watch.cancel()
        plain.close()


def _resolve(host: str, port: int, *, allow_private: bool) -> str:
    """Return an address of the host; raises AddressRefused when any of them is not of the open internet."""
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not allow_private and not all(map(is_public, found)):
        raise AddressRefused(f"{host} leads to a private address; deliveries go to public ones only")
    return found[0]


def _break_off(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself


def _explain(status: int, text: str) -> str:
    if 300 <= status < 400:
        return f"it answered {status}; redirects are not followed"
    shown = text.replace("\x00", "").strip()[:SHOWN_CHARACTERS]
    return shown or f"it answered {status}"


def _say(error: Exception) -> str:
    return (str(error) or type(error).__name__).replace("\x00", "")[:SHOWN_CHARACTERS]


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
