"""People signing in at an OpenID provider: authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636).

Knows the provider, not our people: it ends with who the provider says somebody is.
"""

import base64
import hashlib
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from runtime.settings import Settings

# Signatures with a key of the provider's own; never a shared secret, never none.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_DISCOVERY_TTL_S = 3600.0
_LEEWAY_S = 60
_TIMEOUT_S = 10.0
_SCOPE = "openid email profile"


class ProviderFailed(Exception):
    """The provider does not answer, or not as it should."""


class ProviderRefused(Exception):
    """The provider, or what it signed, says no."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says somebody is."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool


@dataclass(frozen=True, slots=True)
class _Described:
    """What discovery told, and when."""

    authorization_url: str
    token_url: str
    keys_url: str
    keys: KeySet
    at: float


def build_provider(settings: Settings) -> "OpenIdProvider | None":
    """Return the provider that the settings name; None where people sign in with passwords only."""
    if settings.oidc_issuer is None:
        return None
    return OpenIdProvider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
    )


def challenge_of(verifier: str) -> str:
    """Return what PKCE sends first: the SHA-256 of what it sends last."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class OpenIdProvider:
    """One provider; what it publishes is read at first use and again after an hour, or when its keys changed."""

    def __init__(self, *, issuer: str, client_id: str, client_secret: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._http = httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=False)
        self._lock = threading.Lock()
        self._described: _Described | None = None

    def close(self) -> None:
        self._http.close()

    def start_url(self, *, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """Return where to send the browser; raises ProviderFailed."""
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": _SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        url = self._describe().authorization_url
        return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"

    def redeem(self, *, code: str, verifier: str, redirect_uri: str, nonce: str) -> Identity:
        """Exchange a code for who came; raises ProviderFailed and ProviderRefused."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "code_verifier": verifier,
        }
        answer = self._ask("POST", self._describe().token_url, data=form, refusals={400, 401, 403})
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderRefused(f"no identity came: {answer.get('error', 'the answer has no id_token')}")
        return self._read(token, nonce)

    def _read(self, token: str, nonce: str) -> Identity:
        """Return what a signed token says, if it is from this provider, for us, for this sign-in, and of now."""
        claims = self._decode(token)
        if claims.get("azp", self._client_id) != self._client_id:
            raise ProviderRefused("the identity was made for another application")
        wanted = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            wanted.validate(claims)
        except JoseError as error:
            raise ProviderRefused(f"the identity does not count: {error}") from error
        email = claims.get("email")
        return Identity(
            issuer=self._issuer,
            subject=str(claims["sub"]),
            email=email if isinstance(email, str) else None,
            email_verified=claims.get("email_verified") is True,
        )

    def _decode(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(token, self._describe().keys, algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError):
            pass  # its keys may have changed since we read them
        try:
            return jwt.decode(token, self._describe(again=True).keys, algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError) as error:
            raise ProviderRefused(f"the identity is not signed by the provider: {error}") from error

    def _describe(self, *, again: bool = False) -> _Described:
        with self._lock:
            known = self._described
            if known is None or again or time.monotonic() - known.at > _DISCOVERY_TTL_S:
                known = self._described = self._discover()
            return known

    def _discover(self) -> _Described:
        found = self._ask("GET", f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self._issuer:
            raise ProviderFailed(f"the provider calls itself {found.get('issuer')!r}, not {self._issuer!r}")
        try:
            urls = [str(found[name]) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
            keys = KeySet.import_key_set(self._ask("GET", urls[2]))  # type: ignore[arg-type]  # checked by it
        except (KeyError, JoseError, ValueError, TypeError) as error:
            raise ProviderFailed(f"the provider does not describe itself: {error!r}") from error
        return _Described(urls[0], urls[1], urls[2], keys, time.monotonic())

    def _ask(self, method: str, url: str, *, refusals: Collection[int] = (), **options: Any) -> dict[str, Any]:
        """Return the JSON object of an answer; `refusals` are statuses whose body says why not."""
        try:
            answer = self._http.request(method, url, headers={"Accept": "application/json"}, **options)
            if answer.status_code not in refusals:
                answer.raise_for_status()
            body = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderFailed(f"{url} does not answer as it should: {error!r}") from error
        if not isinstance(body, dict):
            raise ProviderFailed(f"{url} answered something else than an object")
        return body
