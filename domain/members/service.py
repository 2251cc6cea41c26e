"""Use cases of members. Only a manager of the organisation changes anything here; nobody's work is ever lost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from domain.accounts import queries as accounts
from domain.accounts.service import add_member, issue_token
from domain.audit.service import record
from domain.eligibility.service import recheck_member
from domain.errors import Conflict, Forbidden, NotFound
from domain.members import queries
from domain.members.queries import MemberRow
from domain.scope import Actor
from schema.enums import Role, Stage, TokenKind

INVITATION_LIFETIME = timedelta(days=7)
MANAGING = (Role.MANAGER, Role.ADMIN)
STAGES_OF_ROLE = {Role.ANNOTATOR: (Stage.LABEL.value,), Role.SUPERVISOR: (Stage.REVIEW.value,)}


@dataclass(frozen=True, slots=True)
class NewMember:
    """Who is invited, and in what place."""

    email: str
    role: Role
    name: str | None = None
    site: str | None = None
    team: str | None = None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Invited:
    """A member with the secret of a link that is shown this once."""

    member: MemberRow
    secret: str


def list_members(
    session: Session, actor: Actor, *, role: Role | None, state: str | None, after: int, limit: int
) -> list[MemberRow]:
    """List the actor's organisation; whoever neither manages nor supervises sees only themselves."""
    everyone = actor.role in (*MANAGING, Role.CLIENT, Role.SUPERVISOR)
    return queries.list_members(
        session,
        role=role.value if role else None,
        state=state,
        member_id=None if everyone else actor.member_id,
        after=after,
        limit=limit,
    )


def get_member(session: Session, actor: Actor, member_id: int) -> MemberRow:
    """Return a member of the actor's organisation; raises NotFound, and Forbidden for who may see only themselves."""
    member = queries.find_member(session, member_id)
    if member is None:
        raise NotFound(f"there is no member {member_id}", member_id=member_id)
    if member_id != actor.member_id:
        actor.require(Role.MANAGER, Role.CLIENT, Role.SUPERVISOR)
    return member


def invite_member(session: Session, actor: Actor, new: NewMember) -> Invited:
    """Add a person who joins by a link. Raises Conflict for who is or was a member."""
    actor.require(Role.MANAGER)
    _check_role(actor, new.role)
    member_id = add_member(
        session,
        organisation_id=actor.organisation_id,
        email=new.email.strip(),
        role=new.role,
        name=new.name,
        site=new.site,
        team=new.team,
        joined=False,
    )
    if new.languages:
        queries.update_member(
            session, member_id, role=new.role, site=new.site, team=new.team, languages=_each_once(new.languages)
        )
    member = get_member(session, actor, member_id)
    record(session, actor, "member_invited", f"member:{member_id}", after=_values(member) | {"email": member.email})
    return Invited(member, _new_link(session, member))


def lock_member(session: Session, actor: Actor, member_id: int) -> MemberRow:
    """Return a member whom nobody else changes until this transaction ends."""
    actor.require(Role.MANAGER)
    return _lock(session, member_id)


def change_member(session: Session, actor: Actor, member_id: int, changes: dict[str, Any]) -> MemberRow:
    """Change role, name, site, team or languages; where they may work is decided anew at once.

    A new role ends the rights to draw, and the leases, of the old one.
    """
    actor.require(Role.MANAGER)
    before = _lock(session, member_id)
    after = replace(before, **changes)
    after = replace(after, languages=_each_once(after.languages))
    if after.role != before.role:
        _check_role(actor, Role(after.role), was=Role(before.role))
        if after.role not in MANAGING:
            _keep_a_manager(session, before)
        queries.free_leases(session, member_id)
        queries.set_drawing_rights(session, member_id, STAGES_OF_ROLE.get(Role(after.role), ()))
        queries.hand_personal_seats_on(session, member_id)
    if after.name != before.name:
        _check_only_here(session, before, "their name is theirs to change")
        queries.update_name(session, before.person_id, after.name)
    queries.update_member(
        session, member_id, role=after.role, site=after.site, team=after.team, languages=after.languages
    )
    recheck_member(session, organisation_id=before.organisation_id, member_id=member_id)
    record(session, actor, "member_changed", f"member:{member_id}", before=_values(before), after=_values(after))
    return after


def pause_member(session: Session, actor: Actor, member_id: int, reason: str) -> MemberRow:
    """Have a member draw no more work; what they hold is free at once, drafts and rights stay."""
    actor.require(Role.MANAGER)
    before = _lock(session, member_id)
    _check_role(actor, Role(before.role))
    if before.left_at is not None:
        raise Conflict("who has left cannot be paused", member_id=member_id)
    _keep_a_manager(session, before)
    queries.set_pause(session, member_id, reason)
    freed = queries.free_leases(session, member_id)
    record(session, actor, "member_paused", f"member:{member_id}", reason=reason, leases_freed=freed)
    return _get(session, member_id)


def resume_member(session: Session, actor: Actor, member_id: int) -> MemberRow:
    actor.require(Role.MANAGER)
    before = _lock(session, member_id)
    _check_role(actor, Role(before.role))
    if before.paused_at is not None:
        queries.set_pause(session, member_id, None)
        record(session, actor, "member_resumed", f"member:{member_id}")
    return _get(session, member_id)


def deactivate_member(session: Session, actor: Actor, member_id: int, reason: str) -> MemberRow:
    """Have a member leave: sessions, tokens, leases and rights to draw end; everything they did stays."""
    actor.require(Role.MANAGER)
    before = _lock(session, member_id)
    if before.left_at is not None:
        return before
    _check_role(actor, Role(before.role))
    _keep_a_manager(session, before)
    queries.set_left(session, member_id, reason)
    ended = accounts.end_tokens(session, member_id=member_id, kinds=[kind.value for kind in TokenKind])
    freed = queries.free_leases(session, member_id)
    queries.set_drawing_rights(session, member_id, ())
    moved = queries.hand_personal_seats_on(session, member_id)
    facts: dict[str, Any] = {"reason": reason, "leases_freed": freed, "seats_handed_on": moved, "secrets_ended": ended}
    record(session, actor, "member_deactivated", f"member:{member_id}", **facts)
    return _get(session, member_id)


def reactivate_member(session: Session, actor: Actor, member_id: int) -> Invited:
    """Invite somebody who left; with the role they had, and the lanes of that role."""
    actor.require(Role.MANAGER)
    before = _lock(session, member_id)
    if before.left_at is None:
        raise Conflict("this member has not left", member_id=member_id)
    _check_role(actor, Role(before.role))
    queries.set_left(session, member_id, None)
    queries.set_drawing_rights(session, member_id, STAGES_OF_ROLE.get(Role(before.role), ()))
    recheck_member(session, organisation_id=before.organisation_id, member_id=member_id)
    record(session, actor, "member_reactivated", f"member:{member_id}")
    member = _get(session, member_id)
    return Invited(member, _new_link(session, member))


def renew_invitation(session: Session, actor: Actor, member_id: int) -> Invited:
    """Make a new link to join or, for who has joined, to set a new password; links made before stop counting."""
    actor.require(Role.MANAGER)
    member = _lock(session, member_id)
    if member.left_at is not None:
        raise Conflict("this member has left; reactivate them instead", member_id=member_id)
    _check_role(actor, Role(member.role))
    if member.joined_at is not None:
        _check_only_here(session, member, "ask the operator of this installation: plumbline member reset-password")
    accounts.end_tokens(session, member_id=member_id, kinds=[TokenKind.INVITATION.value])
    record(session, actor, "invitation_renewed", f"member:{member_id}")
    return Invited(member, _new_link(session, member))


def _new_link(session: Session, member: MemberRow) -> str:
    return issue_token(
        session,
        organisation_id=member.organisation_id,
        member_id=member.id,
        kind=TokenKind.INVITATION,
        scopes=(),
        lifetime=INVITATION_LIFETIME,
    )


def _lock(session: Session, member_id: int) -> MemberRow:
    member = queries.lock_member(session, member_id)
    if member is None:
        raise NotFound(f"there is no member {member_id}", member_id=member_id)
    return member


def _get(session: Session, member_id: int) -> MemberRow:
    member = queries.find_member(session, member_id)
    assert member is not None, "it is locked by this transaction"
    return member


def _check_role(actor: Actor, role: Role, *, was: Role | None = None) -> None:
    """Only an administrator makes or unmakes one; a vendor has no client's people."""
    if Role.ADMIN in (role, was) and actor.role is not Role.ADMIN:
        raise Forbidden("only an administrator decides about administrators", role=actor.role.value)
    if role is Role.CLIENT and actor.kind != "client":
        raise Conflict("the role 'client' exists in a client's organisation only", role=role.value)


def _keep_a_manager(session: Session, member: MemberRow) -> None:
    """Raise Conflict when nobody would be left who can manage this organisation."""
    if queries.lock_managers(session) == [member.id]:
        raise Conflict("this is the last manager; make somebody else a manager first", member_id=member.id)


def _check_only_here(session: Session, member: MemberRow, remedy: str) -> None:
    """Raise Forbidden when the person has joined another organisation too."""
    account = accounts.find_account(session, member.email)
    elsewhere = [m for m in account.memberships if m.joined and m.member_id != member.id] if account else []
    if elsewhere:
        raise Forbidden(f"this person belongs to another organisation too; {remedy}", member_id=member.id)


def _each_once(languages: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(languages))


def _values(member: MemberRow) -> dict[str, Any]:
    return {name: getattr(member, name) for name in ("role", "name", "site", "team", "languages")}
