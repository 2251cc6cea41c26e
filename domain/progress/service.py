"""Reads about projects. Annotators see none of what would tell them how others answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.agreement.item import ItemAgreement
from domain.agreement.summary import Agreement, summarise
from domain.progress import queries
from domain.progress.queries import DecidedObject, QuorumAgreement
from domain.projects.service import Project, get_project
from domain.scope import Actor
from schema.enums import ImageState, Role, TaskState

READERS = (Role.CLIENT, Role.SUPERVISOR, Role.MANAGER)
AGREEMENT_PAGE = 1_000
# Intervals are drawn again with each reading: this many samples move their bounds by less than their last digit shown.
SAMPLES = 500
SEED = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of a project; every state is there, with 0 where nothing is in it."""

    project_id: int
    images: dict[str, int]
    tasks: dict[str, int]
    leases_held: int

    @property
    def quarantined(self) -> int:
        return self.images[ImageState.QUARANTINED]

    @property
    def in_review(self) -> int:
        return self.tasks[TaskState.IN_REVIEW.name.lower()]


def get_progress(session: Session, actor: Actor, project_id: int) -> Progress:
    actor.require(*READERS)
    get_project(session, project_id)
    images = queries.count_images(session, project_id)
    tasks = queries.count_tasks(session, project_id)
    return Progress(
        project_id=project_id,
        images={s.value: images.get(s.value, 0) for s in ImageState},
        tasks={s.name.lower(): tasks.get(s, 0) for s in TaskState},
        leases_held=queries.count_leases_held(session, project_id),
    )


def list_decided_objects(session: Session, actor: Actor, decision_id: int) -> list[DecidedObject]:
    actor.require(*READERS)
    return queries.list_decided_objects(session, decision_id)


def list_agreements(session: Session, actor: Actor, project: Project, *, after: int) -> list[QuorumAgreement]:
    """Return a page of what quorums measured; the next one is after its last task, and an empty one is the end."""
    actor.require(*READERS)
    return queries.list_agreements(session, project_id=project.id, after=after, limit=AGREEMENT_PAGE)


def summarise_project(project: Project, quorums: Sequence[QuorumAgreement]) -> Agreement:
    """Return the agreement of all items read, with a line for each class of the ontology; pure."""
    items = (ItemAgreement.from_json(q.agreement) for q in quorums)
    classes = sorted(project.ontology.class_ids())
    return summarise(items, classes=classes, seed=SEED, samples=SAMPLES)


def ping(session: Session) -> None:
    """Raise unless the database answers."""
    queries.ping(session)
