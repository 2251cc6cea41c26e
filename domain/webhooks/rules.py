"""How deliveries are signed (Standard Webhooks), how long a failed one waits, and where none may go. Pure."""

import base64
import hashlib
import hmac
import secrets
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from random import Random
from typing import Final
from urllib.parse import urlsplit

from domain.webhooks.errors import WebhookRefused

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what secrets begin with
SECRET_BYTES: Final = 24
ALL_KINDS: Final = "*"
MOST_ATTEMPTS: Final = 9
FIRST_PAUSE_S: Final = 10.0
PAUSE_FACTOR: Final = 6.0
LONGEST_PAUSE_S: Final = 21_600.0
LEAST_SHARE: Final = 0.1
# So many deliveries in a row that failed for good stop a subscription.
MOST_FAILURES: Final = 5
# Addresses that carry an IPv4 address inside: 6to4, Teredo, NAT64.
_CARRIERS: Final = tuple(map(ip_network, ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48")))


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(secret: str, *, message_id: str, timestamp_s: int, body: bytes) -> str:
    """Return the header `webhook-signature`: HMAC-SHA256 of `id.timestamp.body` with the decoded secret."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def longest_pause_s(attempts: int) -> float:
    """Return the most seconds to wait after so many attempts: 10 s, 1 min, 6 min, … 6 h."""
    return float(min(FIRST_PAUSE_S * PAUSE_FACTOR ** (attempts - 1), LONGEST_PAUSE_S))


def pause_s(attempts: int, rng: Random) -> float:
    """Draw the wait until the next attempt, from a tenth of the longest up to it: who comes back is not overrun."""
    return rng.uniform(LEAST_SHARE, 1.0) * longest_pause_s(attempts)


def check_url(url: str, *, allow_private: bool) -> None:
    """Raise WebhookRefused for an address that no delivery may go to, as far as its text tells."""
    try:
        parts = urlsplit(url)
        port_is_wrong = parts.port == 0
    except ValueError as error:
        raise WebhookRefused(f"url: {error}", field="url") from error
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise WebhookRefused("url: it must begin with https://", field="url")
    if not parts.hostname or parts.username or parts.password or port_is_wrong:
        raise WebhookRefused("url: it needs a host, and must hold no user name or password", field="url")
    if not allow_private and (_is_local_name(parts.hostname) or _is_private_number(parts.hostname)):
        raise WebhookRefused("url: deliveries go to public addresses only", field="url")


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the open internet, whatever it is wrapped in."""
    number: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(number, IPv6Address):
        if number.ipv4_mapped is not None:
            return is_public(str(number.ipv4_mapped))
        if any(number in carrier for carrier in _CARRIERS):
            return False
    return number.is_global and not number.is_multicast


def _is_local_name(host: str) -> bool:
    return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _is_private_number(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:
        return False  # a name: where it leads is looked at when a delivery connects
