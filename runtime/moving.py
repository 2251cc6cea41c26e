"""Dead letters straight back into their queue on SQS, for when the desk's database is away.

AWS moves them itself; where that call is missing they are received, sent and deleted one by one.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from runtime.dead_letters import DeadQueues, Taken
from schema.enums import Topic

# What SQS allows a task to move at most in a second.
MOST_RATE_PER_S = 500
LOOK_S = 1.0
_MISSING = (
    "InvalidAction",
    "NotImplemented",
    "UnknownOperation",
    "UnknownOperationException",
    "UnsupportedOperation",
    "AWS.SimpleQueueService.UnsupportedOperation",
)

Progress = Callable[[int], None]


class MoveFailed(Exception):
    """SQS began to move letters and gave up; the message says why."""


def move_back(
    queues: DeadQueues,
    client: Any,
    topic: Topic,
    *,
    rate_per_s: int,
    on_moved: Progress,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Move the dead letters of a queue back into it, `rate_per_s` a second at most; return how many were moved.

    What dies while this runs is left there, or a message that nobody understands would go in circles.
    """
    if queues.count(topic).dead == 0:
        return 0
    source_arn = queues.arn(topic, dead=True)
    try:
        handle = client.start_message_move_task(
            SourceArn=source_arn,
            DestinationArn=queues.arn(topic),  # what a worker gave up came from no queue that SQS knows of
            MaxNumberOfMessagesPerSecond=min(rate_per_s, MOST_RATE_PER_S),
        )["TaskHandle"]
    except ClientError as error:
        if not _is_missing(error):
            raise
        return _move_one_by_one(queues, topic, rate_per_s=rate_per_s, on_moved=on_moved, sleep=sleep)
    try:
        return _watch(client, source_arn, handle, on_moved=on_moved, sleep=sleep)
    except MoveFailed:
        raise
    except BaseException:  # left to itself it would move whatever dies meanwhile, in circles
        _cancel(client, handle)
        raise


def _is_missing(error: ClientError) -> bool:
    return str(error.response.get("Error", {}).get("Code", "")) in _MISSING


def _watch(client: Any, source_arn: str, handle: str, *, on_moved: Progress, sleep: Callable[[float], None]) -> int:
    """Wait for the task's end; it is stopped once it has moved as many as there were when it began."""
    moved, cancelled = 0, False
    while True:
        tasks = client.list_message_move_tasks(SourceArn=source_arn, MaxResults=1)["Results"]
        if not tasks:  # it has not shown itself yet
            sleep(LOOK_S)
            continue
        task = tasks[0]
        now_moved = int(task.get("ApproximateNumberOfMessagesMoved", 0))
        on_moved(now_moved - moved)
        moved = now_moved
        if task["Status"] == "FAILED":
            raise MoveFailed(f"{task.get('FailureReason', 'no reason was given')} ({moved} were moved)")
        if task["Status"] in ("COMPLETED", "CANCELLED"):
            return moved
        if not cancelled and moved >= int(task.get("ApproximateNumberOfMessagesToMove", moved + 1)):
            cancelled = _cancel(client, handle)
        sleep(LOOK_S)


def _cancel(client: Any, handle: str) -> bool:
    """Stop a task; one that has just ended cannot be, which is as well."""
    try:
        client.cancel_message_move_task(TaskHandle=handle)
    except ClientError as error:
        if str(error.response.get("Error", {}).get("Code", "")).rpartition(".")[2] != "ResourceNotFoundException":
            raise
    return True


def _move_one_by_one(
    queues: DeadQueues, topic: Topic, *, rate_per_s: int, on_moved: Progress, sleep: Callable[[float], None]
) -> int:
    moved, began, clock = 0, datetime.now(UTC), time.monotonic()
    younger: list[Taken] = []
    while letters := queues.take(topic, wait_s=1):
        older = [letter for letter in letters if letter.message.sent_at <= began]
        younger += [letter for letter in letters if letter.message.sent_at > began]
        if not older:
            break
        for letter in older:
            sleep(max(0.0, clock + moved / rate_per_s - time.monotonic()))
            queues.send_back(topic, letter)
            moved += 1
            on_moved(1)
    queues.let_go(topic, younger)
    return moved
