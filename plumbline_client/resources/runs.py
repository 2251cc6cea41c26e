"""Runs of a model over what a filter finds in a project."""

import time
from collections.abc import Callable, Iterator

from plumbline_client.connection import Connection, parse
from plumbline_client.errors import PlumblineError
from schema.bodies.runs import NewRunBody, RunBody, RunEstimateBody, SetPictureBody
from schema.enums import RunPurpose, RunState
from schema.models import RunFilter

POLL_S = 1.0


class Runs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, project_id: int, *, purpose: RunPurpose | None = None) -> Iterator[RunBody]:
        """Iterate over a project's runs, newest first."""
        return self._connection.pages(RunBody, _path(project_id), purpose=purpose.value if purpose else None)

    def get(self, project_id: int, run_id: int) -> RunBody:
        return self._connection.get(RunBody, _path(project_id, run_id))

    def estimate(self, project_id: int, mapping_id: int, *, filter: RunFilter = RunFilter()) -> RunEstimateBody:
        """Tell what a run would cover and take; creates nothing."""
        body = NewRunBody(mapping_id=mapping_id, filter=filter)
        told = self._connection.call("POST", f"{_path(project_id)}/estimate", json=body.model_dump(mode="json"))
        return parse(RunEstimateBody, told)

    def start(
        self,
        project_id: int,
        mapping_id: int,
        *,
        filter: RunFilter = RunFilter(),
        show: bool = False,
        name: str = "",
        purpose: RunPurpose = RunPurpose.RUN,
    ) -> RunBody:
        """Run the model of a mapping; `show` gives its pre-labels to tasks that nobody has begun."""
        body = NewRunBody(mapping_id=mapping_id, purpose=purpose, name=name, filter=filter, show=show)
        made = self._connection.call("POST", _path(project_id), json=body.model_dump(mode="json"), creates=True)
        return parse(RunBody, made)

    def pause(self, project_id: int, run_id: int) -> RunBody:
        return self._act(project_id, run_id, "pause")

    def resume(self, project_id: int, run_id: int) -> RunBody:
        return self._act(project_id, run_id, "resume")

    def cancel(self, project_id: int, run_id: int) -> RunBody:
        return self._act(project_id, run_id, "cancel")

    def pictures(self, project_id: int, run_id: int) -> Iterator[SetPictureBody]:
        """Iterate over the pictures of a run with what its model says of them."""
        return self._connection.pages(SetPictureBody, f"{_path(project_id, run_id)}/pictures")

    def wait(
        self,
        project_id: int,
        run_id: int,
        *,
        timeout_s: float = 86_400.0,
        poll_s: float = POLL_S,
        on_progress: Callable[[RunBody], None] | None = None,
    ) -> RunBody:
        """Return the run once it is complete; raises PlumblineError when it failed or was cancelled, or TimeoutError.

        A run that somebody paused is waited for; one that paused because its model cannot be used raises too.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.get(project_id, run_id)
            if on_progress is not None:
                on_progress(found)
            if found.state is RunState.COMPLETE:
                return found
            is_stuck = found.state is RunState.PAUSED and found.reason is not None
            if is_stuck or found.state in {RunState.FAILED, RunState.CANCELLED}:
                why = f": {found.reason}" if found.reason else ""
                raise PlumblineError(f"run_{found.state.value}", f"run {run_id} {found.state.value}{why}", status=None)
            if time.monotonic() > deadline:
                raise TimeoutError(f"run {run_id} is not complete after {timeout_s:g} s")
            time.sleep(poll_s)

    def _act(self, project_id: int, run_id: int, verb: str) -> RunBody:
        return parse(RunBody, self._connection.call("POST", f"{_path(project_id, run_id)}/{verb}"))


def _path(project_id: int, run_id: int | None = None) -> str:
    return f"/v1/projects/{project_id}/runs" + ("" if run_id is None else f"/{run_id}")
