"""What may be done to a task in its state. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from schema.enums import ImageState, TaskState

UNFINISHED = frozenset({TaskState.WAITING, TaskState.OPEN, TaskState.DECIDING, TaskState.IN_REVIEW})


class TaskAction(StrEnum):
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    CANCEL = "cancel"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class TaskStand:
    """What decides on an action: the task's state, whether its item has a later round, how its image is."""

    id: int
    state: TaskState
    frozen: bool
    round: int
    newest_round: int
    image_state: ImageState


def is_done(action: TaskAction, task: TaskStand) -> bool:
    """Tell whether the task is already as the action would make it, so that a repeat changes nothing."""
    if action is TaskAction.FREEZE:
        return task.frozen
    if action is TaskAction.UNFREEZE:
        return not task.frozen
    return action is TaskAction.CANCEL and task.state is TaskState.CANCELLED


def find_refusal(action: TaskAction, task: TaskStand) -> str | None:
    """Return why the action cannot be done to the task, in a sentence; None when it can."""
    state = task.state.name.lower()
    unfinished = task.state in UNFINISHED
    if action in {TaskAction.FREEZE, TaskAction.CANCEL}:
        remedy = "open it again first" if action is TaskAction.CANCEL else "only unfinished work can be frozen"
        return None if unfinished else f"task {task.id} is {state}; {remedy}"
    if action is TaskAction.UNFREEZE:
        return None
    if unfinished:
        return f"task {task.id} is {state}; only finished work can be opened again"
    if task.newest_round > task.round:
        return f"task {task.id} is round {task.round} of its item, and round {task.newest_round} is there already"
    if task.image_state is not ImageState.READY:
        return f"the image of task {task.id} is {task.image_state.value}"
    return None
