"""What a browser carries while its person is away at the provider: signed, short-lived, and good for one return."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass

from fastapi import Request, Response

from api.sessions import is_loopback

COOKIE = "plumbline_oidc"
PATH = "/v1/auth/oidc"
LIFETIME_S = 600


@dataclass(frozen=True, slots=True)
class SignInState:
    """What came with the person must be met again when they come back."""

    state: str
    nonce: str
    verifier: str
    next: str
    until: int


def new_state(next_path: str) -> SignInState:
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return SignInState(state, nonce, verifier, safe_path(next_path), int(time.time()) + LIFETIME_S)


def safe_path(path: str) -> str:
    """Return a path of our own pages; anything that a browser could take for another host becomes the first page."""
    own = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if own else "/"


def keep_state(request: Request, response: Response, state: SignInState, secret: bytes) -> None:
    payload = base64.urlsafe_b64encode(json.dumps(asdict(state)).encode()).decode()
    response.set_cookie(
        COOKIE,
        f"{payload}.{_sign(payload, secret)}",
        max_age=LIFETIME_S,
        path=PATH,
        secure=not is_loopback(request),
        httponly=True,
        samesite="lax",
    )


def find_state(request: Request, given: str | None, secret: bytes) -> SignInState | None:
    """Return the sign-in that this browser started and that comes back with `given`; None for any other."""
    payload, _, signature = request.cookies.get(COOKIE, "").partition(".")
    if not payload or given is None or not hmac.compare_digest(signature.encode(), _sign(payload, secret).encode()):
        return None
    kept = SignInState(**json.loads(base64.urlsafe_b64decode(payload)))
    fits = hmac.compare_digest(kept.state.encode(), given.encode()) and kept.until > time.time()
    return kept if fits else None


def forget_state(request: Request, response: Response) -> None:
    response.delete_cookie(COOKIE, path=PATH, secure=not is_loopback(request), httponly=True, samesite="lax")


def _sign(payload: str, secret: bytes) -> str:
    # Named, so that no other thing signed with the same secret can stand here.
    return hmac.new(secret, f"oidc-state.{payload}".encode(), hashlib.sha256).hexdigest()
