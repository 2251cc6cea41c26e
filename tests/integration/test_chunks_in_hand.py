"""Chunks that the worker's own handler computes, with a model of the test: two deliveries at once, runs that are paused
or cancelled meanwhile, a model that cannot be used, and how much is held at a time."""

import json
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray
from sqlalchemy import text

from domain.runs.service import claim_chunk, cut_next, extend_claim
from domain.scope import Scope
from schema.enums import Topic
from tests.harness import Job, Stack, make_job
from tests.integration.modelled import act, add_mapping, add_model, set_model_state, show_run, start_run
from tests.integration.pictures import disc_png
from workers.handlers import runs
from workers.inference.batching import Said
from workers.inference.engine import Prediction
from workers.models.failures import ModelFailed, ModelUnusable
from workers.models.protocols import Detections

pytestmark = pytest.mark.slow

PICTURES = 7


@dataclass
class MadeUp:
    """An engine that finds one object a picture; `meanwhile` is called with how many were asked for before."""

    meanwhile: Callable[[int], None] = lambda _: None
    threads: int = 1
    most_under_way: int = 2
    asked: int = 0
    said: list[weakref.ref[NDArray[np.float64]]] = field(default_factory=list)
    most_alive: int = 0

    def predict(self, model: Any, picture: NDArray[np.uint8]) -> Prediction:
        self.meanwhile(self.asked)
        self.asked += 1
        boxes = np.array([[10.0, 10.0, 60.0, 60.0]])
        self.said.append(weakref.ref(boxes))
        self.most_alive = max(self.most_alive, sum(one() is not None for one in self.said))
        told: Future[Said] = Future()
        told.set_result(Said(Detections(boxes, np.array([0.9]), np.array([0])), 0.01))
        return Prediction(picture.shape[0], picture.shape[1], (), [told], False)


@pytest.fixture
def job(stack: Stack) -> Job:
    made = make_job(stack)
    for number in range(PICTURES):
        stack.put(made.bucket, f"{number}.png", disc_png(number))
    stack.pump()
    return made


def chunks_of(job: Job, run: dict[str, Any]) -> list[dict[str, Any]]:
    """Cut a run into one chunk, or release it; return the messages about chunks."""
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        cut_next(session, run["id"], chunk_items=100, chunks=1)
    job.stack.relay()
    envelopes = [dict(json.loads(body)) for body in job.stack.receive_all(Topic.RUN)]
    return [envelope for envelope in envelopes if envelope["body"]["type"] == "chunk"]


@pytest.fixture
def run(job: Job) -> dict[str, Any]:
    return start_run(job, add_mapping(job, add_model(job)), show=True)


@pytest.fixture
def message(job: Job, run: dict[str, Any]) -> dict[str, Any]:
    [message] = chunks_of(job, run)
    return message


def work(job: Job, message: dict[str, Any], engine: MadeUp) -> MadeUp:
    """Handle a message as a worker does whose messages are hidden for 2 s: it holds chunks for 1 s."""
    settings = job.stack.settings.model_copy(update={"visibility_timeout_s": 2})
    runs.handle(replace(job.stack.work, engine=engine, settings=settings), message)  # type: ignore[arg-type]
    return engine


def count(job: Job, condition: str) -> int:
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        return int(session.execute(text(f"SELECT count(*) FROM {condition}")).scalar_one())


def test_chunk_that_outlasts_every_deadline_is_announced_no_more_and_computed_once(
    job: Job, run: dict[str, Any], message: dict[str, Any]
) -> None:
    second = MadeUp()

    def be_slow(asked: int) -> None:
        if asked == 1:
            deadline = time.monotonic() + 2.5  # longer than a hold
            while time.monotonic() < deadline:
                job.stack.sweep()  # the deadline of states is 0 s here
            work(job, message, second)

    first = work(job, message, MadeUp(be_slow))
    job.stack.relay()
    assert [json.loads(m)["body"]["type"] for m in job.stack.receive_all(Topic.RUN) if "chunk_id" in m] == []
    assert (first.asked, second.asked) == (PICTURES, 0)
    assert (show_run(job, run)["state"], show_run(job, run)["done"]) == ("complete", PICTURES)


def test_chunk_of_a_worker_that_died_is_taken_over_soon(job: Job, run: dict[str, Any], message: dict[str, Any]) -> None:
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        assert claim_chunk(session, message["body"]["chunk_id"], for_s=1.0) is not None
    assert work(job, message, MadeUp()).asked == PICTURES
    assert show_run(job, run)["state"] == "complete"


def test_chunk_that_a_fault_ended_is_free_at_once(job: Job, message: dict[str, Any]) -> None:
    def fail(asked: int) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        work(job, message, MadeUp(fail))
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        assert claim_chunk(session, message["body"]["chunk_id"], for_s=1.0) is not None


@pytest.mark.parametrize(("has_progressed", "resent"), [(True, 0), (False, 4)])
def test_only_progress_takes_back_how_often_a_chunk_was_announced(
    job: Job, message: dict[str, Any], admin_url: str, has_progressed: bool, resent: int
) -> None:
    chunk_id = message["body"]["chunk_id"]
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("UPDATE model_run_chunk SET resent = 4")
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        held_until = claim_chunk(session, chunk_id, for_s=1.0)
        assert held_until is not None
        assert extend_claim(session, chunk_id, held_until=held_until, for_s=2.0, has_progressed=has_progressed)
    assert count(job, f"model_run_chunk WHERE resent = {resent}") == 1


@pytest.mark.parametrize(("verb", "state", "done"), [("cancel", "cancelled", 4), ("pause", "paused", 0)])
def test_run_that_is_ended_or_paused_stops_what_is_in_hand_and_shows_no_more(
    job: Job, run: dict[str, Any], message: dict[str, Any], verb: str, state: str, done: int
) -> None:
    def intervene(asked: int) -> None:
        if asked == 3:
            while count(job, "task WHERE shown_prediction_id IS NOT NULL") < 2:
                time.sleep(0.01)
            act(job, run, verb)

    engine = work(job, message, MadeUp(intervene, most_under_way=1))
    assert engine.asked == count(job, "model_output") == count(job, "prediction") == 4
    assert count(job, "task WHERE shown_prediction_id IS NOT NULL") == 3
    told = show_run(job, run)
    assert (told["state"], told["done"], told["objects"]) == (state, done, done)


def test_paused_run_computes_the_rest_and_shows_all_once_it_is_resumed(
    job: Job, run: dict[str, Any], message: dict[str, Any]
) -> None:
    work(job, message, MadeUp(lambda asked: act(job, run, "pause") and None if asked == 3 else None, most_under_way=1))
    act(job, run, "resume")
    [again] = chunks_of(job, run)
    assert work(job, again, MadeUp()).asked == PICTURES - 4
    assert (show_run(job, run)["state"], show_run(job, run)["done"]) == ("complete", PICTURES)
    assert count(job, "task WHERE shown_prediction_id IS NOT NULL") == PICTURES


def test_worker_whose_chunk_another_one_took_stops_without_settling_it(
    job: Job, run: dict[str, Any], message: dict[str, Any], admin_url: str
) -> None:
    def lose(asked: int) -> None:
        if asked == 2:
            with psycopg.connect(admin_url, autocommit=True) as admin:
                admin.execute("UPDATE model_run_chunk SET state_since = now() + interval '1 minute'")
            time.sleep(1.0)

    assert work(job, message, MadeUp(lose)).asked < PICTURES
    assert count(job, "model_run_chunk WHERE state = 'waiting' AND state_since > now()") == 1
    assert show_run(job, run)["done"] == 0


def test_model_that_cannot_be_used_pauses_its_run_with_the_reason(
    job: Job, run: dict[str, Any], message: dict[str, Any]
) -> None:
    def fail(asked: int) -> None:
        if asked == 2:
            raise ModelUnusable("these weights are none")

    work(job, message, MadeUp(fail))
    told = show_run(job, run)
    assert (told["state"], told["done"], told["failed"], told["problems"]) == ("paused", 0, 0, [])
    assert told["reason"].startswith("the model cannot be used: these weights are none.")
    resumed = act(job, run, "resume")
    assert (resumed["state"], resumed["reason"]) == ("running", None)
    [again] = chunks_of(job, run)
    assert work(job, again, MadeUp()).asked == PICTURES - 2
    assert (show_run(job, run)["state"], show_run(job, run)["done"]) == ("complete", PICTURES)


def test_model_that_is_retired_runs_again_once_it_is_restored(
    job: Job, run: dict[str, Any], message: dict[str, Any]
) -> None:
    set_model_state(job, run["model_version_id"], "retired")
    assert work(job, message, MadeUp()).asked == 0
    assert (show_run(job, run)["state"], "retired" in show_run(job, run)["reason"]) == ("paused", True)
    set_model_state(job, run["model_version_id"], "ready")
    act(job, run, "resume")
    [again] = chunks_of(job, run)
    work(job, again, MadeUp())
    assert show_run(job, run)["state"] == "complete"


def test_model_that_cannot_be_used_leaves_a_cancelled_run_cancelled(
    job: Job, run: dict[str, Any], message: dict[str, Any]
) -> None:
    def fail(asked: int) -> None:
        act(job, run, "cancel")
        raise ModelUnusable("these weights are none")

    work(job, message, MadeUp(fail, most_under_way=1))
    assert (show_run(job, run)["state"], show_run(job, run)["reason"]) == ("cancelled", None)


def test_picture_that_fails_alone_is_a_problem_and_stops_nothing(
    job: Job, run: dict[str, Any], message: dict[str, Any]
) -> None:
    broken = iter([True])

    def fail(asked: int) -> None:
        if asked == 3 and next(broken, False):
            raise ModelFailed("not on this one")

    work(job, message, MadeUp(fail))
    told = show_run(job, run)
    assert (told["state"], told["done"], told["failed"]) == ("complete", PICTURES - 1, 1)


def test_no_more_pictures_are_held_than_keep_the_stages_busy(
    job: Job, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = runs.save_result

    def store_slowly(*arguments: Any) -> Any:
        time.sleep(0.05)
        return stored(*arguments)

    monkeypatch.setattr(runs, "save_result", store_slowly)
    engine = work(job, message, MadeUp(most_under_way=2))
    assert (engine.asked, engine.most_alive) == (PICTURES, 2)
    assert sum(one() is not None for one in engine.said) == 0


def test_outage_ends_the_chunk_before_the_rest_is_computed(job: Job, message: dict[str, Any]) -> None:
    def fail(asked: int) -> None:
        if asked == 2:
            raise TimeoutError

    engine = MadeUp(fail, most_under_way=1)
    with pytest.raises(TimeoutError):
        work(job, message, engine)
    assert engine.asked == 2


def test_two_workers_that_claim_at_once_get_one_chunk(job: Job, message: dict[str, Any]) -> None:
    engines = [MadeUp(lambda _: time.sleep(0.1)) for _ in range(2)]
    threads = [threading.Thread(target=work, args=(job, message, engine)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(engine.asked for engine in engines) == [0, PICTURES]
