"""Use cases that change a project: the next version of a body, its name, putting it away and bringing it back."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.eligibility.service import announce_rules
from domain.errors import NotFound
from domain.events.service import emit
from domain.outbox.queries import insert_message
from domain.projects import queries
from domain.projects.queries import VersionRow
from domain.projects.rules import check_ontology, check_policy
from domain.projects.service import Project, find_prelabel_model, get_project, note_classes, require_active
from domain.scope import Actor
from schema.enums import EventKind, Topic
from schema.messages import FeedMessage
from schema.projects import Guidelines, Ontology, Policy


class VersionKind(StrEnum):
    """The three bodies of a project."""

    ONTOLOGY = "ontology"
    GUIDELINES = "guidelines"
    POLICY = "policy"


TABLES = {
    VersionKind.ONTOLOGY: "ontology_version",
    VersionKind.GUIDELINES: "guideline_version",
    VersionKind.POLICY: "policy_version",
}


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a body of a project."""

    project_id: int
    row: VersionRow


def current_version(project: Project, kind: VersionKind) -> int:
    return {
        VersionKind.ONTOLOGY: project.ontology_version,
        VersionKind.GUIDELINES: project.guideline_version,
        VersionKind.POLICY: project.policy_version,
    }[kind]


def get_version(session: Session, kind: VersionKind, *, project_id: int, version: int | None = None) -> Version:
    """Return a version of a body, the current one by default; raises NotFound."""
    number = current_version(get_project(session, project_id), kind) if version is None else version
    row = queries.find_version(session, TABLES[kind], project_id=project_id, version=number)
    if row is None:
        raise NotFound(f"project {project_id} has no version {number} of its {kind.value}", project_id=project_id)
    return Version(project_id, row)


def list_versions(session: Session, kind: VersionKind, *, project_id: int, after: int, limit: int) -> list[VersionRow]:
    get_project(session, project_id)
    return queries.list_versions(session, TABLES[kind], project_id=project_id, after=after, limit=limit)


def has_acknowledged(session: Session, actor: Actor, guidelines: Version) -> bool:
    """Tell whether the actor has said to have read a version of the guidelines."""
    return queries.has_acknowledged(
        session, project_id=guidelines.project_id, version=guidelines.row.version, member_id=actor.member_id
    )


def publish(
    session: Session, actor: Actor, project: Project, kind: VersionKind, body: Ontology | Guidelines | Policy
) -> Version:
    """Make a body the next version of a project that `get_own_project` holds; an equal one changes nothing.

    Work that is under way goes on with the version that its lease names. A policy holds for what is opened and
    claimed from now on: tasks keep the number of votes they were opened for. Who may work by it is decided within
    seconds, in the scope of each organisation whose people they are.
    """
    require_active(project)
    table = TABLES[kind]
    before = get_version(session, kind, project_id=project.id)
    dumped = body.model_dump(mode="json")
    if dumped == _parsed(body, before):
        return before
    if isinstance(body, Ontology):
        _check_ontology(session, project, body)
        note_classes(session, project_id=project.id, client_org=project.client_org, ontology=body)
    elif isinstance(body, Policy):
        check_policy(body, ontology=project.ontology, model=find_prelabel_model(session, project.id, body))
    number = before.row.version + 1
    queries.insert_version(
        session,
        table,
        project_id=project.id,
        client_org=project.client_org,
        version=number,
        body=dumped,
        by=actor.member_id,
    )
    queries.use_version(session, table, project_id=project.id, version=number)
    record(
        session,
        actor,
        f"{kind.value}_published",
        f"project:{project.id}",
        project_id=project.id,
        before=before.row.body,
        after=dumped,
        version=number,
    )
    if isinstance(body, Policy) and _is_about_people(project.policy, body):
        announce_rules(session, client_org=project.client_org, project_id=project.id)
    _tell(session, project, what=kind.value, version=number)
    return get_version(session, kind, project_id=project.id, version=number)


def rename_project(session: Session, actor: Actor, project: Project, *, name: str) -> Project:
    """Give another name to a project that `get_own_project` holds."""
    if name == project.name:
        return project
    queries.rename_project(session, project_id=project.id, name=name)
    record(
        session,
        actor,
        "project_renamed",
        f"project:{project.id}",
        project_id=project.id,
        before={"name": project.name},
        after={"name": name},
    )
    _tell(session, project, what="name", name=name)
    return get_project(session, project.id)


def archive_project(session: Session, actor: Actor, project: Project) -> Project:
    """Put away a project that `get_own_project` holds: no new pictures, claims, versions or releases.

    Whoever holds a lease may still answer, and what is being decided is decided.
    """
    return _set_archived(session, actor, project, archived=True)


def unarchive_project(session: Session, actor: Actor, project: Project) -> Project:
    """Bring back a project that `get_own_project` holds; what reached its buckets in between comes in now."""
    restored = _set_archived(session, actor, project, archived=False)
    if project.archived_at is not None:
        for feed_id in queries.refill_feeds(session, project.id):
            insert_message(session, Topic.IMAGES, feed_id, FeedMessage(client_org=project.client_org, feed_id=feed_id))
    return restored


def _set_archived(session: Session, actor: Actor, project: Project, *, archived: bool) -> Project:
    if (project.archived_at is not None) == archived:
        return project
    queries.archive_project(session, project_id=project.id, archived=archived)
    done = "project_archived" if archived else "project_unarchived"
    record(session, actor, done, f"project:{project.id}", project_id=project.id)
    _tell(session, project, what="archived" if archived else "unarchived")
    return get_project(session, project.id)


def _check_ontology(session: Session, project: Project, new: Ontology) -> None:
    states = queries.list_class_ids(session, project.id)
    names = {spec.class_id: spec.name for spec in project.ontology.classes}
    retired = {class_id: names.get(class_id, "") for class_id, gone in states.items() if gone}
    check_ontology(new, known=states, retired=retired, policy=project.policy)


def _is_about_people(before: Policy, after: Policy) -> bool:
    return before.workers != after.workers or before.daily_cap != after.daily_cap


def _parsed(body: Ontology | Guidelines | Policy, version: Version) -> dict[str, object]:
    """Return a stored body in today's form: fields that came later have their defaults."""
    return type(body).model_validate(version.row.body).model_dump(mode="json")


def _tell(session: Session, project: Project, **facts: object) -> None:
    emit(
        session,
        EventKind.PROJECT_CHANGED,
        client_org=project.client_org,
        project_id=project.id,
        aggregate_id=project.id,
        **facts,
    )
