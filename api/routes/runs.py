"""Runs of a model over a project: their cost before, their progress, their pictures; pause, resume, cancel."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import WithActor
from api.context import WithContext
from api.once import WithOnce
from api.paging import WithCursor, WithNewestCursor
from api.problems import declare
from api.routes.parameters import PathId
from api.set_body import set_picture_body
from domain.runs import requesting, sets
from domain.runs.requesting import Run, RunWish
from schema.bodies.base import Page
from schema.bodies.runs import NewRunBody, RunBody, RunEstimateBody, RunProblemBody, SetPictureBody
from schema.enums import RunPurpose, RunState
from schema.models import RunFilter

router = APIRouter(prefix="/projects/{project_id}/runs", tags=["models"], responses=declare("forbidden", "not_found"))


@router.post(
    "/estimate",
    summary="Tell what a run would cover and take; creates nothing",
    responses=declare("conflict", "project_archived", "invalid_request"),
)
def estimate_run(project_id: PathId, body: NewRunBody, actor: WithActor, context: WithContext) -> RunEstimateBody:
    with context.database.begin(actor.scope) as session:
        estimate = requesting.estimate_run(session, actor, project_id, _wish(body))
    return RunEstimateBody(
        items=estimate.items,
        is_exact=estimate.is_exact,
        known_images=estimate.known_images,
        seconds=estimate.seconds,
        seconds_per_image=estimate.seconds_per_image,
    )


@router.post(
    "",
    status_code=201,
    summary="Run a model on what a filter finds",
    responses=declare("conflict", "project_archived", "idempotency_key_reused", "invalid_request"),
)
def create_run(
    project_id: PathId, body: NewRunBody, actor: WithActor, context: WithContext, once: WithOnce, response: Response
) -> RunBody:
    with context.database.begin(actor.scope) as session:
        made = once.run(
            session,
            actor,
            RunBody,
            lambda: _body(requesting.request_run(session, actor, project_id, _wish(body))),
        )
    response.headers["Location"] = f"/v1/projects/{project_id}/runs/{made.id}"
    return made


@router.get("", summary="List the runs of a project, newest first; problems are shown with one run only")
def list_runs(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    cursor: WithNewestCursor,
    purpose: Annotated[RunPurpose | None, Query()] = None,
) -> Page[RunBody]:
    with context.database.begin(actor.scope) as session:
        runs = requesting.list_runs(session, actor, project_id, purpose=purpose, before=cursor.after, limit=cursor.rows)
    return cursor.page(runs, _body, id_of=lambda run: run.row.id)


@router.get("/{run_id}", summary="Show a run: how far it is, and its first hundred problems")
def get_run(project_id: PathId, run_id: PathId, actor: WithActor, context: WithContext) -> RunBody:
    with context.database.begin(actor.scope) as session:
        return _body(requesting.get_run(session, actor, project_id, run_id))


@router.post("/{run_id}/pause", summary="Pause a run", responses=declare("conflict"))
def pause_run(project_id: PathId, run_id: PathId, actor: WithActor, context: WithContext) -> RunBody:
    with context.database.begin(actor.scope) as session:
        return _body(requesting.pause_run(session, actor, project_id, run_id))


@router.post("/{run_id}/resume", summary="Let a paused run go on", responses=declare("conflict", "project_archived"))
def resume_run(project_id: PathId, run_id: PathId, actor: WithActor, context: WithContext) -> RunBody:
    with context.database.begin(actor.scope) as session:
        return _body(requesting.resume_run(session, actor, project_id, run_id))


@router.post(
    "/{run_id}/cancel", summary="End a run for good; what it found so far stays", responses=declare("conflict")
)
def cancel_run(project_id: PathId, run_id: PathId, actor: WithActor, context: WithContext) -> RunBody:
    with context.database.begin(actor.scope) as session:
        return _body(requesting.cancel_run(session, actor, project_id, run_id))


@router.get("/{run_id}/pictures", summary="List the pictures of a run with what its model says of them, by item")
def list_run_pictures(
    project_id: PathId, run_id: PathId, actor: WithActor, context: WithContext, cursor: WithCursor
) -> Page[SetPictureBody]:
    with context.database.begin(actor.scope) as session:
        pictures = sets.list_run_pictures(session, actor, project_id, run_id, after=cursor.after, limit=cursor.rows)
    return cursor.page(pictures, lambda p: set_picture_body(p, context, actor), id_of=lambda p: p.item_id)


def _wish(body: NewRunBody) -> RunWish:
    return RunWish(mapping_id=body.mapping_id, purpose=body.purpose, name=body.name, filter=body.filter, show=body.show)


def _body(run: Run) -> RunBody:
    row = run.row
    return RunBody(
        id=row.id,
        project_id=row.project_id,
        mapping_id=row.mapping_id,
        model_version_id=row.model_version_id,
        model=row.model,
        version=row.version,
        purpose=RunPurpose(row.purpose),
        name=row.name,
        filter=RunFilter.model_validate(row.filter),
        show=row.show,
        state=RunState(row.state),
        reason=row.reason,
        items=row.items,
        is_cut=row.is_cut,
        done=run.progress.done,
        failed=run.progress.failed,
        objects=run.progress.objects,
        seconds_left=run.seconds_left,
        problems=tuple(RunProblemBody(image_id=p.image_id, problem=p.problem) for p in run.problems),
        requested_by=row.requested_by,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
