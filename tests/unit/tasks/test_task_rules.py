"""What may be done to a task in each state."""

import pytest

from domain.tasks.rules import TaskAction, TaskStand, find_refusal, is_done
from schema.enums import ImageState, TaskState

UNFINISHED = {TaskState.WAITING, TaskState.OPEN, TaskState.DECIDING, TaskState.IN_REVIEW}


def stand(
    state: TaskState, *, frozen: bool = False, newest_round: int = 1, image: ImageState = ImageState.READY
) -> TaskStand:
    return TaskStand(7, state, frozen, 1, newest_round, image)


@pytest.mark.parametrize("state", TaskState)
def test_unfinished_work_is_held_up_and_finished_work_opened_again(state: TaskState) -> None:
    allowed = {action for action in TaskAction if find_refusal(action, stand(state)) is None}
    held = {TaskAction.FREEZE, TaskAction.CANCEL, TaskAction.UNFREEZE}
    assert allowed == (held if state in UNFINISHED else {TaskAction.REOPEN, TaskAction.UNFREEZE})


def test_work_is_opened_again_from_its_newest_round_alone() -> None:
    assert "round 2" in (find_refusal(TaskAction.REOPEN, stand(TaskState.ACCEPTED, newest_round=2)) or "")


def test_work_on_an_image_that_is_gone_is_not_opened_again() -> None:
    gone = stand(TaskState.CANCELLED, image=ImageState.SUPERSEDED)
    assert "superseded" in (find_refusal(TaskAction.REOPEN, gone) or "")


def test_repeat_of_what_was_done_is_told_from_a_refusal() -> None:
    assert is_done(TaskAction.FREEZE, stand(TaskState.OPEN, frozen=True))
    assert is_done(TaskAction.UNFREEZE, stand(TaskState.OPEN))
    assert is_done(TaskAction.CANCEL, stand(TaskState.CANCELLED))
    assert not any(is_done(TaskAction.REOPEN, stand(state)) for state in TaskState)
