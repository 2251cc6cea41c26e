"""Tasks, and why each stands where it stands."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.auth import WithActor
from api.context import WithContext
from api.paging import WithCursor
from api.problems import declare
from api.routes.parameters import PathId
from domain.progress import service
from domain.progress.queries import DecidedObject, DecisionLine, TaskLine
from schema.bodies.base import Page
from schema.bodies.tasks import DecidedObjectBody, DecisionBody, TaskBody, TaskStoryBody
from schema.enums import Cause, Outcome, Stage, TaskState
from schema.objects import LabelObject

router = APIRouter(tags=["projects"], responses=declare("forbidden", "not_found"))

StateName = Literal["waiting", "open", "deciding", "in_review", "accepted", "rejected", "cancelled"]


@router.get("/projects/{project_id}/tasks", summary="List a project's tasks with their newest decision")
def list_tasks(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    cursor: WithCursor,
    state: Annotated[StateName | None, Query()] = None,
) -> Page[TaskBody]:
    wanted = TaskState[state.upper()] if state else None
    with context.database.begin(actor.scope) as session:
        rows = service.list_tasks(
            session, actor, project_id=project_id, state=wanted, after=cursor.after, limit=cursor.rows
        )
    return cursor.page(rows, _task, id_of=lambda task: task.id)


@router.get("/tasks/{task_id}", summary="Show why a task stands where it stands")
def get_task(task_id: PathId, actor: WithActor, context: WithContext) -> TaskStoryBody:
    with context.database.begin(actor.scope) as session:
        story = service.get_task_story(session, actor, task_id)
    return TaskStoryBody(
        task=_task(story.task),
        decisions=tuple(_decision(d) for d in story.decisions),
        objects=tuple(_object(o) for o in story.objects),
    )


def _task(task: TaskLine) -> TaskBody:
    return TaskBody(
        id=task.id,
        project_id=task.project_id,
        image_id=task.image_id,
        key=task.key,
        stage=Stage(task.stage),
        state=TaskState(task.state).name.lower(),
        round=task.round,
        votes=task.votes,
        target=task.target,
        outcome=Outcome(task.outcome) if task.outcome else None,
        reason=task.reason,
        causes=tuple(Cause(c) for c in task.causes),
    )


def _decision(decision: DecisionLine) -> DecisionBody:
    return DecisionBody(
        id=decision.id,
        submits=decision.submits,
        rule=decision.rule,
        inputs=decision.inputs,
        parameters_version=decision.parameters_version,
        outcome=Outcome(decision.outcome),
        reason=decision.reason,
        created_at=decision.created_at,
    )


def _object(decided: DecidedObject) -> DecidedObjectBody:
    return DecidedObjectBody(
        object=LabelObject.model_validate(decided.object),
        causes=tuple(Cause(c) for c in decided.cause),
        vote_share=decided.vote_share,
        class_share=decided.class_share,
        agreement_iou=decided.agreement_iou,
    )
