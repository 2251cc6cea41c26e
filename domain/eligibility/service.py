"""Use cases of who may work: rights follow people and policies at once, or within seconds by a message."""

from sqlalchemy.orm import Session

from domain.eligibility.queries import rights as queries
from domain.eligibility.queries import workers
from domain.eligibility.queries.rights import Effect
from domain.eligibility.queries.workers import WorkerFilter, WorkerRow, WorkerSort
from domain.errors import NotFound
from domain.outbox.queries import insert_message
from domain.scope import Actor
from schema.enums import Role, Topic
from schema.messages import RightsMessage
from schema.projects import Policy, WorkerRules


def recheck_member(session: Session, *, organisation_id: int, member_id: int) -> int:
    """Decide anew where a member of the scope's organisation may work; return how many rights changed."""
    return queries.recheck_rights(session, organisation=organisation_id, project=None, member=member_id)


def recheck_project(session: Session, *, organisation_id: int, project_id: int) -> int:
    """Decide anew who of the scope's organisation may work in a project; return how many rights changed.

    Whom the cap of the day holds back is let go where the cap has gone or grown.
    """
    changed = queries.recheck_rights(session, organisation=organisation_id, project=project_id, member=None)
    cap = queries.find_daily_cap(session, project_id)
    for member in queries.list_capped(session, organisation=organisation_id, project_id=project_id):
        answered = 0 if cap is None else _answered_today(session, member, project_id, cap)
        if cap is None or answered < cap:
            queries.lift_cap(session, member=member, project_id=project_id)
    return changed


def recheck_told(session: Session, *, client_org: int, organisation_id: int, project_id: int) -> int:
    """Do what a message asks for; 0 where the scope has no such project of that client (any more)."""
    if queries.find_client(session, project_id) != client_org:
        return 0
    return recheck_project(session, organisation_id=organisation_id, project_id=project_id)


def announce_rules(
    session: Session, *, client_org: int, project_id: int, organisations: list[int] | None = None
) -> None:
    """Have the rights of every organisation that works for a project decided anew, each in its own scope.

    A client does not see a vendor's people, so each gets a message of its own. `organisations`: only those.
    """
    told = [client_org, *queries.list_engaged(session, project_id)] if organisations is None else organisations
    for organisation in told:
        message = RightsMessage(client_org=client_org, project_id=project_id, vendor_org=organisation)
        insert_message(session, Topic.DECIDE, project_id, message)


def preview_rules(session: Session, actor: Actor, *, project_id: int, rules: WorkerRules) -> Effect:
    """Return what other rules would change for the actor's own people."""
    return queries.measure_effect(
        session,
        organisation=actor.organisation_id,
        project_id=project_id,
        rules=rules.model_dump(mode="json"),
    )


def note_answer(session: Session, actor: Actor, project_id: int, policy: Policy) -> None:
    """Hold a member back until midnight (UTC) whose stored answer was the last of the day's cap.

    Called in the transaction that stored it, after its time was written down; without a cap it asks for nothing.
    """
    cap = policy.daily_cap
    if cap is not None and _answered_today(session, actor.member_id, project_id, cap) >= cap:
        queries.cap_member(session, member=actor.member_id, project_id=project_id)


def _answered_today(session: Session, member: int, project_id: int, cap: int) -> int:
    return queries.count_answered_today(session, member=member, project_id=project_id, most=cap)


def list_workers(
    session: Session,
    actor: Actor,
    wanted: WorkerFilter,
    *,
    project_id: int,
    sort: WorkerSort = WorkerSort.ID,
    after: tuple[str, int] | None = None,
    limit: int,
) -> list[WorkerRow]:
    """List the actor's own people with what keeps them from a project's work; raises Forbidden or NotFound."""
    actor.require(Role.MANAGER, Role.SUPERVISOR)
    if queries.find_client(session, project_id) is None:
        raise NotFound(f"there is no project {project_id}", project_id=project_id)
    return workers.list_workers(
        session,
        wanted,
        organisation=actor.organisation_id,
        project_id=project_id,
        sort=sort,
        after=after,
        limit=limit,
    )
