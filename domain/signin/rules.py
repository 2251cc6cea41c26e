"""How many failures are borne, and whom they count against. Pure."""

import hashlib
import ipaddress
from dataclasses import dataclass

WINDOW_S = 900
FIRST_LOCK_S = 60
LONGEST_LOCK_S = 900
FAILURES_HERE = 5
# NIST SP 800-63B, 5.2.2: at most a hundred failures in a row of one account.
FAILURES_ANYWHERE = 100


@dataclass(frozen=True, slots=True)
class Limit:
    """A failure from the `failures`-th on locks: a minute first, twice as long with each further one."""

    key: bytes
    failures: int


def limit_of_address_here(email: str, host: str) -> Limit:
    """Return the limit that a guesser meets; who signs in from elsewhere does not, and cannot be locked out by it."""
    return Limit(_key("address-here", f"{email.strip().lower()}\0{network_of(host)}"), FAILURES_HERE)


def limit_of_address(email: str) -> Limit:
    """Return the limit of guesses from many networks together."""
    return Limit(_key("address", email.strip().lower()), FAILURES_ANYWHERE)


def limit_of_network(host: str) -> Limit:
    """Return the limit of the place a request came from: many people may sit behind one address."""
    return Limit(_key("network", network_of(host)), 50)


def network_of(host: str) -> str:
    """Return an IPv4 address itself and the /64 of an IPv6 address, which is what one subscriber has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _key(kind: str, value: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{value}".encode()).digest()
