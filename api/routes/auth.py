"""The door of the pages: sign in, sign out, switch to another organisation of the same person."""

from fastapi import APIRouter, Request, Response
from starlette.background import BackgroundTask

from api.auth import WithSession, identify, require_header
from api.client_address import client_host
from api.context import Context, WithContext
from api.problems import declare, render
from api.sessions import clear_cookie, welcome
from domain.accounts import service as accounts
from domain.errors import NotFound, Unauthenticated
from domain.signin import invitations, passwords, service
from domain.signin.errors import SignInFailed
from domain.signin.service import Attempt
from schema.bodies.accounts import MeBody
from schema.bodies.auth import (
    AcceptanceBody,
    InvitationBody,
    LinkBody,
    ProviderBody,
    SignInBody,
    SignInOptionsBody,
    SwitchBody,
)
from schema.enums import TokenKind

router = APIRouter(
    prefix="/auth", tags=["sign-in"], responses=declare("invalid_request", "unavailable", "internal_error")
)


@router.get("/options", summary="Show the ways to sign in")
async def show_sign_in_options(context: WithContext) -> SignInOptionsBody:
    settings = context.settings
    provider = ProviderBody(name=settings.oidc_name) if settings.oidc_issuer else None
    return SignInOptionsBody(password=settings.password_sign_in, oidc=provider)


@router.post(
    "/sign-in",
    summary="Sign in with a password",
    response_model=MeBody,
    responses=declare("sign_in_failed", "too_many_attempts"),
)
def sign_in(body: SignInBody, request: Request, response: Response, context: WithContext) -> MeBody | Response:
    host = client_host(request, context.settings.trusted_proxies)
    with context.database.begin(None) as session:
        attempt = service.begin_attempt(session, email=body.email.strip(), host=host)
    membership = service.find_membership(attempt, body.organisation_id)
    fits = passwords.is_password(body.password, attempt.password_hash)
    if not fits or membership is None or not _may_use_password(context, attempt):
        return _refuse(request, context, attempt)
    stored = attempt.password_hash or ""
    renewed = passwords.hash_password(body.password) if passwords.needs_rehash(stored) else None
    with context.database.begin(service.scope_of(membership)) as session:
        service.end_attempt(session, attempt)
        secret = service.open_session(session, membership, how="password", failures_before=attempt.failures)
        if renewed is not None:
            service.renew_hash(session, secret=secret, password_hash=renewed)
    return welcome(context, request, response, secret)


@router.post("/sign-out", status_code=204, summary="End this browser's session", responses=declare("header_required"))
def sign_out(request: Request, response: Response, context: WithContext, session_secret: WithSession) -> None:
    clear_cookie(request, response)
    if session_secret is None:
        return
    require_header(request)
    with context.database.begin(None) as session:
        caller = accounts.find_caller(session, session_secret)
    if caller is not None and caller.how is TokenKind.SESSION:
        with context.database.begin(caller.actor.scope) as session:
            service.close_session(session, caller)


@router.post(
    "/switch",
    summary="Go on in another organisation of yours",
    responses=declare("unauthenticated", "header_required", "not_found"),
)
def switch_organisation(
    body: SwitchBody, request: Request, response: Response, context: WithContext, session_secret: WithSession
) -> MeBody:
    if session_secret is None:
        raise Unauthenticated("sign in first")
    require_header(request)
    caller = identify(context, session_secret, TokenKind.SESSION)
    with context.database.begin(None) as session:
        memberships = accounts.list_memberships(session, caller.email)
    wanted = next((m for m in memberships if m.organisation_id == body.organisation_id), None)
    if wanted is None:
        raise NotFound(f"you belong to no organisation {body.organisation_id}", organisation_id=body.organisation_id)
    with context.database.begin(service.scope_of(wanted)) as session:
        secret = service.open_session(session, wanted, how="switch")
    with context.database.begin(caller.actor.scope) as session:
        service.close_session(session, caller)
    return welcome(context, request, response, secret)


@router.post("/invitations/show", summary="Show what an invitation is to", responses=declare("link_expired"))
def show_invitation(body: LinkBody, context: WithContext) -> InvitationBody:
    with context.database.begin(None) as session:
        invited = invitations.get_invitation(session, body.token)
    return InvitationBody(
        email=invited.email,
        organisation=invited.organisation,
        role=invited.actor.role,
        needs_password=invited.may_set_password,
    )


@router.post(
    "/invitations/accept",
    summary="Accept an invitation, and sign in",
    responses=declare("link_expired", "password_refused", "forbidden", "header_required", "conflict"),
)
def accept_invitation(
    body: AcceptanceBody, request: Request, response: Response, context: WithContext, session_secret: WithSession
) -> MeBody:
    with context.database.begin(None) as session:
        invited = invitations.get_invitation(session, body.token)
        signed_in = accounts.find_caller(session, session_secret) if session_secret else None
    if signed_in is not None:
        require_header(request)
    invitations.check_acceptance(invited, password=body.password, signed_in=signed_in)
    wanted = body.password if invited.may_set_password else None
    hashed = passwords.hash_password(wanted) if wanted is not None else None
    with context.database.begin(invited.actor.scope) as session:
        secret = invitations.accept_invitation(session, invited, secret=body.token, password_hash=hashed)
    return welcome(context, request, response, secret)


def _may_use_password(context: Context, attempt: Attempt) -> bool:
    """Say whether passwords count for this person: not where they are off, nor for who signs in at a provider."""
    linked = attempt.account is not None and attempt.account.linked
    return context.settings.password_sign_in and not (linked and context.settings.oidc_issuer)


def _refuse(request: Request, context: Context, attempt: Attempt) -> Response:
    failure = SignInFailed("address or password is wrong")
    answer = render(failure.code, failure.message, request_id=request.state.request_id)
    # After the answer: that there is somebody to tell must not show in how long the answer took.
    answer.background = BackgroundTask(_tell_organisation, context, attempt)
    return answer


def _tell_organisation(context: Context, attempt: Attempt) -> None:
    membership = service.find_membership(attempt, None)
    if membership is not None:
        with context.database.begin(service.scope_of(membership)) as session:
            service.record_failure(session, membership)
