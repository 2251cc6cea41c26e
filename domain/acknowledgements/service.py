"""Use cases of acknowledgements."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from domain.acknowledgements import queries
from domain.acknowledgements.queries import ReaderCount, ReaderRow
from domain.audit.service import record
from domain.errors import Conflict
from domain.projects.service import get_project
from domain.scope import Actor
from schema.enums import Role

READERS = (Role.CLIENT, Role.SUPERVISOR, Role.MANAGER)


@dataclass(frozen=True, slots=True)
class ReaderList:
    """A page of an organisation's people who work by a version, and the counts of every organisation."""

    version: int
    counts: tuple[ReaderCount, ...]
    rows: tuple[ReaderRow, ...]


def acknowledge(session: Session, actor: Actor, project_id: int, *, version: int) -> datetime:
    """Note that the actor read the current guidelines; return when that was first noted.

    Raises Conflict for another version than the current one: having read an old one is of no use to anybody.
    """
    actor.require(Role.ANNOTATOR, Role.SUPERVISOR, Role.MANAGER)
    project = get_project(session, project_id)
    if version != project.guideline_version:
        raise Conflict(
            f"version {project.guideline_version} of the guidelines is the current one, not {version}",
            version=project.guideline_version,
        )
    if queries.insert_acknowledgement(
        session,
        project_id=project_id,
        version=version,
        client_org=project.client_org,
        organisation_id=actor.organisation_id,
        member_id=actor.member_id,
    ):
        subject = f"project:{project_id}"
        record(session, actor, "guidelines_acknowledged", subject, project_id=project_id, version=version)
    return queries.get_acknowledged_at(session, project_id=project_id, version=version, member_id=actor.member_id)


def list_readers(
    session: Session,
    actor: Actor,
    project_id: int,
    *,
    version: int | None,
    acknowledged: bool | None,
    after: int,
    limit: int,
) -> ReaderList:
    """List the actor's own people who may draw work, by member; of other organisations only counts are told.

    `version` is the current one unless it is given.
    """
    actor.require(*READERS)
    project = get_project(session, project_id)
    chosen = project.guideline_version if version is None else version
    organisation = actor.organisation_id
    rows = queries.list_readers(
        session,
        project_id=project_id,
        version=chosen,
        organisation_id=organisation,
        acknowledged=acknowledged,
        after=after,
        limit=limit,
    )
    counts = queries.count_readers(session, project_id=project_id, version=chosen, organisation_id=organisation)
    return ReaderList(chosen, tuple(counts), tuple(rows))
