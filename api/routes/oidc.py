"""Signing in at an OpenID provider: the browser goes there, and comes back with a code."""

from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from api.context import Context, WithContext
from api.problems import declare
from api.sessions import set_cookie
from api.sign_in_state import SignInState, find_state, forget_state, keep_state, new_state
from domain.errors import NotFound
from domain.signin import identities
from domain.signin.identities import IdentityUnverified, NoMember
from domain.signin.service import scope_of
from runtime.openid import OpenIdProvider, ProviderFailed, ProviderRefused, challenge_of

router = APIRouter(
    prefix="/auth/oidc",
    tags=["sign-in"],
    responses=declare("not_found", "invalid_request", "unavailable", "internal_error"),
)

_Said = Annotated[str | None, Query(max_length=4000)]


@router.get(
    "/start",
    status_code=302,
    summary="Go to the OpenID provider to sign in",
    response_class=RedirectResponse,
)
def start_oidc(
    request: Request,
    context: WithContext,
    next: Annotated[str, Query(max_length=2000, description="a path of these pages", examples=["/projects"])] = "/",
) -> RedirectResponse:
    provider = _provider(context)
    state = new_state(next)
    try:
        url = provider.start_url(
            redirect_uri=_redirect_uri(request, context),
            state=state.state,
            nonce=state.nonce,
            challenge=challenge_of(state.verifier),
        )
    except ProviderFailed as error:
        return _give_up("unavailable", error)
    answer = RedirectResponse(url, 302)
    keep_state(request, answer, state, _secret(context))
    return answer


@router.get(
    "/callback",
    status_code=302,
    summary="Come back from the OpenID provider",
    response_class=RedirectResponse,
)
def finish_oidc(
    request: Request, context: WithContext, code: _Said = None, state: _Said = None, error: _Said = None
) -> RedirectResponse:
    provider = _provider(context)
    kept = find_state(request, state, _secret(context))
    if kept is None:
        answer = _give_up("oidc_failed", "no sign-in of this browser fits")
    elif code is None:
        answer = _give_up("oidc_failed", error or "neither code nor error came back")
    else:
        answer = _enter(request, context, provider, kept, code)
    forget_state(request, answer)
    return answer


def _enter(
    request: Request, context: Context, provider: OpenIdProvider, kept: SignInState, code: str
) -> RedirectResponse:
    uri = _redirect_uri(request, context)
    try:
        identity = provider.redeem(code=code, verifier=kept.verifier, redirect_uri=uri, nonce=kept.nonce)
        with context.database.begin(None) as session:
            found = identities.find_identity(
                session,
                issuer=identity.issuer,
                subject=identity.subject,
                email=identity.email,
                email_verified=identity.email_verified,
            )
        with context.database.begin(scope_of(found.membership)) as session:
            secret = identities.enter(session, found, issuer=identity.issuer, subject=identity.subject)
    except ProviderFailed as error:
        return _give_up("unavailable", error)
    except ProviderRefused as error:
        return _give_up("oidc_failed", error)
    except (NoMember, IdentityUnverified) as error:
        return _give_up(error.code, error)
    answer = RedirectResponse(kept.next, 302)
    set_cookie(request, answer, secret)
    return answer


def _provider(context: Context) -> OpenIdProvider:
    if context.provider is None:
        raise NotFound("this installation has no OpenID provider; sign in with a password")
    return context.provider


def _redirect_uri(request: Request, context: Context) -> str:
    base = context.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/v1/auth/oidc/callback"


def _secret(context: Context) -> bytes:
    return context.settings.secret.get_secret_value().encode()


def _give_up(code: str, why: object) -> RedirectResponse:
    structlog.get_logger().warning("oidc_refused", code=code, why=str(why)[:300])
    return RedirectResponse(f"/sign-in?error={quote(code)}", 302)
