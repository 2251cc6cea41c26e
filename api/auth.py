"""Who is asking: the bearer of a personal API token. What they may do is for the use cases to say."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.context import WithContext
from domain.accounts.service import TOKEN_PREFIX, get_actor
from domain.errors import Unauthenticated
from domain.scope import Actor

_BEARER = HTTPBearer(auto_error=False, description=f"A personal API token, `{TOKEN_PREFIX}…`")


def authenticate(
    request: Request,
    context: WithContext,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> Actor:
    """Return the member whose token was sent; raises Unauthenticated."""
    if credentials is None:
        raise Unauthenticated("send your API token in the header 'Authorization: Bearer plb_…'")
    with context.database.begin(None) as session:
        actor = get_actor(session, credentials.credentials)
    request.state.member_id = actor.member_id
    return actor


WithActor = Annotated[Actor, Depends(authenticate)]
