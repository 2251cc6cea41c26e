"""Reads of the evidence. Annotators see none of it: it would tell how others answered."""

from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.evidence import queries
from domain.evidence.queries import AnswerRow, DecisionDetail, PredictionRow
from domain.progress.queries import DecidedObject, list_decided_objects
from domain.progress.service import READERS
from domain.scope import Actor


def list_answers(session: Session, actor: Actor, task_id: int, *, after: int, limit: int) -> list[AnswerRow]:
    """List every answer to a task, those that were taken back or sent back too, by lease; raises NotFound."""
    actor.require(*READERS)
    if not queries.has_task(session, task_id):
        raise NotFound(f"there is no task {task_id}", task_id=task_id)
    return queries.list_answers(session, task_id=task_id, after=after, limit=limit)


def list_predictions(session: Session, actor: Actor, image_id: int, *, after: int, limit: int) -> list[PredictionRow]:
    """List what models said of an image; raises NotFound."""
    actor.require(*READERS)
    if not queries.has_image(session, image_id):
        raise NotFound(f"there is no image {image_id}", image_id=image_id)
    return queries.list_predictions(session, image_id=image_id, after=after, limit=limit)


def get_decision(session: Session, actor: Actor, decision_id: int) -> tuple[DecisionDetail, tuple[DecidedObject, ...]]:
    """Return a decision with its objects; raises NotFound."""
    actor.require(*READERS)
    found = queries.find_decision(session, decision_id)
    if found is None:
        raise NotFound(f"there is no decision {decision_id}", decision_id=decision_id)
    return found, tuple(list_decided_objects(session, decision_id))
