"""One trace from a bucket's event to the accepted label and to whoever is told of it: lines, envelopes, rows, spans."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.testing import capture_logs

from domain.tracing import following, get_trace_id, new_trace_id
from runtime.logs import add_trace_id, configure_logging
from runtime.otlp import SdkExporter
from runtime.spans import exporting
from runtime.tracing import parse_traceparent, traceparent
from schema.enums import Topic
from tests.harness import Job, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png
from tests.receiver import open_receiver


@dataclass(frozen=True, slots=True)
class Story:
    """A picture's way to its accepted label, and what it left behind."""

    job: Job
    lines: list[dict[str, Any]]
    envelopes: list[dict[str, Any]]
    spans: tuple[ReadableSpan, ...]

    @property
    def trace_id(self) -> str:
        return str(self.job.images()[0]["trace_id"])

    def span(self, name: str) -> ReadableSpan:
        [found] = [s for s in self.spans if s.name == name]
        return found


def tell(stack: Stack) -> Story:
    job = make_job(stack, policy={"prelabeling": "plain_background", "prelabel_class_id": 1})
    stack.pump()  # what the job itself sent is no part of the story
    seen, memory = len(stack.delivered), InMemorySpanExporter()
    with open_receiver() as receiver:
        job.client.call("POST", "/v1/webhooks", json={"url": receiver.url})
        configure_logging(format="json", level="INFO", process="test")
        exporter = SdkExporter(SimpleSpanProcessor(memory), process="test", ratio=1.0)
        with (
            exporting(exporter),
            capture_logs(processors=[structlog.contextvars.merge_contextvars, add_trace_id]) as lines,
        ):
            stack.put(job.bucket, "a.png", disc_png())
            stack.pump()
            for person in job.annotators[:2]:
                lease = job.claim(person)
                assert lease is not None
                job.submit(person, lease, [box(*disc_box(0)), box(*disc_box(1), class_id=2)])
            stack.pump()
        configure_logging(format="json", level="WARNING", process="test")
        assert receiver.arrived, "nobody was told"
    messages = [json.loads(body) for _, body in stack.delivered[seen:]]
    envelopes = [message for message in messages if "body" in message]  # the others are a bucket's
    return Story(job, [dict(line) for line in lines], envelopes, memory.get_finished_spans())


@pytest.fixture(scope="module")
def story(shared_stack: Stack) -> Story:
    told = tell(shared_stack)
    assert told.job.tasks()[0]["state"] == "accepted"
    return told


def test_every_log_line_of_a_picture_names_its_trace(story: Story) -> None:
    events = {line["event"] for line in story.lines}
    assert events >= {"image_ready", "image_prelabelled", "request_served", "task_decided", "webhook_attempted"}
    assert {(line["event"], line.get("trace_id")) for line in story.lines} == {(e, story.trace_id) for e in events}


def test_every_message_of_a_picture_carries_its_trace(story: Story) -> None:
    assert {e["body"]["type"] for e in story.envelopes} >= {"prelabel", "decide", "event", "delivery"}
    assert {e["trace"][3:35] for e in story.envelopes} == {story.trace_id}


def test_image_and_task_tell_the_trace_that_the_log_names(story: Story) -> None:
    [task] = story.job.tasks()
    assert task["trace_id"] == story.trace_id
    assert len(story.trace_id) == 32


def test_spans_of_a_picture_reach_from_ingest_to_the_decision(story: Story) -> None:
    assert {format(s.context.trace_id, "032x") for s in story.spans if s.context} == {story.trace_id}
    names = [s.name for s in story.spans]
    assert {"ingest", "download", "decode", "store", "prelabel", "claim_task", "submit_annotation", "decide"} <= {
        *names
    }
    assert names.count("submit_annotation") == 2


def test_a_step_inside_another_is_its_child(story: Story) -> None:
    ingest, decode = story.span("ingest"), story.span("decode")
    assert ingest.context is not None
    assert decode.parent is not None
    assert decode.parent.span_id == ingest.context.span_id


def test_request_joins_the_trace_that_came_with_it(shared_stack: Stack) -> None:
    given = new_trace_id()
    answer = shared_stack.client.get("/healthz", headers={"traceparent": traceparent(given)})
    assert parse_traceparent(answer.headers["traceparent"]) == given


def test_request_begins_a_trace_of_its_own_where_none_can_be_read(shared_stack: Stack) -> None:
    answers = [shared_stack.client.get("/healthz", headers={"traceparent": "nonsense"}) for _ in range(2)]
    first, second = (parse_traceparent(answer.headers["traceparent"]) for answer in answers)
    assert first
    assert second
    assert first != second


def test_answer_about_a_task_names_the_task_s_trace_whatever_came_with_the_request(story: Story) -> None:
    [task] = story.job.tasks()
    client = story.job.client
    answer = client.client.get(
        f"/v1/tasks/{task['id']}",
        headers={"Authorization": f"Bearer {client.token}", "traceparent": traceparent(new_trace_id())},
    )
    assert answer.headers["traceparent"][3:35] == story.trace_id


def test_next_round_of_a_task_goes_on_in_its_trace_also_among_many(stack: Stack) -> None:
    job = make_job(stack)
    for seed in (1, 2):
        stack.put(job.bucket, f"{seed}.png", disc_png(seed))
    stack.pump()
    tasks = {t["id"]: t["trace_id"] for t in job.tasks()}
    path = f"/v1/projects/{job.project_id}/tasks/actions"
    job.client.call("POST", path, json={"action": "cancel", "task_ids": [*tasks], "reason": "a try"})
    job.client.call("POST", path, json={"action": "reopen", "task_ids": [*tasks], "reason": "a try"})
    seen = len(stack.delivered)
    stack.pump()
    sent = [json.loads(body) for topic, body in stack.delivered[seen:] if topic is Topic.PRELABEL]
    assert {e["trace"][3:35] for e in sent} == {*tasks.values()}


def test_trace_is_left_with_the_block_that_follows_it() -> None:
    with following(new_trace_id()):
        outer = get_trace_id()
        with following(new_trace_id()):
            assert get_trace_id() != outer
        assert get_trace_id() == outer
    assert get_trace_id() is None
