"""Who is asking, and what is theirs alone: password, personal tokens, preferences."""

from fastapi import APIRouter, Request, Response

from api.auth import COOKIE, WithActor, WithCaller
from api.client_address import client_host
from api.context import WithContext
from api.me import describe
from api.paging import WithCursor
from api.preconditions import IfMatch, check, version_etag
from api.problems import declare
from api.routes.parameters import PathId
from domain.accounts import tokens
from domain.accounts.queries import PreferenceRow, TokenRow
from domain.signin import passwords
from domain.signin import service as signin
from domain.signin.errors import SignInFailed
from schema.bodies.accounts import (
    CreatedTokenBody,
    MeBody,
    NewTokenBody,
    PasswordChangeBody,
    PreferencesBody,
    TokenBody,
)
from schema.bodies.base import Page
from schema.enums import TokenScope

router = APIRouter(prefix="/me", tags=["account"])


@router.get("", summary="Show the member whose token or session this is")
def get_me(caller: WithCaller, context: WithContext) -> MeBody:
    return describe(context, caller)


@router.put(
    "/password",
    status_code=204,
    summary="Change your password",
    responses=declare("sign_in_failed", "too_many_attempts", "forbidden", "password_refused"),
)
def change_password(body: PasswordChangeBody, request: Request, caller: WithCaller, context: WithContext) -> None:
    signin.check_may_change_password(caller)
    host = client_host(request, context.settings.trusted_proxies)
    with context.database.begin(None) as session:
        attempt = signin.begin_attempt(session, email=caller.email, host=host)
    if not passwords.is_password(body.old, attempt.password_hash):
        raise SignInFailed("the old password is wrong")
    passwords.check_new_password(body.new, email=caller.email)
    hashed = passwords.hash_password(body.new)
    with context.database.begin(caller.actor.scope) as session:
        signin.end_attempt(session, attempt)
        signin.change_password(session, caller, secret=request.cookies[COOKIE], password_hash=hashed)


@router.get("/tokens", summary="List your API tokens")
def list_tokens(actor: WithActor, context: WithContext, cursor: WithCursor) -> Page[TokenBody]:
    with context.database.begin(actor.scope) as session:
        rows = tokens.list_tokens(session, actor, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _token_body, id_of=lambda row: row.id)


@router.post(
    "/tokens",
    status_code=201,
    summary="Create an API token; its secret is shown this once",
    responses=declare("scope_missing"),
)
def create_token(body: NewTokenBody, caller: WithCaller, context: WithContext) -> CreatedTokenBody:
    with context.database.begin(caller.actor.scope) as session:
        created = tokens.create_token(
            session, caller, name=body.name, scopes=body.scopes, expires_in_days=body.expires_in_days
        )
    return CreatedTokenBody(**_token_body(created.row).model_dump(), token=created.secret)


@router.delete("/tokens/{token_id}", status_code=204, summary="Withdraw an API token", responses=declare("not_found"))
def revoke_token(token_id: PathId, actor: WithActor, context: WithContext) -> None:
    with context.database.begin(actor.scope) as session:
        tokens.revoke_token(session, actor, token_id)


@router.get("/preferences", summary="Show what you set in the pages")
def get_preferences(actor: WithActor, context: WithContext, response: Response) -> PreferencesBody:
    with context.database.begin(actor.scope) as session:
        row = tokens.get_preferences(session, actor)
    return _preferences_body(row, response)


@router.put("/preferences", summary="Replace what you set in the pages", responses=declare("precondition_failed"))
def put_preferences(
    body: PreferencesBody, actor: WithActor, context: WithContext, response: Response, if_match: IfMatch = None
) -> PreferencesBody:
    with context.database.begin(actor.scope) as session:
        check(if_match, version_etag(tokens.lock_preferences(session, actor).version))
        row = tokens.set_preferences(session, actor, dict(body.body))
    return _preferences_body(row, response)


def _token_body(row: TokenRow) -> TokenBody:
    return TokenBody(
        id=row.id,
        name=row.name,
        scopes=tuple(TokenScope(scope) for scope in row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


def _preferences_body(row: PreferenceRow, response: Response) -> PreferencesBody:
    response.headers["ETag"] = version_etag(row.version)
    return PreferencesBody(body=row.body)
