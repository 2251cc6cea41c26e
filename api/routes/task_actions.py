"""Steering the work: freeze, unfreeze, cancel and open tasks again, one by one or many at once."""

from fastapi import APIRouter, Response

from api.auth import WithActor
from api.context import Context, WithContext
from api.once import WithOnce
from api.preconditions import IfMatch, check, etag_of
from api.problems import declare
from api.routes.parameters import PathId
from api.task_body import state_of, task_body
from domain.scope import Actor
from domain.tasks import changing, service
from domain.tasks.changing import TaskOutcome
from domain.tasks.rules import TaskAction
from domain.tasks.service import TaskFilter
from schema.bodies.task_actions import (
    ReasonBody,
    TaskActionsBody,
    TaskFilterBody,
    TaskOutcomeBody,
    TaskOutcomesBody,
)
from schema.bodies.tasks import TaskBody

router = APIRouter(tags=["projects"], responses=declare("forbidden", "not_found", "conflict", "precondition_failed"))


@router.post("/tasks/{task_id}/freeze", summary="Let nobody claim a task; who holds it may go on")
def freeze_task(
    task_id: PathId,
    body: ReasonBody,
    actor: WithActor,
    context: WithContext,
    response: Response,
    if_match: IfMatch = None,
) -> TaskBody:
    return _change(context, actor, task_id, TaskAction.FREEZE, body.reason, if_match, response)


@router.post("/tasks/{task_id}/unfreeze", summary="Let a frozen task be claimed again")
def unfreeze_task(
    task_id: PathId, actor: WithActor, context: WithContext, response: Response, if_match: IfMatch = None
) -> TaskBody:
    return _change(context, actor, task_id, TaskAction.UNFREEZE, None, if_match, response)


@router.post("/tasks/{task_id}/cancel", summary="Give up an unfinished task; answers and drafts stay")
def cancel_task(
    task_id: PathId,
    body: ReasonBody,
    actor: WithActor,
    context: WithContext,
    response: Response,
    if_match: IfMatch = None,
) -> TaskBody:
    return _change(context, actor, task_id, TaskAction.CANCEL, body.reason, if_match, response)


@router.post(
    "/tasks/{task_id}/reopen",
    status_code=201,
    summary="Open finished work again as the next round, a task of its own",
    description="What was decided stays with the round before, but new releases leave the item out until the new round "
    "is accepted. Also the way back for a task that was cancelled because its handling got stuck.",
    responses=declare("project_archived"),
)
def reopen_task(
    task_id: PathId,
    body: ReasonBody,
    actor: WithActor,
    context: WithContext,
    response: Response,
    if_match: IfMatch = None,
) -> TaskBody:
    opened = _change(context, actor, task_id, TaskAction.REOPEN, body.reason, if_match, response)
    response.headers["Location"] = f"/v1/tasks/{opened.id}"
    return opened


@router.post(
    "/projects/{project_id}/tasks/actions",
    summary="Freeze, unfreeze, cancel or open many tasks again",
    description="At most 1,000 tasks at once; each has its own outcome, and one that is refused stops no other.",
    responses=declare("idempotency_key_reused", "project_archived"),
)
def change_tasks(
    project_id: PathId, body: TaskActionsBody, actor: WithActor, context: WithContext, once: WithOnce
) -> TaskOutcomesBody:
    chosen = body.task_ids if body.filter is None else _filter(body.filter)
    with context.database.begin(actor.scope) as session:

        def change() -> TaskOutcomesBody:
            done = changing.change_tasks(
                session,
                actor,
                project_id=project_id,
                action=TaskAction(body.action),
                chosen=chosen or (),
                reason=body.reason,
            )
            return _outcomes(done)

        return once.run(session, actor, TaskOutcomesBody, change)


def _change(
    context: Context,
    actor: Actor,
    task_id: int,
    action: TaskAction,
    reason: str | None,
    if_match: str | None,
    response: Response,
) -> TaskBody:
    """Do the action and return the task as it is then, or the round that was opened."""
    with context.database.begin(actor.scope) as session:
        task = service.get_task(session, actor, task_id)
        check(if_match, etag_of(task_body(task)))
        outcome = changing.change_task(session, actor, task, action, reason=reason)
        changed = service.get_task(session, actor, outcome.opened_task_id or task_id)
    body = task_body(changed)
    response.headers["ETag"] = etag_of(body)
    return body


def _filter(body: TaskFilterBody) -> TaskFilter:
    return TaskFilter(state=state_of(body.state), frozen=body.frozen, key=body.key, cause=body.cause)


def _outcomes(done: changing.BulkOutcome) -> TaskOutcomesBody:
    items = tuple(_outcome(task) for task in done.tasks)
    return TaskOutcomesBody(
        items=items,
        changed=sum(item.outcome == "changed" for item in items),
        refused=sum(item.outcome == "refused" for item in items),
        more=done.more,
    )


def _outcome(task: TaskOutcome) -> TaskOutcomeBody:
    outcome = "changed" if task.changed else "unchanged" if task.refusal is None else "refused"
    return TaskOutcomeBody.model_validate(
        {
            "task_id": task.task_id,
            "outcome": outcome,
            "problem": task.refusal,
            "opened_task_id": task.opened_task_id,
        }
    )
