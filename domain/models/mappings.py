"""Use cases of class mappings: which classes suggest themselves, make one, look at them. They never change."""

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.errors import Forbidden, NotFound
from domain.models import queries
from domain.models.likeness import Suggested, suggest_classes
from domain.models.queries import MappingRow, VersionRow
from domain.models.rules import digest_mapping, make_mapping
from domain.models.service import get_version, require_ready
from domain.projects.service import Project, get_project, require_active
from domain.scope import Actor
from schema.enums import Role
from schema.models import MappedClass, ModelCard


def suggest_mapping(session: Session, actor: Actor, project_id: int, *, model_version_id: int) -> list[Suggested]:
    """Suggest a class of a project for each class of a version that is ready."""
    project = _get_own_project(session, actor, project_id)
    card = _get_card(session, actor, model_version_id)
    return suggest_classes(card.classes, project.ontology.classes)


def create_mapping(
    session: Session, actor: Actor, project_id: int, *, model_version_id: int, classes: tuple[MappedClass, ...]
) -> MappingRow:
    """Keep how a version's classes become a project's; the same choice made again is the same mapping."""
    project = _get_own_project(session, actor, project_id)
    card = _get_card(session, actor, model_version_id)
    require_active(project)
    mapping = make_mapping(classes, card=card, ontology=project.ontology)
    mapping_id, is_new = queries.ensure_mapping(
        session,
        client_org=project.client_org,
        project_id=project.id,
        model_version_id=model_version_id,
        digest=digest_mapping(mapping),
        body=mapping.model_dump(mode="json"),
        member=actor.member_id,
    )
    if is_new:
        record(
            session,
            actor,
            "class_mapping_created",
            f"class_mapping:{mapping_id}",
            project_id=project.id,
            model_version_id=model_version_id,
        )
    return get_mapping(session, actor, project_id, mapping_id)


def get_mapping(session: Session, actor: Actor, project_id: int, mapping_id: int) -> MappingRow:
    """Return a mapping of this project; raises NotFound."""
    project = _get_own_project(session, actor, project_id)
    row = queries.find_mapping(session, mapping_id, project_id=project.id)
    if row is None:
        raise NotFound(f"project {project_id} has no class mapping {mapping_id}", mapping_id=mapping_id)
    return row


def list_mappings(session: Session, actor: Actor, project_id: int, *, after: int, limit: int) -> list[MappingRow]:
    """List the mappings of a project by id."""
    project = _get_own_project(session, actor, project_id)
    return queries.list_mappings(session, project_id=project.id, after=after, limit=limit)


def _get_own_project(session: Session, actor: Actor, project_id: int) -> Project:
    actor.require(Role.CLIENT, Role.MANAGER)
    project = get_project(session, project_id)
    if project.client_org != actor.organisation_id:
        raise Forbidden("only the client whose project it is can map models to it")
    return project


def _get_card(session: Session, actor: Actor, model_version_id: int) -> ModelCard:
    row: VersionRow = get_version(session, actor, model_version_id)
    require_ready(row)
    return ModelCard.model_validate(row.card)
