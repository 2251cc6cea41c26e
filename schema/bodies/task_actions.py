"""What people do to tasks: hold them up, let them go on, give them up, open them again."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from schema.bodies.base import Body, Id
from schema.enums import Cause

Reason = Annotated[str, Field(min_length=1, max_length=2_000, examples=["the scale bar covers half of the cells"])]
ActionName = Literal["freeze", "unfreeze", "cancel", "reopen"]


class ReasonBody(Body):
    """Why; everybody who works on the task can read it."""

    reason: Reason


class TaskFilterBody(Body):
    """The tasks that fit every condition given, as in the list of tasks."""

    state: Literal["waiting", "open", "deciding", "in_review", "accepted", "rejected", "cancelled"] | None = None
    frozen: bool | None = None
    key: Annotated[str, Field(min_length=1, max_length=1_024, examples=["2025/05/"])] | None = None
    cause: Cause | None = None


class TaskActionsBody(Body):
    """One action for many tasks: those named, or the first thousand that fit a filter."""

    action: Annotated[ActionName, Field(examples=["freeze"])]
    task_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=1_000, examples=[[31, 32]])] | None = None
    filter: TaskFilterBody | None = None
    reason: Reason | None = None

    @model_validator(mode="after")
    def _whole(self) -> "TaskActionsBody":
        if (self.task_ids is None) == (self.filter is None):
            raise ValueError("give either task_ids or filter")
        if self.reason is None and self.action != "unfreeze":
            raise ValueError(f"reason is needed to {self.action} tasks")
        return self


class TaskOutcomeBody(Body):
    """What became of one task: `unchanged` was so already, `refused` says why in `problem`."""

    task_id: int
    outcome: Literal["changed", "unchanged", "refused"]
    problem: str | None
    opened_task_id: Annotated[int | None, Field(description="the next round, when it was opened again")]


class TaskOutcomesBody(Body):
    """The outcome of each task; `more` when the filter fits tasks beyond these."""

    items: tuple[TaskOutcomeBody, ...]
    changed: int
    refused: int
    more: bool
