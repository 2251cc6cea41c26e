"""What the process that always runs tells of queues and waiting rows, with no worker there to say it."""

import pytest
from prometheus_client import REGISTRY

from domain.backlog.rules import ASSUMED_S
from runtime.dead_letters import DeadQueues
from schema.enums import Topic
from tests.harness import Stack, make_job
from tests.integration.pictures import disc_png
from workers.depths import Depths


def sample(stack: Stack, *, deadline_s: float = 120.0) -> None:
    queues = DeadQueues(prefix=stack.settings.queue_prefix, client=stack.sqs)
    Depths(stack.relay_database, queues, deadline_s=deadline_s).sample()


def figure(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, f"{name} {labels} is not exported"
    return found


def test_backlog_of_a_queue_that_nobody_works_at_is_told(stack: Stack) -> None:
    job = make_job(stack)
    stack.pump()
    for seed in (1, 2):
        stack.put(job.bucket, f"{seed}.png", disc_png(seed))
    sample(stack)
    waiting = figure("plumbline_queue_messages", queue="images", state="waiting")
    assert waiting == 2
    assert figure("plumbline_backlog_seconds", queue="images") == pytest.approx(waiting * ASSUMED_S[Topic.IMAGES])
    stack.pump()
    sample(stack)
    assert figure("plumbline_backlog_seconds", queue="images") == 0


def test_dead_letters_of_a_queue_are_counted(stack: Stack) -> None:
    stack.sqs.send_message(QueueUrl=stack.queue_url(Topic.DECIDE, dead=True), MessageBody="{}")
    sample(stack)
    assert figure("plumbline_queue_messages", queue="decide", state="dead") == 1


def test_age_of_the_oldest_waiting_row_grows_also_when_it_is_announced_again(stack: Stack) -> None:
    job = make_job(stack)
    stack.pump()
    stack.put(job.bucket, "a.png", disc_png())
    for body in stack.receive_all(Topic.IMAGES):
        stack.deliver(Topic.IMAGES, body)
    sample(stack)
    assert 0 < figure("plumbline_oldest_waiting_seconds", state="waiting") < 100
    assert figure("plumbline_oldest_waiting_seconds", state="received") == 0
    stack.sweep()  # announces it again, and its wait begins anew
    sample(stack, deadline_s=100.0)
    assert figure("plumbline_oldest_waiting_seconds", state="waiting") >= 100


def test_connections_in_use_are_told_by_role(stack: Stack) -> None:
    with stack.database.begin(None):
        assert figure("plumbline_database_connections_in_use", role="plumbline_app") == 1
    assert figure("plumbline_database_connections_in_use", role="plumbline_app") == 0
    assert figure("plumbline_database_pool_size", role="plumbline_app") == 8
