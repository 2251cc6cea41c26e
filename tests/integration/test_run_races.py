"""Runs whose messages come twice, late, in any order or not at all; people pause, resume and cancel meanwhile."""

import random
import threading
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from domain.runs import requesting
from domain.runs.service import cut_next, end_chunk, find_chunk
from domain.scope import Scope
from schema.enums import Topic
from tests.harness import Job, Stack, make_job
from tests.integration.modelled import (
    act,
    add_mapping,
    add_model,
    handle,
    run_chunk,
    show_run,
    start_run,
    take_messages,
    work_off,
)
from tests.integration.pictures import disc_png

PICTURES = 7


@pytest.fixture
def job(stack: Stack) -> Job:
    made = make_job(stack)
    for number in range(PICTURES):
        stack.put(made.bucket, f"{number}.png", disc_png(number))
    stack.pump()
    return made


@pytest.fixture
def run(job: Job) -> dict[str, Any]:
    return start_run(job, add_mapping(job, add_model(job)))


def count(job: Job, table: str) -> int:
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def chunk_states(job: Job) -> list[str]:
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        return list(session.execute(text("SELECT state FROM model_run_chunk ORDER BY number")).scalars())


def cut_whole(job: Job) -> list[dict[str, Any]]:
    """Handle only what cuts; return the messages about chunks."""
    chunks = []
    while messages := take_messages(job):
        for message in messages:
            if message["type"] == "run":
                handle(job, message)
            else:
                chunks.append(message)
    return chunks


def ready_lines(job: Job) -> int:
    return sum(n["kind"] == "run_ready" for n in job.client.call("GET", "/v1/me/notifications")["items"])


@pytest.mark.parametrize("seed", range(3))
def test_repeated_and_reordered_messages_do_the_work_once(job: Job, run: dict[str, Any], seed: int) -> None:
    rng = random.Random(seed)
    waiting: list[dict[str, Any]] = []
    while waiting or (waiting := take_messages(job)):
        message = waiting.pop(rng.randrange(len(waiting)))
        handle(job, message)
        if rng.random() < 0.4:
            handle(job, message)
        waiting += take_messages(job)
    done = show_run(job, run)
    assert (done["state"], done["items"], done["done"], done["objects"]) == ("complete", 7, 7, 7)
    assert (count(job, "model_output"), count(job, "prediction"), ready_lines(job)) == (7, 7, 1)


def test_each_step_cuts_a_bounded_part_and_is_announced_anew(job: Job, run: dict[str, Any]) -> None:
    [first] = take_messages(job)
    handle(job, first)
    assert [m["type"] for m in sorted(take_messages(job), key=lambda m: str(m["type"]))] == ["chunk", "chunk", "run"]
    assert (show_run(job, run)["items"], show_run(job, run)["is_cut"]) == (4, False)


def test_worker_that_dies_in_the_middle_of_a_cut_leaves_nothing_half_done(job: Job, run: dict[str, Any]) -> None:
    scope = Scope(job.client.organisation_id)

    def die_before_the_commit() -> None:
        with job.stack.database.begin(scope) as session:
            assert cut_next(session, run["id"], chunk_items=2, chunks=1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die_before_the_commit()
    assert (chunk_states(job), show_run(job, run)["items"]) == ([], 0)
    work_off(job)
    assert (show_run(job, run)["state"], show_run(job, run)["done"]) == ("complete", 7)


def test_worker_that_dies_in_the_middle_of_a_chunk_is_followed_by_one_that_asks_for_the_rest(
    job: Job, run: dict[str, Any]
) -> None:
    first, *_ = cut_whole(job)
    seen: list[int] = []

    def die_at_the_second(item: Any) -> Any:
        if seen:
            raise KeyboardInterrupt
        seen.append(item.image_id)
        return ()

    with pytest.raises(KeyboardInterrupt):
        handle(job, first, die_at_the_second)
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        chunk = find_chunk(session, first["chunk_id"])
    assert chunk is not None
    assert [(i.image_id in seen, i.output is not None, i.has_prediction) for i in chunk.items] == [
        (True, True, True),
        (False, False, False),
    ]


def test_pause_holds_the_chunks_and_what_is_in_hand_is_met_again(job: Job, run: dict[str, Any]) -> None:
    first, *rest = cut_whole(job)
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        in_hand = find_chunk(session, first["chunk_id"])
    assert in_hand is not None
    assert act(job, run, "pause")["state"] == "paused"
    assert set(chunk_states(job)) == {"paused"}
    assert not run_chunk(job, in_hand)
    for message in rest:
        handle(job, message)
    assert (count(job, "prediction"), show_run(job, run)["done"]) == (len(in_hand.items), 0)
    assert act(job, run, "resume")["state"] == "running"
    work_off(job)
    assert (show_run(job, run)["state"], show_run(job, run)["done"]) == ("complete", 7)


def test_resumed_run_releases_its_chunks_in_bounded_steps(job: Job, run: dict[str, Any]) -> None:
    cut_whole(job)
    act(job, run, "pause")
    act(job, run, "resume")
    [message] = take_messages(job)
    handle(job, message)
    assert chunk_states(job) == ["waiting", "waiting", "paused", "paused"]
    work_off(job)
    assert show_run(job, run)["state"] == "complete"


def test_run_that_is_paused_before_it_is_cut_goes_on_where_it_was(job: Job, run: dict[str, Any]) -> None:
    [first] = take_messages(job)
    handle(job, first)
    act(job, run, "pause")
    work_off(job)
    assert (show_run(job, run)["items"], show_run(job, run)["done"]) == (4, 0)
    act(job, run, "resume")
    work_off(job)
    assert (show_run(job, run)["state"], show_run(job, run)["done"]) == ("complete", 7)


def test_cancelled_run_takes_no_results_and_keeps_those_it_has(job: Job, run: dict[str, Any]) -> None:
    first, *rest = cut_whole(job)
    handle(job, first)
    cancelled = act(job, run, "cancel")
    assert (cancelled["state"], cancelled["done"], cancelled["finished_at"] is not None) == ("cancelled", 2, True)
    for message in rest:
        handle(job, message)
    assert chunk_states(job) == ["done", "cancelled", "cancelled", "cancelled"]
    assert (show_run(job, run)["done"], count(job, "prediction"), ready_lines(job)) == (2, 2, 0)


@pytest.mark.parametrize(
    ("verbs", "refused"),
    [
        ((), "resume"),
        (("pause",), "pause"),
        (("cancel",), "pause"),
        (("cancel",), "resume"),
        (("cancel",), "cancel"),
    ],
)
def test_state_that_forbids_a_verb_says_so(job: Job, run: dict[str, Any], verbs: tuple[str, ...], refused: str) -> None:
    for verb in verbs:
        act(job, run, verb)
    state = show_run(job, run)["state"]
    problem = act(job, run, refused, expect=409)
    assert (problem["code"], problem["facts"]["state"]) == ("conflict", state)


def blocked(admin_url: str) -> bool:
    with psycopg.connect(admin_url) as admin:
        found = admin.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ).fetchone()
    return found is not None and found[0] > 0


def meanwhile(admin_url: str, second: threading.Thread) -> None:
    """Start a thread and wait until it waits for a lock that somebody holds."""
    second.start()
    while not blocked(admin_url):
        assert second.is_alive(), "it ended without waiting"


def test_pause_that_meets_a_cut_waits_and_holds_the_new_chunks_too(
    job: Job, run: dict[str, Any], admin_url: str
) -> None:
    pausing = threading.Thread(target=lambda: act(job, run, "pause"))
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        cut_next(session, run["id"], chunk_items=2, chunks=2)
        meanwhile(admin_url, pausing)
    pausing.join()
    assert chunk_states(job) == ["paused", "paused"]


def test_cut_that_meets_a_pause_waits_and_cuts_nothing(job: Job, run: dict[str, Any], admin_url: str) -> None:
    cut: list[bool] = []

    def cutting() -> None:
        with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
            cut.append(cut_next(session, run["id"], chunk_items=2, chunks=2))

    second = threading.Thread(target=cutting)
    actor = job.stack.actor(job.client)
    with job.stack.database.begin(actor.scope) as session:
        requesting.pause_run(session, actor, job.project_id, run["id"])
        meanwhile(admin_url, second)
    second.join()
    assert (cut, chunk_states(job)) == ([False], [])


def test_chunk_that_ends_while_its_run_is_cancelled_counts_what_was_done(
    job: Job, run: dict[str, Any], admin_url: str
) -> None:
    first, *_ = cut_whole(job)
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        chunk = find_chunk(session, first["chunk_id"])
    assert chunk is not None
    ended: list[bool] = []
    second = threading.Thread(target=lambda: ended.append(run_chunk(job, chunk)))
    actor = job.stack.actor(job.client)
    with job.stack.database.begin(actor.scope) as session:
        requesting.cancel_run(session, actor, job.project_id, run["id"])
        meanwhile(admin_url, second)
    second.join()
    assert (ended, show_run(job, run)["state"], show_run(job, run)["done"]) == ([False], "cancelled", 2)


def test_two_last_chunks_that_end_at_once_complete_the_run_once(job: Job, run: dict[str, Any], admin_url: str) -> None:
    *before, one, other = cut_whole(job)
    for message in before:
        handle(job, message)
    scope = Scope(job.client.organisation_id)
    with job.stack.database.begin(scope) as session:
        chunk = find_chunk(session, one["chunk_id"])
    assert chunk is not None
    second = threading.Thread(target=lambda: handle(job, other))
    with job.stack.database.begin(scope) as session:
        end_chunk(session, chunk, done=2, failed=0, objects=0, problems=(), took_s=0.1)
        meanwhile(admin_url, second)
    second.join()
    assert (show_run(job, run)["state"], show_run(job, run)["done"], ready_lines(job)) == ("complete", 7, 1)


def test_chunk_that_the_sweep_gives_up_counts_as_failed_and_the_run_completes(
    job: Job, run: dict[str, Any], admin_url: str
) -> None:
    lost, *rest = cut_whole(job)
    for message in rest:
        handle(job, message)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("UPDATE model_run_chunk SET resent = 100 WHERE id = %s", [lost["chunk_id"]])
    job.stack.receive_all(Topic.RUN)
    job.stack.sweep()  # gives the chunk up, and announces the run that goes on
    assert chunk_states(job)[0] == "failed"
    work_off(job)
    done = show_run(job, run)
    assert (done["state"], done["done"], done["failed"], len(done["problems"])) == ("complete", 5, 2, 2)
    assert "given up" in done["problems"][0]["problem"]
