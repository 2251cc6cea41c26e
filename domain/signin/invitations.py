"""Use cases of invitations: a link that a manager hands over, good for joining once."""

from sqlalchemy.orm import Session

from domain.accounts import queries as accounts
from domain.accounts.queries import Membership
from domain.accounts.service import Caller, find_caller, hash_token
from domain.audit.service import record
from domain.errors import Conflict, Forbidden
from domain.signin import queries
from domain.signin.errors import LinkExpired, PasswordRefused
from domain.signin.passwords import check_new_password
from domain.signin.service import open_session
from schema.enums import TokenKind


def get_invitation(session: Session, secret: str) -> Caller:
    """Return whom an invitation is for; raises LinkExpired."""
    invited = find_caller(session, secret)
    if invited is None or invited.how is not TokenKind.INVITATION:
        raise LinkExpired("this link was used, is too old or was withdrawn; ask for a new one")
    return invited


def check_acceptance(invited: Caller, *, password: str | None, signed_in: Caller | None) -> None:
    """Raise what stands against accepting. Who has joined elsewhere proves who they are by being signed in."""
    if not invited.may_set_password:
        if signed_in is None or signed_in.person_id != invited.person_id:
            raise Forbidden(f"sign in as {invited.email} first, then open this link again", email=invited.email)
        return
    if password is None:
        raise PasswordRefused("choose a password to sign in with")
    check_new_password(password, email=invited.email)


def accept_invitation(session: Session, invited: Caller, *, secret: str, password_hash: str | None) -> str:
    """Join, set the password where the link may, use the link up; returns the secret of a session."""
    actor = invited.actor
    if password_hash is not None and not queries.set_password(
        session, secret=hash_token(secret), password_hash=password_hash, end_others=True
    ):
        raise Conflict("you joined another organisation meanwhile; sign in, then open this link again")
    if not accounts.end_token(session, token_id=invited.token_id):
        raise LinkExpired("this link was used a moment ago")
    accounts.join(session, member_id=actor.member_id)
    record(session, actor, "invitation_accepted", f"member:{actor.member_id}")
    membership = Membership(
        actor.member_id, actor.organisation_id, invited.organisation, actor.kind, actor.role.value, joined=True
    )
    return open_session(session, membership, how="invitation")
