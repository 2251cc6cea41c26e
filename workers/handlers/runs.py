"""Runs of a model over a project: a run is cut into chunks, and a chunk's images go through the model.

What an image gave is stored at once. A chunk that is begun again, for its worker died or was told to go, or its run was
paused, computes only what is missing, so it may outlast `drain_s`.
"""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import structlog

from domain.errors import Unavailable
from domain.runs.queries.chunks import RunProblem
from domain.runs.service import Chunk, ChunkItem, cut_next, end_chunk, find_chunk, pause_unusable, save_result
from runtime.spans import span
from schema.enums import ModelState
from schema.messages import ChunkMessage, RunMessage
from workers.envelope import parse_message
from workers.handlers.held_chunk import held
from workers.inference import figures
from workers.inference.course import Course
from workers.inference.engine import Prediction
from workers.inference.prelabelling import Image, finish, read_picture
from workers.models.failures import ModelFailed, ModelUnusable
from workers.work import Work, client_scope

log = structlog.get_logger()
# So many chunks are cut in one transaction; each run has its turn in the queue before it is cut further.
CHUNKS = 8
Result = TypeVar("Result")


def handle(work: Work, body: dict[str, Any]) -> None:
    message = parse_message(body, RunMessage, ChunkMessage)
    if isinstance(message, RunMessage):
        with work.database.begin(client_scope(message.client_org)) as session:
            cut_next(session, message.run_id, chunk_items=work.settings.chunk_items, chunks=CHUNKS)
    elif isinstance(message, ChunkMessage):
        _run_chunk(work, message)


@dataclass(frozen=True, slots=True)
class _Done:
    """How an item ended: how many objects it has, or why it has none."""

    objects: int = 0
    problem: RunProblem | None = None


class _NotBegun(Exception):
    """The course stopped before the item's turn."""


def _run_chunk(work: Work, message: ChunkMessage) -> None:
    course = Course()
    with held(work, message, course) as is_held:
        if not is_held:
            log.info("chunk_not_held", chunk_id=message.chunk_id)
            return
        with work.database.begin(client_scope(message.client_org)) as session:
            chunk = find_chunk(session, message.chunk_id)
        if chunk is not None:
            _run_held(work, chunk, course)


def _run_held(work: Work, chunk: Chunk, course: Course) -> None:
    started = perf_counter()
    with span("chunk", chunk_id=chunk.id, run_id=chunk.run_id, items=len(chunk.items)) as step:
        done = _run_items(work, chunk, course)
        problems = [d.problem for d in done if d.problem is not None]
        step.set(failed=len(problems))
    took_s = perf_counter() - started
    objects = sum(d.objects for d in done)
    with work.database.begin(client_scope(chunk.client_org)) as session:
        is_paused = course.unusable is not None and pause_unusable(session, chunk, course.unusable)
        is_ended = end_chunk(
            session,
            chunk,
            done=len(done) - len(problems),
            failed=len(problems),
            objects=objects,
            problems=problems,
            took_s=took_s,
            is_whole=len(done) == len(chunk.items),
        )
    if is_paused:
        log.warning("run_paused", run_id=chunk.run_id, chunk_id=chunk.id, reason=course.unusable)
    log.info(
        "chunk_run" if is_ended else "chunk_left",
        chunk_id=chunk.id,
        run_id=chunk.run_id,
        images=len(done),
        failed=len(problems),
        objects=objects,
        took_s=took_s,
    )


def _run_items(work: Work, chunk: Chunk, course: Course) -> list[_Done]:
    """Run the items, in their order, until the course stops; tell how those ended that came to an end.

    Raises an outage, or what else is no fault of an item, once the others under way have ended. Pictures, and masks of
    them, are held of so many items at a time as keep all stages busy.
    """
    threads = work.engine.threads
    room = threading.Semaphore(work.engine.most_under_way)
    ended: list[Future[_Done | None]] = []

    def leave(end: Future[_Done | None]) -> None:
        if end.exception() is not None:
            course.stop()
        room.release()

    with ThreadPoolExecutor(threads, "chunk-read") as reading, ThreadPoolExecutor(threads, "chunk-write") as writing:
        for item in chunk.items:
            room.acquire()
            if course.is_stopped:
                break
            begun = _submit(reading, partial(_begin, work, chunk, item, course))
            end = _submit(writing, partial(_finish, work, chunk, item, course, begun))
            end.add_done_callback(leave)
            ended.append(end)
        return [done for end in ended if (done := end.result()) is not None]


def _submit(pool: ThreadPoolExecutor, work: Callable[[], Result]) -> Future[Result]:
    """Have a thread work in a copy of this one's context: log lines and spans belong to the chunk."""
    return pool.submit(contextvars.copy_context().run, work)


def _begin(work: Work, chunk: Chunk, item: ChunkItem, course: Course) -> Prediction | None:
    if course.is_stopped:
        raise _NotBegun
    if item.output is not None:
        return None
    if chunk.model.state is not ModelState.READY:
        raise ModelUnusable(f"its version is {chunk.model.state.value}")
    try:
        picture = read_picture(work.bucket, Image(item.image_id, chunk.client_org, item.sha256))
    except Unavailable as error:  # one picture that cannot be read holds up no chunk
        raise ModelFailed(error.message) from error
    return work.engine.predict(chunk.model, picture)


def _finish(
    work: Work, chunk: Chunk, item: ChunkItem, course: Course, begun: Future[Prediction | None]
) -> _Done | None:
    try:
        prediction = begun.result()
        if prediction is None:
            objects, took_ms = item.output or (), None
        else:
            objects, took_ms = finish(prediction, chunk.model.card)
    except _NotBegun:
        return None
    except ModelUnusable as failure:
        course.stop_for_model(str(failure))
        return None
    except ModelFailed as failure:
        log.warning("image_not_run", chunk_id=chunk.id, image_id=item.image_id, reason=str(failure))
        return _Done(problem=RunProblem(item.image_id, str(failure)))
    started = perf_counter()
    with work.database.begin(client_scope(chunk.client_org)) as session:
        saved = save_result(session, chunk, item, objects, took_ms)
    figures.stage_seconds("store").observe(perf_counter() - started)
    course.note_progress()
    if not saved.goes_on:
        course.stop()
    return _Done(objects=saved.objects)
