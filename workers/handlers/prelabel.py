"""Pre-labels: a waiting task → what a proposer says of its image → the open task."""

from typing import Any

import structlog

from domain.errors import NotFound, Unavailable
from domain.geometry.simplify import polygon_from_mask
from domain.ingest.keys import working_key
from domain.prelabel.service import WaitingTask, find_waiting_task, open_plain, open_with_prediction, policy_of
from runtime.spans import span
from schema.enums import Origin, PreLabeling
from schema.ids import new_object_id
from schema.messages import PrelabelMessage
from schema.objects import LabelObject
from workers.envelope import parse_message
from workers.inference.plain_background import propose
from workers.pictures import decode_working_copy
from workers.work import Work, client_scope

log = structlog.get_logger()
TARGET_IOU = 0.98
MIN_PART_PX = 9


def handle(work: Work, body: dict[str, Any]) -> None:
    message = parse_message(body, PrelabelMessage)
    scope = client_scope(message.client_org)
    with work.database.begin(scope) as session:
        task = find_waiting_task(session, message.task_id)
    if task is None:
        return
    wanted = policy_of(task).prelabeling is not PreLabeling.OFF
    if not wanted or task.prediction_id is not None:
        with work.database.begin(scope) as session:
            open_plain(session, task)
        return
    with span("prelabel", task_id=task.task_id, image_id=task.image_id):
        objects = _propose(work, task)
    with work.database.begin(scope) as session:
        open_with_prediction(session, task, objects)
    log.info("image_prelabelled", task_id=task.task_id, image_id=task.image_id, objects=len(objects))


def _propose(work: Work, task: WaitingTask) -> tuple[LabelObject, ...]:
    class_id = policy_of(task).prelabel_class_id
    if class_id is None:  # the policy's own validation forbids it
        return ()
    try:
        body = work.bucket.get_bytes(working_key(client_org=task.client_org, sha256=task.sha256))
    except NotFound as error:  # it was stored before its task was written: whatever hides it may pass
        raise Unavailable(f"the working copy of image {task.image_id} is not there", image_id=task.image_id) from error
    objects = []
    for mask, score in propose(decode_working_copy(body)):
        polygon = polygon_from_mask(mask, target_iou=TARGET_IOU, min_part_px=MIN_PART_PX)
        if polygon is not None:
            objects.append(
                LabelObject(id=new_object_id(), class_id=class_id, shape=polygon, origin=Origin.MODEL, score=score)
            )
    return tuple(objects)
