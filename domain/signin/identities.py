"""Use cases of people who sign in at an OpenID provider. They are members already: nobody is made one by signing in."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.accounts import queries as accounts
from domain.accounts.queries import Membership
from domain.accounts.service import hash_token
from domain.audit.service import record
from domain.errors import DomainError
from domain.signin import queries
from domain.signin.service import actor_of, open_session


class NoMember(DomainError):
    """The provider knows this person and no organisation here does."""

    code = "no_member"


class IdentityUnverified(DomainError):
    """The provider has not made sure that the address belongs to this person."""

    code = "identity_unverified"


@dataclass(frozen=True, slots=True)
class Found:
    """Whom an account at a provider belongs to, and where they go on."""

    person_id: int
    membership: Membership
    linked: bool


def find_identity(session: Session, *, issuer: str, subject: str, email: str | None, email_verified: bool) -> Found:
    """Return the person of a provider's account: linked before, or by an address that the provider has verified."""
    known = queries.find_identity_owner(session, issuer=issuer, subject=subject)
    if known is None and (email is None or not email_verified):
        raise IdentityUnverified("the provider has not verified an address of yours")
    account = accounts.find_account(session, known or email or "")
    # Who was invited and comes with a verified address has shown that the invitation reached the right person.
    memberships = sorted(account.memberships, key=lambda m: not m.joined) if account else []
    if account is None or not memberships:
        raise NoMember("no organisation here knows this address; ask a manager to invite you")
    return Found(account.person_id, memberships[0], linked=known is not None)


def enter(session: Session, found: Found, *, issuer: str, subject: str) -> str:
    """Link the account at first, join where an invitation waits; returns the secret of a session.

    From then on the provider alone says who this is: the password and the sessions of before end.
    """
    membership = found.membership
    if not found.linked:
        _link(session, found, issuer=issuer, subject=subject)
    if not membership.joined:
        accounts.join(session, member_id=membership.member_id)
        record(session, actor_of(membership), "invitation_accepted", f"member:{membership.member_id}")
    secret = open_session(session, membership, how="oidc")
    if not found.linked:
        queries.set_password(session, secret=hash_token(secret), password_hash=None, end_others=True)
    return secret


def _link(session: Session, found: Found, *, issuer: str, subject: str) -> None:
    """Write down whose account it is; an address that moved to another account at the provider opens nothing."""
    queries.insert_identity(session, issuer=issuer, subject=subject, person_id=found.person_id)
    if queries.list_subjects(session, issuer=issuer, person_id=found.person_id) != [subject]:
        raise NoMember("this address belongs to another account at the provider; ask the operator")
    membership = found.membership
    record(session, actor_of(membership), "identity_linked", f"member:{membership.member_id}", issuer=issuer)
