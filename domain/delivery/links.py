"""Signed links: who may fetch which object until when, held by an HMAC. Pure; reads no bucket.

A link is a capability, as S3's own presigned URLs are: whoever holds it before it expires may fetch that one object.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final

from domain.errors import DomainError

LINK_PERIOD_S: Final = 3600
_MAC_BYTES: Final = 16


class LinkRefused(DomainError):
    """The link is not ours, or its time is over."""

    code: ClassVar[str] = "link_refused"


class RangeOutside(DomainError):
    """The bytes that were asked for lie beyond the object's end."""

    code: ClassVar[str] = "range_outside"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link says: this member may fetch this key until then (Unix seconds)."""

    member_id: int
    key: str
    expires_at: int


def grant(member_id: int, key: str, *, now: datetime) -> Grant:
    """Return a grant for one to two periods; it ends on a full one, so that a picture keeps its address for a while."""
    period = int(now.timestamp()) // LINK_PERIOD_S
    return Grant(member_id, key, (period + 2) * LINK_PERIOD_S)


def sign(granted: Grant, secret: bytes) -> str:
    """Return the token of a link: URL-safe base64 of a truncated HMAC-SHA256 (RFC 2104) and what it covers."""
    payload = f"{granted.member_id}.{granted.expires_at}.{granted.key}".encode()
    return base64.urlsafe_b64encode(_mac(payload, secret) + payload).rstrip(b"=").decode()


def open_link(token: str, secret: bytes, *, now: datetime) -> Grant:
    """Return what a token grants; raises LinkRefused for a forged, broken or expired one."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise LinkRefused("this link is broken; load the page again") from error
    mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(payload, secret)):
        raise LinkRefused("this link is not ours; load the page again")
    member, expires_at, key = payload.decode().split(".", 2)
    granted = Grant(int(member), key, int(expires_at))
    if now >= datetime.fromtimestamp(granted.expires_at, UTC):
        raise LinkRefused("this link has expired; load the page again")
    return granted


def _mac(payload: bytes, secret: bytes) -> bytes:
    return hmac.new(secret, b"plumbline-object\0" + payload, hashlib.sha256).digest()[:_MAC_BYTES]
