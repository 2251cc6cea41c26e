"""The real stack, all its processes, by its own command: the demonstration, and a death of everything at once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cli import organisations, uploading
from cli.connection import Connection
from cli.launcher.state import STATE_DIR_VARIABLE, StateDir
from cli.uploading import Upload
from schema.enums import OrganisationKind, Role
from tests.harness import ONTOLOGY, POLICY, box
from tests.integration.pictures import disc_box, disc_png
from tests.services import reachable_folder

pytestmark = pytest.mark.slow
TIMEOUT_S = 280


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDir]:
    """A state folder of the test's own; whatever still runs in it at the end is stopped."""
    with reachable_folder(tmp_path) as folder:
        state = StateDir(folder / "state")
        yield state
        plumbline(state, "down")


def plumbline(state: StateDir, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PLUMBLINE_", "AWS_"))}
    return subprocess.run(
        [sys.executable, "-c", "from cli.main import run; run()", *arguments],
        env=environment | {STATE_DIR_VARIABLE: str(state.root)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def wait(happened: Callable[[], bool], what: str, *, timeout_s: float = 90.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline, f"{what}: not in {timeout_s} s"
        time.sleep(0.2)


def test_demo_takes_every_photograph_all_the_way(state: StateDir) -> None:
    done = plumbline(state, "demo", "--once")
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["images"] == result["tasks_accepted"] == 16
    assert result["contested"] >= 1
    assert result["mean_iou_to_truth"] > 0.85
    assert {p.name for p in Path(result["release_path"]).iterdir()} >= {"report.html", "photographs.png"}
    assert plumbline(state, "status").returncode == 3


def read_stack(state: StateDir) -> Any:
    stack = state.read_stack()
    assert stack is not None
    return stack


def kill_everything(state: StateDir) -> None:
    """SIGKILL the launcher and every child at once, as a power cut of the processes would."""
    stack = read_stack(state)
    processes = [stack.launcher, *(child.process for child in stack.children if child.process)]
    for process in processes:
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
    wait(lambda: not any(p.is_alive() for p in processes), "everything is dead")


def test_killing_every_process_at_once_loses_nothing(state: StateDir) -> None:
    assert plumbline(state, "up", "--detach").returncode == 0
    environment = read_stack(state).environment
    with organisations.open_database(environment) as database:
        client_org = organisations.create_organisation(database, kind=OrganisationKind.CLIENT, name="client")
        manager = organisations.add_member(
            database, organisation_id=client_org, email="m@example.org", role=Role.MANAGER
        )
        people = [
            organisations.add_member(
                database, organisation_id=client_org, email=f"a{n}@example.org", role=Role.ANNOTATOR
            )
            for n in range(2)
        ]

    with ExitStack() as opened:
        _kill_twice(state, environment, opened, manager.token, [p.token for p in people])


def _kill_twice(
    state: StateDir, environment: Any, opened: ExitStack, manager_token: str, annotator_tokens: list[str]
) -> None:
    def connect(token: str) -> Connection:
        connection = Connection(api_url=read_stack(state).urls["api"], token=token)
        opened.callback(connection.close)
        return connection

    client = connect(manager_token)
    body = {"name": "Coins", "ontology": ONTOLOGY, "policy": POLICY}
    project_id = client.call("POST", "/v1/projects", json=body)["id"]
    client.call("POST", f"/v1/projects/{project_id}/workforce", json={})
    uploading.feed_project(client, environment, project_id=project_id, bucket="coins", prefix="")
    pictures = [Upload(f"{n}.png", disc_png(n), "image/png") for n in range(20)]
    uploading.upload(environment, pictures, bucket="coins", prefix="", on_done=lambda _: None)

    kill_everything(state)
    assert plumbline(state, "up", "--detach").returncode == 0

    def is_every_task(wanted: str) -> bool:
        found = client.call("GET", f"/v1/projects/{project_id}/progress")["tasks"]
        return {name: n for name, n in found.items() if n} == {wanted: len(pictures)}

    wait(lambda: is_every_task("open"), "every picture is an open task")
    receipts = []
    for token in annotator_tokens:
        connection = connect(token)
        while lease := connection.call("POST", "/v1/leases", json={}):
            path = f"/v1/leases/{lease['lease_id']}/annotation"
            receipts.append(connection.call("POST", path, json={"objects": [box(*disc_box(0))]}))
    assert len(receipts) == 2 * len(pictures)

    kill_everything(state)
    assert plumbline(state, "up", "--detach").returncode == 0
    wait(lambda: is_every_task("accepted"), "every task is accepted")
    rows = plumbline(state, "status", "--json")
    assert {row["name"] for row in json.loads(rows.stdout)} >= {"api", "relay", "worker", "decider", "segment"}
