"""Who is asking: the bearer of a personal API token, or a browser with its session. What they may do with an object is
for the use cases to say; here stands only what the secret allows, whatever the object."""

import re
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from api.context import WithContext
from domain.accounts.service import TOKEN_PREFIX, Caller, get_caller, note_use
from domain.errors import DomainError, MemberPaused, ScopeMissing, Unauthenticated
from domain.scope import Actor
from schema.enums import TokenKind, TokenScope

COOKIE = "plumbline_session"
HEADER = "X-Plumbline"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Tags of the operations that are work itself, or talk about it; every other change is managing.
WORK_TAGS = frozenset({"work", "review", "comments"})
# What a paused member still reaches: who they are, and what they are told.
_OPEN_TO_PAUSED = re.compile(r"/v1/me(/notifications(/.*)?)?")

_BEARER = HTTPBearer(auto_error=False, description=f"A personal API token, `{TOKEN_PREFIX}…`")
_SESSION = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    description=f"The session of a browser, from `/v1/auth/sign-in`; changes need the header `{HEADER}: 1`",
)

WithBearer = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
WithSession = Annotated[str | None, Security(_SESSION)]


class HeaderRequired(DomainError):
    """A change came with a cookie and without the header that no other site can have sent."""

    code = "header_required"


def authenticate(request: Request, context: WithContext, bearer: WithBearer, session: WithSession) -> Actor:
    """Return the member whose token or session was sent, if it allows this operation; a token wins over a session."""
    if bearer is not None:
        caller = identify(context, bearer.credentials, TokenKind.PERSONAL)
    elif session is not None:
        require_header(request)
        caller = identify(context, session, TokenKind.SESSION)
    else:
        raise Unauthenticated("sign in, or send your API token in the header 'Authorization: Bearer plb_…'")
    request.state.member_id = caller.actor.member_id
    request.state.caller = caller
    _check_scope(request, caller)
    if caller.pause is not None and not _OPEN_TO_PAUSED.fullmatch(request.url.path):
        raise MemberPaused(f"your work is paused: {caller.pause}", reason=caller.pause)
    return caller.actor


def identify(context: WithContext, secret: str, kind: TokenKind) -> Caller:
    """Return who a secret of this kind belongs to, and keep it alive; raises Unauthenticated."""
    with context.database.begin(None) as session:
        caller = get_caller(session, secret)
    if caller.how is not kind:
        raise Unauthenticated("a session goes into the cookie, an API token into the header Authorization")
    if caller.touch_due:
        with context.database.begin(caller.actor.scope) as session:
            note_use(session, caller)
    return caller


def require_header(request: Request) -> None:
    """Refuse a change that another site may have had the browser send."""
    if request.method not in SAFE_METHODS and HEADER not in request.headers:
        raise HeaderRequired(f"send the header {HEADER}: 1 with every change that a session makes")


def _check_scope(request: Request, caller: Caller) -> None:
    needed = needed_scope(request.method, _tags_of(request))
    if needed not in caller.scopes:
        raise ScopeMissing(f"this needs a token with the scope '{needed}'", needed=needed, scopes=sorted(caller.scopes))


def needed_scope(method: str, tags: frozenset[str]) -> TokenScope:
    """Return what a token needs for an operation."""
    if method in SAFE_METHODS:
        return TokenScope.READ
    return TokenScope.WORK if tags & WORK_TAGS else TokenScope.MANAGE


def _tags_of(request: Request) -> frozenset[str]:
    route = request.scope.get("route")
    return frozenset(str(tag) for tag in route.tags) if isinstance(route, APIRoute) else frozenset()


async def get_authenticated(request: Request, _: Annotated[Actor, Depends(authenticate)]) -> Caller:
    """Return everything `authenticate` found out; asynchronous only so that it costs no thread."""
    caller: Caller = request.state.caller
    return caller


WithActor = Annotated[Actor, Depends(authenticate)]
WithCaller = Annotated[Caller, Depends(get_authenticated)]
