"""Use cases of people with runs: what one would cost, ask for it, look at it, pause it, go on, cancel it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.errors import Conflict, Forbidden, NotFound
from domain.items.service import walk_items
from domain.prelabel.models import ModelToRun
from domain.prelabel.service import find_model
from domain.projects.service import Project, get_project, require_active
from domain.runs.queries import chunks as chunk_queries
from domain.runs.queries import costs
from domain.runs.queries import runs as run_queries
from domain.runs.queries.chunks import RunProblem
from domain.runs.queries.runs import Progress, RunRow
from domain.runs.service import announce_run, item_filter, pause_chunks
from domain.scope import Actor
from schema.enums import ChunkState, ModelState, Role, RunPurpose, RunState
from schema.models import RunFilter

# An estimate looks no further than this.
MOST_COUNTED = 10_000
UNFINISHED = (ChunkState.WAITING.value, ChunkState.PAUSED.value)


@dataclass(frozen=True, slots=True)
class RunWish:
    """What somebody wants to be run."""

    mapping_id: int
    purpose: RunPurpose
    name: str
    filter: RunFilter
    show: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would cover and take; `known_images` need no forward again."""

    items: int
    is_exact: bool
    known_images: int
    seconds_per_image: float | None

    @property
    def seconds(self) -> float | None:
        if self.seconds_per_image is None:
            return None
        return (self.items - self.known_images) * self.seconds_per_image


@dataclass(frozen=True, slots=True)
class Run:
    """A run and how far it is; `problems` only where one run is looked at."""

    row: RunRow
    progress: Progress
    seconds_left: float | None
    problems: tuple[RunProblem, ...] = ()


def get_client_project(session: Session, actor: Actor, project_id: int) -> Project:
    """Return a project whose models the actor may use; raises NotFound, or Forbidden for a vendor's people."""
    actor.require(Role.CLIENT, Role.MANAGER)
    project = get_project(session, project_id)
    if project.client_org != actor.organisation_id:
        raise Forbidden("only the client whose project it is can use its models")
    return project


def estimate_run(session: Session, actor: Actor, project_id: int, wish: RunWish) -> Estimate:
    """Tell what a run would cover and take; refuses what `request_run` refuses."""
    project, model = _check(session, actor, project_id, wish)
    walked = walk_items(session, project.id, item_filter(wish.filter), after=0, limit=MOST_COUNTED)
    covered = costs.count_covered(session, walked.keys, model_version_id=model.model_version_id)
    seconds = costs.find_seconds_per_image(session, model.model_version_id)
    measured = model.card.measured
    if seconds is None and measured is not None:
        seconds = measured.seconds_per_image
    return Estimate(covered.images, walked.next is None, covered.known, seconds)


def request_run(session: Session, actor: Actor, project_id: int, wish: RunWish) -> Run:
    """Have a model run on what a filter finds in a project of the actor's organisation."""
    project, model = _check(session, actor, project_id, wish)
    run_id = run_queries.insert_run(
        session,
        client_org=project.client_org,
        project_id=project.id,
        model_version_id=model.model_version_id,
        mapping_id=model.mapping_id,
        purpose=wish.purpose.value,
        name=wish.name,
        filter=wish.filter.model_dump(mode="json"),
        show=wish.show,
        member=actor.member_id,
    )
    row = run_queries.find_run(session, run_id)
    assert row is not None
    announce_run(session, row)
    record(
        session,
        actor,
        "run_requested",
        f"run:{run_id}",
        project_id=project.id,
        mapping_id=model.mapping_id,
        purpose=wish.purpose.value,
        show=wish.show,
    )
    return Run(row, Progress(), None)


def _check(session: Session, actor: Actor, project_id: int, wish: RunWish) -> tuple[Project, ModelToRun]:
    project = get_client_project(session, actor, project_id)
    require_active(project)
    model = find_model(session, project_id=project.id, mapping_id=wish.mapping_id)
    if model is None:
        raise NotFound(
            f"project {project.id} has no class mapping {wish.mapping_id}; map the model's classes first",
            mapping_id=wish.mapping_id,
        )
    if model.state is not ModelState.READY:
        remedy = "restore it first" if model.state is ModelState.RETIRED else "choose one that is ready"
        raise Conflict(
            f"model version {model.model_version_id} is {model.state.value}; {remedy}",
            model_version_id=model.model_version_id,
            state=model.state.value,
        )
    if wish.purpose is RunPurpose.TRIAL:
        missing = costs.list_missing_images(session, project.id, wish.filter.image_ids or ())
        if missing:
            raise Conflict(
                f"image {missing[0]} is no ready picture of the project; choose others in filter.image_ids",
                image_ids=missing,
            )
    return project, model


def list_runs(
    session: Session, actor: Actor, project_id: int, *, purpose: RunPurpose | None, before: int, limit: int
) -> list[Run]:
    """List the runs of a project below an id, newest first, without their problems."""
    project = get_client_project(session, actor, project_id)
    rows = run_queries.list_runs(
        session, project_id=project.id, purpose=purpose.value if purpose else None, before=before, limit=limit
    )
    sums = run_queries.sum_chunks(session, [row.id for row in rows])
    return [_with_pace(session, row, sums.get(row.id, Progress())) for row in rows]


def get_run(session: Session, actor: Actor, project_id: int, run_id: int) -> Run:
    """Return a run of this project with its problems; raises NotFound."""
    return _shown(session, _get_row(session, actor, project_id, run_id))


def pause_run(session: Session, actor: Actor, project_id: int, run_id: int) -> Run:
    """Have a run's chunks wait until it is resumed; what workers have in hand is kept, and met again then."""
    row = _lock(session, actor, project_id, run_id, of=(RunState.RUNNING,), wanted="paused")
    pause_chunks(session, row.id)
    record(session, actor, "run_paused", f"run:{row.id}", project_id=row.project_id)
    return _shown(session, _get_row(session, actor, project_id, run_id))


def resume_run(session: Session, actor: Actor, project_id: int, run_id: int) -> Run:
    """Let a paused run go on: its message releases its chunks step by step, then cuts the rest."""
    row = _lock(session, actor, project_id, run_id, of=(RunState.PAUSED,), wanted="resumed")
    require_active(get_project(session, row.project_id))
    run_queries.set_state(session, row.id, state=RunState.RUNNING.value)
    announce_run(session, row)
    record(session, actor, "run_resumed", f"run:{row.id}", project_id=row.project_id)
    return _shown(session, _get_row(session, actor, project_id, run_id))


def cancel_run(session: Session, actor: Actor, project_id: int, run_id: int) -> Run:
    """End a run for good; what it left stays, and what workers have in hand is counted but shown to nobody."""
    row = _lock(session, actor, project_id, run_id, of=(RunState.RUNNING, RunState.PAUSED), wanted="cancelled")
    chunk_queries.set_chunk_states(session, row.id, of=UNFINISHED, to=ChunkState.CANCELLED.value)
    run_queries.end_run(session, row.id, state=RunState.CANCELLED.value, reason=None, items=row.items)
    record(session, actor, "run_cancelled", f"run:{row.id}", project_id=row.project_id)
    return _shown(session, _get_row(session, actor, project_id, run_id))


def _get_row(session: Session, actor: Actor, project_id: int, run_id: int) -> RunRow:
    project = get_client_project(session, actor, project_id)
    row = run_queries.find_run(session, run_id)
    if row is None or row.project_id != project.id:
        raise NotFound(f"there is no run {run_id} in project {project_id}", run_id=run_id)
    return row


def _lock(
    session: Session, actor: Actor, project_id: int, run_id: int, *, of: tuple[RunState, ...], wanted: str
) -> RunRow:
    """Return a run that is in one of some states, locked; raises Conflict where it is in another."""
    _get_row(session, actor, project_id, run_id)
    row = run_queries.lock_run(session, run_id)
    assert row is not None
    if RunState(row.state) not in of:
        able = " or ".join(state.value for state in of)
        raise Conflict(
            f"run {run_id} is {row.state}; only one that is {able} can be {wanted}", run_id=run_id, state=row.state
        )
    return row


def _shown(session: Session, row: RunRow) -> Run:
    progress = run_queries.sum_chunks(session, [row.id]).get(row.id, Progress())
    run = _with_pace(session, row, progress)
    problems = chunk_queries.list_problems(session, row.id) if progress.failed else []
    return Run(row, progress, run.seconds_left, tuple(problems))


def _with_pace(session: Session, row: RunRow, progress: Progress) -> Run:
    """Tell how long a run that goes on and is cut whole still takes, by the pace of its newest chunks."""
    if row.state != RunState.RUNNING or not row.is_cut:
        return Run(row, progress, None)
    pace_s = run_queries.find_pace(session, row.id)
    left = max(0, row.items - progress.done - progress.failed)
    return Run(row, progress, None if pace_s is None else left * pace_s)
