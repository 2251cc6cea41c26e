"""Use cases of projects: create one with its first versions and lanes, engage a vendor, enrol a workforce."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from domain.accounts import queries as accounts
from domain.audit.service import record
from domain.eligibility.service import announce_rules, recheck_project
from domain.errors import Forbidden, NotFound
from domain.projects import queries
from domain.projects.errors import ProjectArchived
from domain.projects.rules import check_policy
from domain.scope import Actor
from schema.enums import LaneKind, ModelState, OrganisationKind, Role, Stage
from schema.projects import Guidelines, Ontology, Policy

RANK_PERSONAL, RANK_STARTED, RANK_FRESH = 0, 10, 20
ROLE_OF_STAGE = {Stage.LABEL: Role.ANNOTATOR, Stage.REVIEW: Role.SUPERVISOR}


@dataclass(frozen=True, slots=True)
class Project:
    id: int
    client_org: int
    name: str
    created_at: datetime
    archived_at: datetime | None
    ontology_version: int
    guideline_version: int
    policy_version: int
    ontology: Ontology
    policy: Policy


def create_project(
    session: Session, actor: Actor, *, name: str, ontology: Ontology, guidelines: Guidelines, policy: Policy
) -> int:
    """Write a project of the actor's organisation with version 1 of each body, and its lanes."""
    actor.require(Role.CLIENT, Role.MANAGER)
    actor.require_client("projects")
    check_policy(policy, ontology=ontology, model=None)  # a model is mapped to a project that is there
    client_org = actor.organisation_id
    project_id = queries.insert_project(session, client_org=client_org, name=name)
    bodies = {"ontology_version": ontology, "guideline_version": guidelines, "policy_version": policy}
    for table, body in bodies.items():
        queries.insert_version(
            session,
            table,
            project_id=project_id,
            client_org=client_org,
            version=1,
            body=body.model_dump(mode="json"),
            by=actor.member_id,
        )
    note_classes(session, project_id=project_id, client_org=client_org, ontology=ontology)
    for stage in Stage:
        for kind, rank in ((LaneKind.STARTED, RANK_STARTED), (LaneKind.FRESH, RANK_FRESH)):
            queries.insert_lane(
                session, project_id=project_id, client_org=client_org, stage=stage, kind=kind, rank=rank
            )
    record(session, actor, "project_created", f"project:{project_id}", project_id=project_id, name=name)
    return project_id


def get_project(session: Session, project_id: int) -> Project:
    """Return the project with its current ontology and policy; raises NotFound."""
    row = queries.find_project(session, project_id)
    if row is None:
        raise NotFound(f"there is no project {project_id}", project_id=project_id)
    return _parse(row)


def list_projects(session: Session, *, archived: bool = False, after: int, limit: int) -> list[Project]:
    rows = queries.list_projects(session, archived=archived, after=after, limit=limit)
    return [_parse(row) for row in rows]


def get_own_project(session: Session, actor: Actor, project_id: int) -> Project:
    """Return a project that the actor may change, locked until the transaction ends.

    Raises NotFound, or Forbidden for anybody but a client or manager of the client whose project it is.
    """
    actor.require(Role.CLIENT, Role.MANAGER)
    project = get_project(session, project_id)
    if project.client_org != actor.organisation_id:
        raise Forbidden("only the client whose project it is can change it")
    queries.lock_project(session, project_id)
    return get_project(session, project_id)


def require_active(project: Project) -> None:
    """Raise ProjectArchived for an archived project."""
    if project.archived_at is not None:
        raise ProjectArchived("this project is archived; bring it back first", project_id=project.id)


def find_prelabel_model(session: Session, project_id: int, policy: Policy) -> ModelState | None:
    """Return the state of the model that a policy names by its mapping; None where the project has no such mapping."""
    if policy.prelabel_mapping_id is None:
        return None
    found = queries.find_mapped_model(session, project_id=project_id, mapping_id=policy.prelabel_mapping_id)
    return None if found is None else ModelState(found)


def note_classes(session: Session, *, project_id: int, client_org: int, ontology: Ontology) -> None:
    """Note every class id that an ontology gives, and which of them are retired."""
    queries.insert_classes(
        session, project_id=project_id, client_org=client_org, class_ids=sorted(ontology.class_ids())
    )
    retired = [spec.class_id for spec in ontology.classes if spec.retired]
    if retired:
        queries.set_class_states(session, project_id=project_id, retired=retired)


def engage_vendor(session: Session, actor: Actor, *, project_id: int, vendor_org: int) -> None:
    """Give a vendor access to a project of the actor's organisation."""
    actor.require(Role.CLIENT, Role.MANAGER)
    project = get_project(session, project_id)
    if project.client_org != actor.organisation_id:
        raise Forbidden("only the client whose project it is can engage a vendor")
    is_new = queries.insert_engagement(
        session, project_id=project_id, vendor_org=vendor_org, client_org=project.client_org
    )
    # Whom one engages one sees, and not before; what is no vendor looks like what is not there, and stays so.
    engaged = accounts.find_organisation(session, vendor_org)
    if engaged is None or engaged.kind != OrganisationKind.VENDOR:
        raise NotFound(f"there is no vendor {vendor_org}", vendor_org=vendor_org)
    if not is_new:  # the policy may have changed since the vendor's people were last looked at
        announce_rules(session, client_org=project.client_org, project_id=project_id, organisations=[vendor_org])
    record(session, actor, "vendor_engaged", f"organisation:{vendor_org}", project_id=project_id)


def enrol_workforce(session: Session, actor: Actor, *, project_id: int, members: list[int] | None = None) -> int:
    """Let the actor's people (all present ones, or those named) draw work by their role; return new rights.

    Whom the policy keeps out is enrolled all the same, and draws once they meet its conditions.
    """
    actor.require(Role.MANAGER)
    get_project(session, project_id)
    enrolled = 0
    for stage, role in ROLE_OF_STAGE.items():
        present = [m.id for m in accounts.list_members(session, roles=(role.value,))]
        chosen = present if members is None else [m for m in present if m in set(members)]
        enrolled += queries.enrol_members(
            session,
            project_id=project_id,
            stage=stage,
            organisation_id=actor.organisation_id,
            members=chosen,
        )
    recheck_project(session, organisation_id=actor.organisation_id, project_id=project_id)
    if enrolled:
        subject = f"project:{project_id}"
        record(session, actor, "workforce_enrolled", subject, project_id=project_id, new_rights=enrolled)
    return enrolled


def _parse(row: queries.ProjectRow) -> Project:
    return Project(
        id=row.id,
        client_org=row.client_org,
        name=row.name,
        created_at=row.created_at,
        archived_at=row.archived_at,
        ontology_version=row.ontology_version,
        guideline_version=row.guideline_version,
        policy_version=row.policy_version,
        ontology=Ontology.model_validate(row.ontology),
        policy=Policy.model_validate(row.policy),
    )
