"""A browser's session as its cookie."""

from fastapi import Request, Response

from api.auth import COOKIE
from api.context import Context
from api.me import describe
from domain.accounts.service import SESSION_LONGEST, get_caller
from schema.bodies.accounts import MeBody

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})


def is_loopback(request: Request) -> bool:
    """Say whether the browser speaks to its own machine, where there is no TLS."""
    name = request.url.hostname or ""
    return name in _LOOPBACK_NAMES or name.endswith(".localhost") or name.startswith("127.")


def welcome(context: Context, request: Request, response: Response, secret: str) -> MeBody:
    """Give the browser its session and return who it is now."""
    with context.database.begin(None) as session:
        caller = get_caller(session, secret)
    request.state.member_id = caller.actor.member_id
    set_cookie(request, response, secret)
    return describe(context, caller)


def set_cookie(request: Request, response: Response, secret: str) -> None:
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(SESSION_LONGEST.total_seconds()),
        path="/",
        secure=not is_loopback(request),
        httponly=True,
        samesite="lax",
    )


def clear_cookie(request: Request, response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", secure=not is_loopback(request), httponly=True, samesite="lax")
