"""Use cases of pre-labelling. What a model said is stored apart from human work and shown, never voted."""

from sqlalchemy.orm import Session

from domain.prelabel import queries
from domain.prelabel.queries import WaitingTask
from schema.objects import LabelObject, dump_objects
from schema.projects import Policy

PLAIN_BACKGROUND = "plain_background"


def find_waiting_task(session: Session, task_id: int) -> WaitingTask | None:
    """Find the task if it still waits; a repeated or late message finds none."""
    return queries.find_waiting_task(session, task_id=task_id, model=PLAIN_BACKGROUND)


def policy_of(task: WaitingTask) -> Policy:
    return Policy.model_validate(task.policy)


def open_with_prediction(session: Session, task: WaitingTask, objects: tuple[LabelObject, ...]) -> None:
    """Store the pre-labels and open the task that shows them."""
    prediction_id = queries.insert_prediction(
        session,
        client_org=task.client_org,
        project_id=task.project_id,
        image_id=task.image_id,
        mapping_id=None,
        model_version_id=task.model_version_id,
        objects=dump_objects(objects),
    )
    queries.open_task(session, task_id=task.task_id, prediction_id=prediction_id)


def open_plain(session: Session, task: WaitingTask) -> None:
    """Open a task that shows nothing, or what an earlier try stored."""
    queries.open_task(session, task_id=task.task_id, prediction_id=task.prediction_id)
