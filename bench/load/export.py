"""An export under way: accepted tasks with merged objects, and releases of them one after the other, in a process of
its own that consumes nothing else."""

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import ExitStack
from random import Random
from typing import Any, LiteralString, Self

from bench.load.drawings import draw
from bench.load.rows import Connection, write_tasks
from bench.load.workplace import Workplace
from cli.launcher.stack import python_argv
from cli.launcher.state import source_root
from tests.services import end

POLL_S = 0.3
START_TIMEOUT_S = 60.0

_DECISIONS: tuple[LiteralString, ...] = (
    "SET LOCAL session_replication_role = replica",
    """
INSERT INTO decision (client_org, project_id, task_id, submits, rule, inputs, parameters_version, outcome, reason,
                      agreement)
SELECT client_org, project_id, id, submits, 'quorum-1', '{}', 1, 'accept', 'agreed', '{}' FROM task
WHERE id BETWEEN %(first)s AND %(last)s AND project_id = %(project)s
""",
    """
UPDATE task SET decision_id = d.id FROM decision d
WHERE d.task_id = task.id AND task.id BETWEEN %(first)s AND %(last)s AND task.project_id = %(project)s
""",
    """
INSERT INTO consensus_object (decision_id, id, client_org, project_id, task_id, position, class_id, vote_share,
                              class_share, cause, versions, object)
SELECT d.id, gen_random_uuid(), d.client_org, d.project_id, d.task_id, n, CAST(o->>'class_id' AS int), 1, 1, '{}', '{}',
  o
FROM decision d CROSS JOIN jsonb_array_elements(CAST(%(objects)s AS jsonb)) WITH ORDINALITY AS drawn(o, n)
WHERE d.task_id BETWEEN %(first)s AND %(last)s AND d.project_id = %(project)s
""",
)


def write_accepted(admin: Connection, *, project_id: int, count: int) -> None:
    """Write accepted tasks, each with the same five merged polygons."""
    tasks = write_tasks(admin, project_id=project_id, count=count, target=1, is_done=True)
    values = {"project": project_id, "first": tasks.first_id, "last": tasks.last_id}
    with admin.transaction():
        for statement in _DECISIONS:
            admin.execute(statement, values | {"objects": json.dumps(draw(Random(1)))})


class Export:
    """Keeps one release after the other under way while the block runs."""

    def __init__(self, place: Workplace, project_id: int) -> None:
        self._place, self._project_id = place, project_id
        self._stop = threading.Event()
        self._open = ExitStack()
        self.completed = 0
        self.failure: str | None = None

    def __enter__(self) -> Self:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PLUMBLINE_"))}
        child = subprocess.Popen(
            python_argv("workers", "consume", "--topics", "release"),
            cwd=source_root(),
            env=kept | dict(self._place.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._open.callback(end, child, signal.SIGTERM)
        thread = threading.Thread(target=self._keep_going)
        thread.start()
        self._open.callback(thread.join)
        self._open.callback(self._stop.set)
        self._wait_under_way()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _keep_going(self) -> None:
        try:
            while not self._stop.is_set():
                made = self._place.client.call("POST", "/v1/releases", json={"project_id": self._project_id})
                self._follow(made["id"])
        except Exception as error:  # noqa: BLE001  # told where the figures are
            self.failure = repr(error)

    def _follow(self, release_id: int) -> None:
        while not self._stop.wait(POLL_S):
            release: dict[str, Any] = self._place.client.call("GET", f"/v1/releases/{release_id}")
            if release["state"] == "failed":
                raise RuntimeError(f"the release failed: {release['reason']}")
            if release["state"] == "complete":
                self.completed += 1
                return

    def _wait_under_way(self) -> None:
        """Wait until the first shard of the first release is written, or a whole small one."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self.failure is None and not self.completed:
            with self._place.admin() as admin:
                row = admin.execute("SELECT count(*) FROM release_shard").fetchone()
            if row is not None and row[0]:
                return
            time.sleep(POLL_S)
        if self.failure or not self.completed:
            self._open.close()
            raise RuntimeError(self.failure or "no export got under way")
