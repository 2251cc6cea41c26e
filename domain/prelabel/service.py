"""Use cases of pre-labelling. What a model said is stored apart from human work and shown, never voted."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.prelabel import queries
from domain.prelabel.mapping import map_objects
from domain.prelabel.models import ModelToRun
from domain.prelabel.rules import is_hidden
from schema.enums import ModelState, PreLabeling
from schema.models import ClassMapping, ModelCard
from schema.objects import OBJECTS, LabelObject, dump_objects
from schema.projects import Policy

PLAIN_BACKGROUND = "plain_background"


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task that waits for its pre-labels. Sizes are px of the upright picture.

    `model` is the policy's, where it names one, and `output` what that model said of the image before, in its own
    classes. `prediction_id` is there when an earlier try stored a prediction.
    """

    task_id: int
    client_org: int
    project_id: int
    image_id: int
    sha256: str
    width: int
    height: int
    policy: Policy
    model_version_id: int
    model: ModelToRun | None
    output: tuple[LabelObject, ...] | None
    prediction_id: int | None


def find_waiting_task(session: Session, task_id: int) -> WaitingTask | None:
    """Find the task if it still waits; a repeated or late message finds none."""
    row = queries.find_waiting_task(session, task_id=task_id)
    if row is None:
        return None
    policy = Policy.model_validate(row.policy)
    model = None
    if policy.prelabeling is PreLabeling.MODEL and policy.prelabel_mapping_id is not None:
        model = find_model(session, project_id=row.project_id, mapping_id=policy.prelabel_mapping_id)
    version_id = queries.get_built_in(session, PLAIN_BACKGROUND) if model is None else model.model_version_id
    return WaitingTask(
        task_id=row.task_id,
        client_org=row.client_org,
        project_id=row.project_id,
        image_id=row.image_id,
        sha256=row.sha256,
        width=row.width,
        height=row.height,
        policy=policy,
        model_version_id=version_id,
        model=model,
        output=None if model is None else find_output(session, image_id=row.image_id, model_version_id=version_id),
        prediction_id=queries.find_prediction(
            session,
            image_id=row.image_id,
            project_id=row.project_id,
            model_version_id=version_id,
            mapping_id=None if model is None else model.mapping_id,
        ),
    )


def find_model(session: Session, *, project_id: int, mapping_id: int) -> ModelToRun | None:
    """Find the model of a project's class mapping, whatever its state."""
    row = queries.find_model(session, project_id=project_id, mapping_id=mapping_id)
    if row is None:
        return None
    return ModelToRun(
        model_version_id=row.model_version_id,
        mapping_id=row.mapping_id,
        prefix=row.prefix or "",
        card=ModelCard.model_validate(row.card),
        mapping=ClassMapping.model_validate(row.body),
        state=ModelState(row.state),
    )


def find_output(session: Session, *, image_id: int, model_version_id: int) -> tuple[LabelObject, ...] | None:
    """Find what a model said of an image in its own classes."""
    found = queries.find_output(session, image_id=image_id, model_version_id=model_version_id)
    return None if found is None else OBJECTS.validate_python(found)


def save_output(
    session: Session,
    *,
    client_org: int,
    image_id: int,
    model_version_id: int,
    objects: tuple[LabelObject, ...],
    took_ms: float | None,
) -> tuple[LabelObject, ...]:
    """Keep what a model says of an image in its own classes; return what is kept, which may be an earlier try's.

    So the ids of objects never change, however often a message comes.
    """
    values = {"image_id": image_id, "model_version_id": model_version_id}
    dumped = dump_objects(objects)
    if queries.insert_output(session, client_org=client_org, objects=dumped, took_ms=took_ms, **values):
        return objects
    kept = find_output(session, **values)
    assert kept is not None, "what stood in the way of the insert is there"
    return kept


def store_prediction(
    session: Session,
    *,
    client_org: int,
    project_id: int,
    image_id: int,
    model: ModelToRun,
    raw: tuple[LabelObject, ...],
) -> tuple[int, tuple[LabelObject, ...]]:
    """Store what a model's output becomes in a project's classes; return the prediction's id and its objects."""
    objects = map_objects(raw, model.mapping, model.card)
    prediction_id = queries.insert_prediction(
        session,
        client_org=client_org,
        project_id=project_id,
        image_id=image_id,
        model_version_id=model.model_version_id,
        mapping_id=model.mapping_id,
        objects=dump_objects(objects),
    )
    return prediction_id, objects


def open_with_prediction(session: Session, task: WaitingTask, objects: tuple[LabelObject, ...]) -> None:
    """Store the pre-labels and open the task, which shows them unless it is of the hidden arm.

    `objects` are in the model's own classes where the task has a model, else in the project's.
    """
    if task.model is not None:
        prediction_id, _ = store_prediction(
            session,
            client_org=task.client_org,
            project_id=task.project_id,
            image_id=task.image_id,
            model=task.model,
            raw=objects,
        )
    else:
        prediction_id = queries.insert_prediction(
            session,
            client_org=task.client_org,
            project_id=task.project_id,
            image_id=task.image_id,
            mapping_id=None,
            model_version_id=task.model_version_id,
            objects=dump_objects(objects),
        )
    _open(session, task, prediction_id)


def open_plain(session: Session, task: WaitingTask) -> None:
    """Open a task that shows nothing, or what an earlier try stored."""
    _open(session, task, task.prediction_id)


def _open(session: Session, task: WaitingTask, prediction_id: int | None) -> None:
    queries.open_task(
        session,
        task_id=task.task_id,
        prediction_id=prediction_id,
        is_hidden=is_hidden(task.task_id, task.policy.hidden_share),
    )
