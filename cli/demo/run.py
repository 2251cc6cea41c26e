"""`plumbline demo`: the main job on real photographs, through the same doors as everybody: S3, the API, the queues.

Ends with exit code 0 only if every step truly happened.
"""

import json
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.connection import find_api_url, stack_environment
from cli.demo.jobs import PASSWORD, PLANS, YOURS, Cast, Job, make_cast, start_job, upload_pictures, who_signs_in
from cli.demo.outcome import JobOutcome, figures, print_table, read_labels, score_labels, write_demo_report
from cli.demo.people import Settled, label_one, review_one
from cli.demo.personality import ANNOTATORS
from cli.downloading import download_release
from cli.exits import CommandFailed
from cli.launcher import up as stack
from cli.launcher.state import find_state_dir

STEP_TIMEOUT_S = 240.0
POLL_S = 0.25
BEGUN = 3
MOVING = ("waiting", "open", "deciding", "in_review")


class Stages:
    """The seconds each stage took, and a line on stderr as each begins."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, what: str) -> Iterator[None]:
        print(f"• {what} …", file=sys.stderr, flush=True)
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started
        print(f"  {self.seconds[name]:.1f} s", file=sys.stderr, flush=True)


def run_demo(*, once: bool) -> int:
    """Start the stack unless it runs, do the job, print what happened; stay up until Ctrl-C unless `once`."""
    stages = Stages()
    ours = not _is_running()
    if ours:
        with stages.stage("start", "starting PostgreSQL, S3 + SQS, API and workers"):
            stack.up(detach=True)
    try:
        complete = _run(stages)
        if not once:
            _stay_up()
    finally:
        if ours:
            stack.down()
    return 0 if complete else 1


def _is_running() -> bool:
    found = find_state_dir().read_stack()
    return found is not None and found.launcher.is_alive() and found.ready


def _run(stages: Stages) -> bool:
    environment, api_url = stack_environment(), find_api_url()
    folder = find_state_dir().root / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    with stages.stage("people", "a client, a vendor, three annotators and a supervisor sign up"):
        cast = make_cast(environment, api_url=api_url)
        bucket = f"demo-photos-{cast.vendor_org}"
        jobs = [start_job(environment, cast, plan, bucket=bucket) for plan in PLANS]
    with stages.stage("pipeline", f"pictures go into s3://{bucket} and through ingest and pre-labelling"):
        uploaded = sum(upload_pictures(environment, job) for job in jobs)
        for job in jobs:
            _wait_until_open(cast, job)
    with (
        stages.stage("labelling", "annotators label, consensus is measured, the supervisor settles what is contested"),
        ThreadPoolExecutor() as projects,  # side by side: most of the time is the undo window of each round
    ):
        done = list(projects.map(lambda job: _label(cast, job), jobs))
    with stages.stage("release", "accepted labels are released as COCO and read back"):
        outcomes = [_release(cast, job, *done[i], folder) for i, job in enumerate(jobs)]
    with stages.stage("yours", f"the project '{YOURS.name}' is begun and left to you"):
        _begin(cast, start_job(environment, cast, YOURS, bucket=bucket), environment)
    result = figures(outcomes, stages.seconds, folder)
    report = write_demo_report(folder, outcomes, result)
    print_table(outcomes)
    print(f"\nReport with contact sheets: {report.as_uri()}\nAPI: {api_url}  (documentation at {api_url}/docs)\n")
    print(f"Sign in at {api_url}/sign-in with the password '{PASSWORD}' as:")
    for what, email in who_signs_in(cast):
        print(f"  {email:<36} {what}")
    print()
    missing = _missing(result, outcomes, uploaded=uploaded)
    for line in missing:
        print(f"NOT DONE: {line}", file=sys.stderr)
    print(json.dumps(result), flush=True)
    return not missing


def _missing(result: Mapping[str, Any], outcomes: list[JobOutcome], *, uploaded: int) -> list[str]:
    """List what did not happen."""
    expected = {
        "every uploaded picture became a task": result["images"] == uploaded,
        "every task was accepted": result["tasks_accepted"] == uploaded,
        "something was contested and settled": result["contested"] > 0,
        "agreement was measured": None not in (result["mean_match_f1"], result["mean_iou"], result["alpha"]),
        "every accepted picture is in a release": sum(len(o.labels) for o in outcomes) == uploaded,
        "labels were held against the truth": result["mean_iou_to_truth"] is not None,
    }
    return [what for what, happened in expected.items() if not happened]


def _wait_until_open(cast: Cast, job: Job) -> None:
    wanted = len(job.pictures)

    def is_open() -> bool:
        progress = cast.client.call("GET", f"/v1/projects/{job.project_id}/progress")
        if progress["quarantined"]:
            raise CommandFailed(f"{progress['quarantined']} demo pictures were quarantined; see GET /v1/images")
        opened: int = sum(n for state, n in progress["tasks"].items() if state != "waiting")
        return opened >= wanted

    _wait(is_open, f"{job.plan.name}: {wanted} open tasks")


def _label(cast: Cast, job: Job) -> tuple[dict[str, int], dict[str, Settled]]:
    """Let people take turns until nothing moves; return pre-label counts and what the supervisor settled."""
    truth = job.plan.truth()
    prelabels: dict[str, int] = {}
    settled: dict[str, Settled] = {}
    deadline = time.monotonic() + STEP_TIMEOUT_S
    while time.monotonic() < deadline:
        busy = False
        for person, connection in zip(ANNOTATORS, cast.annotators, strict=True):
            labelled = label_one(connection, person, project_id=job.project_id, truth=truth, prefix=job.prefix)
            if labelled is not None:
                busy = True
                if labelled.prelabels is not None:
                    prelabels[labelled.picture] = labelled.prelabels
        reviewed = review_one(cast.supervisor, project_id=job.project_id, truth=truth, prefix=job.prefix)
        if reviewed is not None:
            busy = True
            settled[reviewed.picture] = reviewed
        if busy:
            continue
        tasks = cast.client.call("GET", f"/v1/projects/{job.project_id}/progress")["tasks"]
        if not any(tasks.get(state) for state in MOVING):
            return prelabels, settled
        time.sleep(POLL_S)
    raise CommandFailed(f"{job.plan.name}: still moving after {STEP_TIMEOUT_S:.0f} s; see: plumbline status")


def _begin(cast: Cast, job: Job, environment: Mapping[str, str]) -> None:
    """Have two people label the first pictures, so that something is contested, and leave the rest."""
    upload_pictures(environment, job)
    _wait_until_open(cast, job)
    for person, connection in list(zip(ANNOTATORS, cast.annotators, strict=True))[:2]:
        for _ in range(BEGUN):
            label_one(connection, person, project_id=job.project_id, truth=job.plan.truth(), prefix=job.prefix)


def _release(
    cast: Cast,
    job: Job,
    prelabels: dict[str, int],
    settled: dict[str, Settled],
    folder: Path,
) -> JobOutcome:
    release_id = cast.client.call("POST", "/v1/releases", json={"project_id": job.project_id})["id"]
    _wait(lambda: _find_release(cast, release_id)["state"] == "complete", f"release {release_id}")
    place = folder / job.plan.slug
    download_release(cast.client, _find_release(cast, release_id), place)
    labels = read_labels(place, prefix=job.prefix)
    tasks = cast.client.call("GET", f"/v1/projects/{job.project_id}/tasks", params={"limit": 200})["items"]
    return JobOutcome(
        job=job,
        agreement=cast.client.call("GET", f"/v1/projects/{job.project_id}/agreement"),
        tasks=tuple(tasks),
        labels=labels,
        prelabels=prelabels,
        settled=settled,
        score=score_labels(job, labels),
    )


def _find_release(cast: Cast, release_id: int) -> dict[str, Any]:
    return dict(cast.client.call("GET", f"/v1/releases/{release_id}"))


def _wait(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + STEP_TIMEOUT_S
    while not happened():
        if time.monotonic() > deadline:
            raise CommandFailed(f"{what}: not there after {STEP_TIMEOUT_S:.0f} s; see: plumbline status")
        time.sleep(POLL_S)


def _stay_up() -> None:
    print("The stack stays up. Press Ctrl-C to stop it.", file=sys.stderr)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    stop.wait()
