"""Models in tests that run none: a version and its mapping are written as they would be, and the worker's part of a run
is played by calling the domain with made-up objects."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from domain.runs.queries.chunks import RunProblem
from domain.runs.service import Chunk, ChunkItem, cut_next, end_chunk, find_chunk, save_result
from domain.scope import Scope
from schema.enums import Topic
from schema.geometry import Box
from schema.ids import new_object_id
from schema.models import ClassMapping, MappedClass, ModelCard, ModelClass, ModelFamily, ModelFile, ModelTask
from schema.objects import LabelObject
from tests.harness import Job

CARD = ModelCard(
    family=ModelFamily.ONNX_BOXES,
    task=ModelTask.BOXES,
    architecture="made up",
    classes=(ModelClass(index=0, name="coin"), ModelClass(index=1, name="button")),
    files=(ModelFile(name="m.onnx", bytes=1, sha256="0" * 64),),
)
CHUNK_ITEMS, CHUNKS = 2, 2
Say = Callable[[ChunkItem], tuple[LabelObject, ...]]


def raw(index: int, score: float | None = 0.9, *, x0: float = 10.0) -> LabelObject:
    """An object in the model's own classes."""
    return LabelObject(id=new_object_id(), class_id=index + 1, shape=Box(x0=x0, y0=10, x1=x0 + 50, y1=60), score=score)


def one_coin(_: ChunkItem) -> tuple[LabelObject, ...]:
    return (raw(0),)


def add_model(job: Job, *, name: str = "made-up", version: str = "1", state: str = "ready") -> int:
    """Write a version of a model of the job's client, as an upload leaves it."""
    statement = text(
        "INSERT INTO model_version (client_org, name, version, card, origin, state, prefix) "
        "VALUES (:org, :name, :version, :card, 'upload', :state, 'org/0/models/0') RETURNING id"
    ).bindparams(bindparam("card", type_=JSONB))
    org = job.client.organisation_id
    values = {"org": org, "name": name, "version": version, "card": CARD.model_dump(mode="json"), "state": state}
    with job.stack.database.begin(Scope(org)) as session:
        return int(session.execute(statement, values).scalar_one())


def set_model_state(job: Job, model_version_id: int, state: str) -> None:
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        session.execute(
            text("UPDATE model_version SET state = :state WHERE id = :id"), {"state": state, "id": model_version_id}
        )


def add_mapping(job: Job, model_version_id: int, classes: dict[int, int | None] | None = None) -> int:
    """Map a model's classes to those of the job's project: index to class id."""
    chosen = {0: 1, 1: 2} if classes is None else classes
    mapping = ClassMapping(classes=tuple(MappedClass(index=i, class_id=c) for i, c in chosen.items()))
    body = mapping.model_dump(mode="json")
    statement = text(
        "INSERT INTO class_mapping (client_org, project_id, model_version_id, digest, body, created_by) "
        "VALUES (:org, :project, :model, :digest, :body, :member) RETURNING id"
    ).bindparams(bindparam("body", type_=JSONB))
    values = {
        "org": job.client.organisation_id,
        "project": job.project_id,
        "model": model_version_id,
        "digest": hashlib.sha256(json.dumps(body).encode()).hexdigest(),
        "body": body,
        "member": job.client.member_id,
    }
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        return int(session.execute(statement, values).scalar_one())


def start_run(job: Job, mapping_id: int, **more: Any) -> dict[str, Any]:
    return dict(job.client.call("POST", f"/v1/projects/{job.project_id}/runs", json={"mapping_id": mapping_id} | more))


def show_run(job: Job, run: dict[str, Any]) -> dict[str, Any]:
    return dict(job.client.call("GET", f"/v1/projects/{job.project_id}/runs/{run['id']}"))


def act(job: Job, run: dict[str, Any], verb: str, **options: Any) -> dict[str, Any]:
    return dict(job.client.call("POST", f"/v1/projects/{job.project_id}/runs/{run['id']}/{verb}", **options))


def take_messages(job: Job) -> list[dict[str, Any]]:
    """Take the messages of the run queue."""
    job.stack.relay()
    return [dict(json.loads(body)["body"]) for body in job.stack.receive_all(Topic.RUN)]


def handle(job: Job, message: dict[str, Any], say: Say = one_coin, *, chunks: int = CHUNKS) -> None:
    """Do what a worker does with one message; `say` gives the objects of an image, or raises ValueError."""
    scope = Scope(job.client.organisation_id)
    if message["type"] == "run":
        with job.stack.database.begin(scope) as session:
            cut_next(session, message["run_id"], chunk_items=CHUNK_ITEMS, chunks=chunks)
        return
    with job.stack.database.begin(scope) as session:
        chunk = find_chunk(session, message["chunk_id"])
    if chunk is not None:
        run_chunk(job, chunk, say)


def run_chunk(job: Job, chunk: Chunk, say: Say = one_coin) -> bool:
    scope = Scope(job.client.organisation_id)
    objects, problems = 0, []
    for item in chunk.items:
        try:
            said = say(item)
        except ValueError as error:
            problems.append(RunProblem(item.image_id, str(error)))
            continue
        with job.stack.database.begin(scope) as session:
            objects += save_result(session, chunk, item, said, 12.5).objects
    done = len(chunk.items) - len(problems)
    with job.stack.database.begin(scope) as session:
        return end_chunk(
            session, chunk, done=done, failed=len(problems), objects=objects, problems=problems, took_s=0.5
        )


def work_off(job: Job, say: Say = one_coin) -> int:
    """Handle messages of runs until none is left; return how many there were."""
    handled = 0
    while messages := take_messages(job):
        for message in messages:
            handle(job, message, say)
        handled += len(messages)
    return handled
