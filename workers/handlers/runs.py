"""Runs of a model over a project: a run is cut into chunks, and a chunk's images go through the model.

What an image gave is stored at once. A chunk that is begun again, for its worker died or was told to go, computes only
what is missing, so it may outlast `drain_s`.
"""

import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import structlog

from domain.errors import Unavailable
from domain.runs.queries.chunks import RunProblem
from domain.runs.service import Chunk, ChunkItem, cut_next, end_chunk, find_chunk, save_result
from runtime.spans import span
from schema.enums import ModelState
from schema.messages import ChunkMessage, RunMessage
from workers.envelope import parse_message
from workers.inference import figures
from workers.inference.engine import Prediction
from workers.inference.prelabelling import Image, finish, read_picture
from workers.models.failures import ModelFailed
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


def _run_chunk(work: Work, message: ChunkMessage) -> None:
    with work.database.begin(client_scope(message.client_org)) as session:
        chunk = find_chunk(session, message.chunk_id)
    if chunk is None:
        return
    started = perf_counter()
    with span("chunk", chunk_id=chunk.id, run_id=chunk.run_id, items=len(chunk.items)) as step:
        done = _run_items(work, chunk)
        problems = [d.problem for d in done if d.problem is not None]
        step.set(failed=len(problems))
    took_s = perf_counter() - started
    objects = sum(d.objects for d in done)
    with work.database.begin(client_scope(message.client_org)) as session:
        is_ended = end_chunk(
            session,
            chunk,
            done=len(done) - len(problems),
            failed=len(problems),
            objects=objects,
            problems=problems,
            took_s=took_s,
        )
    if is_ended:
        log.info(
            "chunk_run",
            chunk_id=chunk.id,
            run_id=chunk.run_id,
            images=len(done),
            failed=len(problems),
            objects=objects,
            took_s=took_s,
        )


def _run_items(work: Work, chunk: Chunk) -> list[_Done]:
    """Run all items; raises an outage, or what else is no fault of an item, once all others have ended."""
    threads = work.engine.threads
    with ThreadPoolExecutor(threads, "chunk-read") as reading, ThreadPoolExecutor(threads, "chunk-write") as writing:
        begun = [_submit(reading, partial(_begin, work, chunk, item)) for item in chunk.items]
        ended = [
            _submit(writing, partial(_finish, work, chunk, item, first))
            for item, first in zip(chunk.items, begun, strict=True)
        ]
        return [end.result() for end in ended]


def _submit(pool: ThreadPoolExecutor, work: Callable[[], Result]) -> Future[Result]:
    """Have a thread work in a copy of this one's context: log lines and spans belong to the chunk."""
    return pool.submit(contextvars.copy_context().run, work)


def _begin(work: Work, chunk: Chunk, item: ChunkItem) -> Prediction | None:
    if item.output is not None:
        return None
    if chunk.model.state is not ModelState.READY:
        raise ModelFailed(f"the model version is {chunk.model.state.value}")
    try:
        picture = read_picture(work.bucket, Image(item.image_id, chunk.client_org, item.sha256))
    except Unavailable as error:  # one picture that cannot be read holds up no chunk
        raise ModelFailed(error.message) from error
    return work.engine.predict(chunk.model, picture)


def _finish(work: Work, chunk: Chunk, item: ChunkItem, begun: Future[Prediction | None]) -> _Done:
    try:
        prediction = begun.result()
        if prediction is None:
            objects, took_ms = item.output or (), None
        else:
            objects, took_ms = finish(prediction, chunk.model.card)
    except ModelFailed as failure:
        log.warning("image_not_run", chunk_id=chunk.id, image_id=item.image_id, reason=str(failure))
        return _Done(problem=RunProblem(item.image_id, str(failure)))
    started = perf_counter()
    with work.database.begin(client_scope(chunk.client_org)) as session:
        shown = save_result(session, chunk, item, objects, took_ms)
    figures.stage_seconds("store").observe(perf_counter() - started)
    return _Done(objects=shown)
