"""Whether a delivery comes from Plumbline (Standard Webhooks)."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping

from plumbline_client.errors import SignatureWrong
from schema.bodies.webhooks import EventBody

PREFIX = "whsec_"
TOLERANCE_S = 300


def verify_signature(
    secret: str, headers: Mapping[str, str], body: bytes, *, tolerance_s: int = TOLERANCE_S, now_s: float | None = None
) -> EventBody:
    """Return the event of a delivery; raises SignatureWrong unless it was signed with `secret`, just now.

    `body` is what came, byte for byte. An event may come twice and in any order: keep its id, go by its sequence.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp = given["webhook-id"], int(given["webhook-timestamp"])
        signatures = given["webhook-signature"].split()
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (KeyError, ValueError, binascii.Error) as error:
        raise SignatureWrong(f"a header or the secret is missing or broken: {error}") from error
    if abs((time.time() if now_s is None else now_s) - timestamp) > tolerance_s:
        raise SignatureWrong("the delivery was signed too long ago, or the clocks differ")
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    if not any(hmac.compare_digest(expected, one.encode()) for one in signatures):
        raise SignatureWrong("the signature does not fit this body and secret")
    return EventBody.model_validate_json(body, extra="ignore")  # fields of a newer Plumbline are passed over
