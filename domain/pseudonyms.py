"""What a person is called where another organisation reads: the same within a project, unlinkable between two."""

import hashlib
import hmac

# Without 0, 1, I and O, which people mix up.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LENGTH = 6


def pseudonym(secret: bytes, *, project_id: int, member_id: int) -> str:
    """Return a name that needs the secret to be traced to its member.

    Thirty bits: among a thousand people of one project two share a name with a chance of 1 in 2000.

    >>> pseudonym(b"secret", project_id=7, member_id=12)
    'W-B5RAYA'
    """
    digest = hmac.digest(secret, f"pseudonym:{project_id}:{member_id}".encode(), hashlib.sha256)
    return "W-" + "".join(_LETTERS[byte % 32] for byte in digest[:_LENGTH])
