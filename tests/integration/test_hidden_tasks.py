"""The hidden arm: tasks that store what a model says and show it to nobody, in every round, whoever offers it."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from domain.prelabel.rules import is_hidden
from domain.prelabel.service import find_waiting_task, open_plain, open_with_prediction, save_output
from domain.scope import Scope
from schema.enums import Topic
from tests.harness import Job, Stack, box, make_job
from tests.integration.modelled import add_mapping, add_model, raw, start_run, work_off
from tests.integration.pictures import disc_png
from tests.integration.test_imports import coco, request
from tests.integration.test_versions import call, publish

PICTURES = 12


def opened(stack: Stack, share: float, *, with_model: bool = True) -> Job:
    """A job whose pictures got their tasks, pre-labelled by a made-up model, in a project with a hidden arm."""
    job = make_job(stack, annotators=PICTURES)
    policy: dict[str, Any] = {"min_votes": 1, "max_votes": 1, "undo_window_s": 0, "hidden_share": share}
    if with_model:
        policy |= {"prelabeling": "model", "prelabel_mapping_id": add_mapping(job, add_model(job))}
    assert publish(job, "policy", policy).is_success
    for number in range(PICTURES):
        stack.put(job.bucket, f"{number}.png", disc_png(number))
    for body in stack.receive_all(Topic.IMAGES):
        stack.deliver(Topic.IMAGES, body)
    prelabel(job)
    stack.pump()
    return job


def prelabel(job: Job) -> None:
    """Play the worker that opens tasks."""
    job.stack.relay()
    for body in job.stack.receive_all(Topic.PRELABEL):
        message = json.loads(body)["body"]
        with job.stack.database.begin(Scope(message["client_org"])) as session:
            task = find_waiting_task(session, message["task_id"])
            assert task is not None
            if task.model is None:
                open_plain(session, task)
                continue
            said = save_output(
                session,
                client_org=task.client_org,
                image_id=task.image_id,
                model_version_id=task.model_version_id,
                objects=task.output or (raw(0),),
                took_ms=1.0,
            )
            open_with_prediction(session, task, said)


def rows(job: Job, statement: str) -> list[Any]:
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        return list(session.execute(text(statement)))


def arms(job: Job) -> dict[int, tuple[bool, bool]]:
    """Each task: is it of the hidden arm, does it show a prediction."""
    found = rows(job, "SELECT id, hidden_arm, shown_prediction_id IS NOT NULL FROM task ORDER BY id")
    return {task_id: (hidden, shows) for task_id, hidden, shows in found}


def claim_all(job: Job) -> list[dict[str, Any]]:
    return [lease for person in job.annotators if (lease := job.claim(person))]


def test_task_of_the_hidden_arm_stores_its_prediction_and_shows_none(stack: Stack) -> None:
    job = opened(stack, 0.5)
    told = arms(job)
    assert told == {task: (is_hidden(task, 0.5), not is_hidden(task, 0.5)) for task in told}
    assert {hidden for hidden, _ in told.values()} == {True, False}
    assert rows(job, "SELECT count(*) FROM prediction") == [(PICTURES,)]


def test_lease_of_a_hidden_task_looks_like_one_that_no_model_looked_at(stack: Stack) -> None:
    job = opened(stack, 0.5)
    told = arms(job)
    leases = claim_all(job)
    assert len(leases) == PICTURES
    for lease in leases:
        hidden, _ = told[lease["task_id"]]
        assert (lease["prelabels"] is None, lease["prelabel_source"] is None) == (hidden, hidden)
        assert "hidden" not in json.dumps({k: v for k, v in lease.items() if k != "ontology"})
    recorded = map(tuple, rows(job, "SELECT task_id, shown_prediction_id IS NULL FROM lease"))
    assert dict(recorded) == {task: hidden for task, (hidden, _) in told.items()}


def test_annotators_find_no_prediction_elsewhere(stack: Stack) -> None:
    job = opened(stack, 1.0)
    [image, *_] = job.images()
    [item, *_] = job.client.call("GET", f"/v1/projects/{job.project_id}/items")["items"]
    assert item["prelabels"]
    for path in (
        f"/v1/projects/{job.project_id}/items",
        f"/v1/items/{item['id']}",
        f"/v1/images/{image['id']}/predictions",
        f"/v1/tasks/{item['task']['id']}/annotations",
    ):
        assert job.annotators[0].call("GET", path, expect=403)["code"] == "forbidden"


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_next_round_keeps_the_arm_of_the_first(stack: Stack, share: float) -> None:
    job = opened(stack, share)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    job.submit(job.annotators[0], lease, [box(10, 10, 60, 60)])
    stack.pump()
    # Whatever the policy says by now: whoever saw the pre-labels cannot unsee them, and the other way round.
    policy = job.client.call("GET", f"/v1/projects/{job.project_id}/policy")["policy"]
    assert publish(job, "policy", policy | {"hidden_share": 1.0 - share}, seen='"2"').is_success
    path, body = f"/v1/tasks/{lease['task_id']}", {"reason": "once more"}
    seen = call(stack, job.client, "GET", path).headers["ETag"]
    assert call(stack, job.client, "POST", f"{path}/reopen", seen=seen, json=body).is_success
    prelabel(job)
    again = max(arms(job).items())
    assert again[1] == (share == 1.0, share == 0.0)


def test_run_that_shows_passes_hidden_and_begun_tasks_over(stack: Stack) -> None:
    job = opened(stack, 0.5, with_model=False)
    mapping = add_mapping(job, add_model(job))
    begun = job.claim(job.annotators[0])
    assert begun is not None
    start_run(job, mapping, show=True)
    work_off(job)
    told = arms(job)
    assert told == {
        task: (is_hidden(task, 0.5), not is_hidden(task, 0.5) and task != begun["task_id"]) for task in told
    }
    lease = job.annotators[0].call("GET", f"/v1/leases/{begun['lease_id']}")
    assert lease["prelabels"] is None


def test_run_that_does_not_show_changes_no_task(stack: Stack) -> None:
    job = opened(stack, 0.0, with_model=False)
    start_run(job, add_mapping(job, add_model(job)))
    work_off(job)
    assert set(arms(job).values()) == {(False, False)}


def test_imported_labels_are_not_shown_to_hidden_tasks(stack: Stack) -> None:
    job = opened(stack, 0.5, with_model=False)
    request(job, coco({f"{n}.png": [{}] for n in range(PICTURES)}))
    stack.pump()
    told = arms(job)
    assert told == {task: (is_hidden(task, 0.5), not is_hidden(task, 0.5)) for task in told}


def test_set_is_shown_to_tasks_that_nobody_has_begun(stack: Stack) -> None:
    job = opened(stack, 0.5, with_model=False)
    mapping = add_mapping(job, add_model(job))
    start_run(job, mapping)
    work_off(job)
    begun = job.claim(job.annotators[0])
    assert begun is not None
    path = f"/v1/projects/{job.project_id}/prediction-sets/{mapping}/show"
    shown = job.client.call("POST", path)
    free = [t for t in arms(job) if not is_hidden(t, 0.5) and t != begun["task_id"]]
    assert shown == {"tasks_changed": len(free), "tasks_begun": 1, "next": None}
    assert [t for t, (_, shows) in arms(job).items() if shows] == free
    assert job.client.call("POST", path)["tasks_changed"] == 0
