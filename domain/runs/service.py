"""What a run's messages do: cut its items into chunks, run one, end it. Each call is one short transaction's work.

The cursor and the chunks commit together, so a run goes on from wherever a worker died.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from domain.events.service import emit
from domain.items.service import Has, ItemFilter, walk_items
from domain.notifications.service import notify
from domain.outbox.queries import insert_message
from domain.prelabel.models import ModelToRun
from domain.prelabel.queries import lock_unbegun, show_prediction
from domain.prelabel.service import find_model, save_output, store_prediction
from domain.runs.queries import chunks as chunk_queries
from domain.runs.queries import runs as run_queries
from domain.runs.queries.chunks import MOST_PROBLEMS, RunProblem
from domain.runs.queries.runs import Progress, RunRow
from schema.enums import ChunkState, EventKind, NotificationKind, RunState, TaskState, Topic
from schema.messages import ChunkMessage, RunMessage
from schema.models import RunFilter
from schema.objects import OBJECTS, LabelObject

MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class ChunkItem:
    """An item to run, its image ready. `output` is what the model said of it before, in its own classes."""

    item_id: int
    image_id: int
    sha256: str
    width: int
    height: int
    output: tuple[LabelObject, ...] | None
    has_prediction: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a run, with all that its worker needs. With `show`, tasks that nobody has begun show what it finds."""

    id: int
    run_id: int
    client_org: int
    project_id: int
    model: ModelToRun
    show: bool
    items: tuple[ChunkItem, ...]


def item_filter(wanted: RunFilter) -> ItemFilter:
    """Return the filter of the items list that means the same."""
    return ItemFilter(
        state=None if wanted.state is None else TaskState[wanted.state.upper()],
        class_id=wanted.class_id,
        key=wanted.key,
        has=Has.NO_PRELABELS if wanted.without_prelabels else None,
        images=wanted.image_ids,
    )


def cut_next(session: Session, run_id: int, *, chunk_items: int, chunks: int) -> bool:
    """Give the next part of a run to the workers: at most `chunks` chunks of at most `chunk_items` items.

    While more is left, the next RunMessage is written too. False when nothing is left to cut: then the run is
    completed if its last chunk has settled, whoever settled it. A run that does not go on is left alone.
    """
    run = run_queries.lock_run(session, run_id)
    if run is None or run.state != RunState.RUNNING:
        return False
    released = chunk_queries.release_chunks(session, run.id, limit=chunks)
    for chunk_id in released:
        announce_chunk(session, run, chunk_id)
    if released:
        run_queries.set_state(session, run.id, state=RunState.RUNNING.value)
        announce_run(session, run)
        return True
    if not run.is_cut and _cut(session, run, chunk_items=chunk_items, chunks=chunks):
        announce_run(session, run)
        return True
    _complete_if_settled(session, run)
    return False


def announce_run(session: Session, run: RunRow) -> None:
    insert_message(session, Topic.RUN, run.id, RunMessage(client_org=run.client_org, run_id=run.id))


def announce_chunk(session: Session, run: RunRow, chunk_id: int) -> None:
    insert_message(session, Topic.RUN, chunk_id, ChunkMessage(client_org=run.client_org, chunk_id=chunk_id))


def _cut(session: Session, run: RunRow, *, chunk_items: int, chunks: int) -> bool:
    """Cut the next items; True when more may follow. The filter looks a bounded way ahead, so it may find none."""
    wanted = item_filter(RunFilter.model_validate(run.filter))
    walked = walk_items(session, run.project_id, wanted, after=run.cursor, limit=chunk_items * chunks)
    ready = chunk_queries.list_ready_items(session, walked.keys)
    parts = [ready[start : start + chunk_items] for start in range(0, len(ready), chunk_items)]
    for number, items in enumerate(parts, run.chunks + 1):
        chunk_id = chunk_queries.insert_chunk(
            session, run_id=run.id, client_org=run.client_org, number=number, items=items
        )
        announce_chunk(session, run, chunk_id)
    run_queries.advance(
        session,
        run.id,
        cursor=walked.next or (walked.keys[-1] if walked.keys else run.cursor),
        is_cut=walked.next is None,
        items=len(ready),
        chunks=len(parts),
    )
    return walked.next is not None


def find_chunk(session: Session, chunk_id: int) -> Chunk | None:
    """Find a chunk that waits, of a run that goes on; a repeated or late message finds none.

    Images that are not ready any more are left out.
    """
    row = chunk_queries.find_waiting_chunk(session, chunk_id)
    if row is None:
        return None
    model = find_model(session, project_id=row.project_id, mapping_id=row.mapping_id)
    assert model is not None, "a foreign key holds the mapping"
    found = chunk_queries.list_chunk_items(session, row)
    return Chunk(
        id=row.id,
        run_id=row.run_id,
        client_org=row.client_org,
        project_id=row.project_id,
        model=model,
        show=row.show,
        items=tuple(
            ChunkItem(
                item_id=item.item_id,
                image_id=item.image_id,
                sha256=item.sha256,
                width=item.width,
                height=item.height,
                output=None if item.output is None else OBJECTS.validate_python(item.output),
                has_prediction=item.has_prediction,
            )
            for item in found
        ),
    )


def claim_chunk(session: Session, chunk_id: int, *, for_s: float) -> datetime | None:
    """Keep a chunk from all other workers, `for_s` from now; return until when, None when it cannot be had."""
    return chunk_queries.hold_chunk(session, chunk_id, held_until=None, for_s=for_s, has_progressed=False)


def extend_claim(
    session: Session, chunk_id: int, *, held_until: datetime, for_s: float, has_progressed: bool
) -> datetime | None:
    """Keep a claimed chunk for longer; None when it is not held any more. With 0 s it is anybody's at once.

    One that `has_progressed` is not given up for how often it was announced before.
    """
    return chunk_queries.hold_chunk(
        session, chunk_id, held_until=held_until, for_s=for_s, has_progressed=has_progressed
    )


def is_waiting(session: Session, chunk_id: int) -> bool:
    """Tell whether a chunk still waits, of a run that goes on, whoever holds it."""
    return chunk_queries.is_waiting(session, chunk_id)


@dataclass(frozen=True, slots=True)
class Saved:
    """How many objects a prediction has, and whether its chunk `goes_on`: else nobody waits for more of it."""

    objects: int
    goes_on: bool


def save_result(
    session: Session, chunk: Chunk, item: ChunkItem, objects_raw: tuple[LabelObject, ...], took_ms: float | None
) -> Saved:
    """Store what the model says of an item's image, and what it becomes in the project's classes.

    `objects_raw` are in the model's own classes; where an earlier try stored an output, that one counts. `took_ms` is
    the image's own share of the time; None when nothing was computed. With `chunk.show` a task that nobody has begun
    shows the prediction, unless it is of the hidden arm, or the run does not go on.
    """
    raw = item.output
    if raw is None:
        raw = save_output(
            session,
            client_org=chunk.client_org,
            image_id=item.image_id,
            model_version_id=chunk.model.model_version_id,
            objects=objects_raw,
            took_ms=took_ms,
        )
    prediction_id, objects = store_prediction(
        session,
        client_org=chunk.client_org,
        project_id=chunk.project_id,
        image_id=item.image_id,
        model=chunk.model,
        raw=raw,
    )
    goes_on = chunk_queries.is_waiting(session, chunk.id)
    if chunk.show and goes_on:
        task = lock_unbegun(session, item.item_id)
        if task is not None:
            show_prediction(session, task_id=task.id, prediction_id=prediction_id)
    return Saved(len(objects), goes_on)


def end_chunk(
    session: Session,
    chunk: Chunk,
    *,
    done: int,
    failed: int,
    objects: int,
    problems: Sequence[RunProblem],
    took_s: float,
    is_whole: bool = True,
) -> bool:
    """Settle a chunk; the last one of a run that is cut completes it. False when the chunk waits no more.

    `done` and `failed` count images, `objects` those of their predictions; `problems` has a line for each failed image.
    One that was left before it was whole is settled only where its run was cancelled: then it counts as it is.
    """
    run = run_queries.lock_run(session, chunk.run_id)  # the run first: then two last chunks see one another
    assert run is not None, "a foreign key holds the run"
    told = [{"image_id": p.image_id, "problem": p.problem[:MOST_CHARACTERS]} for p in problems[:MOST_PROBLEMS]]
    if not chunk_queries.end_chunk(
        session, chunk.id, done=done, failed=failed, objects=objects, problems=told, took_s=took_s, is_whole=is_whole
    ):
        return False
    if run.is_cut and run.state == RunState.RUNNING:
        _complete_if_settled(session, run)
    return True


def pause_chunks(session: Session, run_id: int, *, reason: str | None = None) -> None:
    """Pause a run that `lock_run` holds; `reason` is there when nobody asked for it."""
    run_queries.set_state(session, run_id, state=RunState.PAUSED.value, reason=reason)
    chunk_queries.set_chunk_states(session, run_id, of=(ChunkState.WAITING.value,), to=ChunkState.PAUSED.value)


def pause_unusable(session: Session, chunk: Chunk, why: str) -> bool:
    """Pause the run of a chunk whose model cannot be used, until somebody has mended that; False when it is not wanted.

    Images without a result stay undone, and are met again when the run is resumed.
    """
    run = run_queries.lock_run(session, chunk.run_id)
    assert run is not None, "a foreign key holds the run"
    if run.state != RunState.RUNNING or not chunk_queries.is_waiting(session, chunk.id):
        return False
    reason = f"the model cannot be used: {why[:MOST_CHARACTERS]}. Resume the run once that is mended, or cancel it"
    pause_chunks(session, run.id, reason=reason)
    return True


def _complete_if_settled(session: Session, run: RunRow) -> None:
    """End a cut run whose chunks have all settled, and tell who asked for it. Failed: not one image was done."""
    if chunk_queries.has_unsettled_chunk(session, run.id):
        return
    progress = run_queries.sum_chunks(session, [run.id]).get(run.id, Progress())
    failure = None
    if progress.failed and not progress.done:
        first = chunk_queries.list_problems(session, run.id)[:1]
        why = f", image {first[0].image_id} for this: {first[0].problem}" if first else ""
        failure = f"not one of its {progress.failed} images could be run{why}"
    run_queries.end_run(
        session,
        run.id,
        state=(RunState.COMPLETE if failure is None else RunState.FAILED).value,
        reason=failure,
        items=progress.done + progress.failed,  # images that were put aside since they were cut are not counted
    )
    _tell(session, run, progress, failure)


def _tell(session: Session, run: RunRow, progress: Progress, failure: str | None) -> None:
    """Tell other systems, and whoever asked for the run."""
    failed = failure is not None
    emit(
        session,
        EventKind.RUN_FAILED if failed else EventKind.RUN_COMPLETE,
        client_org=run.client_org,
        project_id=run.project_id,
        aggregate_id=run.id,
        purpose=run.purpose,
        mapping_id=run.mapping_id,
        model=run.model,
        version=run.version,
        done=progress.done,
        failed=progress.failed,
        objects=progress.objects,
        reason=failure,
    )
    notify(
        session,
        organisation_id=run.client_org,
        member_id=run.requested_by,
        kind=NotificationKind.RUN_FAILED if failed else NotificationKind.RUN_READY,
        project_id=run.project_id,
        run_id=run.id,
        name=run.name,
        model=run.model,
        version=run.version,
        failed=progress.failed,
        reason=failure,
    )
