"""Where a request came from."""

import ipaddress
from collections.abc import Sequence

from fastapi import Request

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_host(request: Request, trusted: Sequence[Network]) -> str:
    """Return the address the request came from; what a proxy says counts only of the networks in `trusted`."""
    host = request.client.host if request.client else "unknown"
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    # Each proxy appends whom it heard: read from the end, as long as the teller can be trusted.
    for said in reversed([name.strip() for name in forwarded if name.strip()]):
        if not _is_in(host, trusted):
            break
        host = said
    return host


def _is_in(host: str, networks: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in networks)
