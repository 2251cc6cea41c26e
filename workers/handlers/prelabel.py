"""Pre-labels: a waiting task → what a model or a proposer says of its image → the open task.

Labelling never waits for a broken model: where it cannot be run, or not on this image, the task opens without.
"""

from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from domain.geometry.simplify import polygon_from_mask
from domain.prelabel.models import ModelToRun
from domain.prelabel.service import WaitingTask, find_waiting_task, open_plain, open_with_prediction, save_output
from runtime.spans import span
from schema.enums import ModelState, Origin, PreLabeling
from schema.ids import new_object_id
from schema.messages import PrelabelMessage
from schema.objects import LabelObject
from workers.envelope import parse_message
from workers.inference.plain_background import propose
from workers.inference.predictions import MIN_PART_PX, TARGET_IOU
from workers.inference.prelabelling import Image, finish, read_picture
from workers.models.failures import ModelFailed
from workers.work import Work, client_scope

log = structlog.get_logger()


def handle(work: Work, body: dict[str, Any]) -> None:
    message = parse_message(body, PrelabelMessage)
    with work.database.begin(client_scope(message.client_org)) as session:
        task = find_waiting_task(session, message.task_id)
    if task is None:
        return
    if task.prediction_id is not None or task.policy.prelabeling is PreLabeling.OFF:
        _open_plain(work, task)
    elif task.policy.prelabeling is PreLabeling.MODEL:
        _open_with_model(work, task)
    else:
        with span("prelabel", task_id=task.task_id, image_id=task.image_id):
            objects = _propose(work, task)
        _open(work, task, objects)


def _open_with_model(work: Work, task: WaitingTask) -> None:
    if task.output is not None:
        _open(work, task, task.output)
        return
    try:
        model = _runnable(task.model)
        with span("prelabel", task_id=task.task_id, image_id=task.image_id, model_version_id=model.model_version_id):
            objects, took_ms = finish(work.engine.predict(model, _read(work, task)), model.card)
    except ModelFailed as failure:
        log.warning(
            "image_not_prelabelled",
            task_id=task.task_id,
            image_id=task.image_id,
            model_version_id=task.model_version_id,
            reason=str(failure),
        )
        _open_plain(work, task)
        return
    with work.database.begin(client_scope(task.client_org)) as session:
        kept = save_output(
            session,
            client_org=task.client_org,
            image_id=task.image_id,
            model_version_id=model.model_version_id,
            objects=objects,
            took_ms=took_ms,
        )
        open_with_prediction(session, task, kept)
    log.info("image_prelabelled", task_id=task.task_id, image_id=task.image_id, objects=len(kept))


def _runnable(model: ModelToRun | None) -> ModelToRun:
    if model is None:
        raise ModelFailed("the project's policy names a class mapping that is not there")
    if model.state is not ModelState.READY:
        raise ModelFailed(f"the model version is {model.state.value}")
    return model


def _read(work: Work, task: WaitingTask) -> NDArray[np.uint8]:
    return read_picture(work.bucket, Image(task.image_id, task.client_org, task.sha256))


def _open(work: Work, task: WaitingTask, objects: tuple[LabelObject, ...]) -> None:
    with work.database.begin(client_scope(task.client_org)) as session:
        open_with_prediction(session, task, objects)
    log.info("image_prelabelled", task_id=task.task_id, image_id=task.image_id, objects=len(objects))


def _open_plain(work: Work, task: WaitingTask) -> None:
    with work.database.begin(client_scope(task.client_org)) as session:
        open_plain(session, task)


def _propose(work: Work, task: WaitingTask) -> tuple[LabelObject, ...]:
    class_id = task.policy.prelabel_class_id
    if class_id is None:  # the policy's own validation forbids it
        return ()
    objects = []
    for mask, score in propose(_read(work, task)):
        polygon = polygon_from_mask(mask, target_iou=TARGET_IOU, min_part_px=MIN_PART_PX)
        if polygon is not None:
            objects.append(
                LabelObject(id=new_object_id(), class_id=class_id, shape=polygon, origin=Origin.MODEL, score=score)
            )
    return tuple(objects)
