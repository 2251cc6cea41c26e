"""Steps of a trace: whose they are, which are sampled, what they cost when nobody looks, and how they leave."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from structlog.testing import capture_logs

from domain.tracing import following, new_trace_id
from runtime import span_export
from runtime.otlp import SdkExporter
from runtime.spans import exporting, record_span, span
from tests.arch.source import ROOT
from tests.receiver import open_receiver

# What a process does: it starts, works at something, and ends.
PROCESS = """
import sys
import runtime.database, runtime.queues
from domain.tracing import following
from runtime.logs import configure_logging
from runtime.span_export import export_spans
from runtime.spans import span
from uuid import UUID
configure_logging(format="json", level="INFO", process="worker")
export_spans(process="worker")
with following(UUID(int=7)), span("images s3_event", kind="consumer", attempt=1), span("ingest", image_id=3):
    pass
print(*(name for name in sys.modules if name.partition(".")[0] == "opentelemetry"))
"""


def open_memory(*, ratio: float = 1.0) -> tuple[SdkExporter, InMemorySpanExporter]:
    memory = InMemorySpanExporter()
    return SdkExporter(SimpleSpanProcessor(memory), process="test", ratio=ratio), memory


def run_process(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, "-c", PROCESS], cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=True
    )


def test_without_a_receiver_no_library_is_imported() -> None:
    assert run_process().stdout.split() == []


def test_spans_reach_a_receiver_before_the_process_ends() -> None:
    with open_receiver() as receiver:
        endpoint = receiver.url.partition("/hook")[0]
        done = run_process(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_RESOURCE_ATTRIBUTES="deployment.environment=test")
    assert "spans_exported" in done.stdout
    [arrived] = receiver.arrived
    assert arrived.path == "/v1/traces"
    [resource] = ExportTraceServiceRequest.FromString(arrived.body).resource_spans
    told = {a.key: a.value.string_value for a in resource.resource.attributes}
    assert (told["service.name"], told["deployment.environment"]) == ("plumbline-worker", "test")
    sent = {s.name: s for scope in resource.scope_spans for s in scope.spans}
    assert {s.trace_id for s in sent.values()} == {(7).to_bytes(16, "big")}
    assert sent["ingest"].parent_span_id == sent["images s3_event"].span_id


def test_receiver_without_the_extra_is_told_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "runtime.otlp", None)
    with capture_logs() as lines:
        span_export.export_spans(process="test")
    assert [(line["event"], line["variable"]) for line in lines] == [
        ("spans_not_exported", "OTEL_EXPORTER_OTLP_ENDPOINT")
    ]


@pytest.mark.parametrize(
    ("text", "ratio", "warnings"), [("", 1.0, 0), ("0.25", 0.25, 0), ("2", 1.0, 1), ("a few", 1.0, 1), ("nan", 1.0, 1)]
)
def test_share_of_traces_is_read_from_the_standard_variable(
    text: str, ratio: float, warnings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", text)
    with capture_logs() as lines:
        assert span_export.read_ratio() == ratio
    assert len(lines) == warnings


def test_span_is_of_the_trace_at_hand() -> None:
    exporter, memory = open_memory()
    trace_id = new_trace_id()
    with exporting(exporter), following(trace_id), span("decode", image_id=7) as step:
        step.set(width=640)
    [made] = memory.get_finished_spans()
    assert made.context is not None
    assert (made.name, made.context.trace_id, made.parent) == ("decode", trace_id.int, None)
    assert dict(made.attributes or {}) == {"image_id": 7, "width": 640}


def test_step_of_another_trace_links_to_what_it_was_part_of() -> None:
    exporter, memory = open_memory()
    message, image = new_trace_id(), new_trace_id()
    with exporting(exporter), following(message), span("images key"), following(image), span("ingest"):
        pass
    inner, outer = memory.get_finished_spans()
    assert inner.context is not None
    assert (inner.context.trace_id, inner.parent) == (image.int, None)
    assert [link.context.trace_id for link in inner.links] == [message.int]
    assert outer.context is not None
    assert outer.context.trace_id == message.int


def test_error_that_leaves_a_step_is_noted_and_goes_on() -> None:
    exporter, memory = open_memory()
    with exporting(exporter), pytest.raises(ValueError, match="no"), span("decode"):
        raise ValueError("no")
    [made] = memory.get_finished_spans()
    assert made.status.status_code is StatusCode.ERROR


def test_step_that_was_seen_to_fail_says_so() -> None:
    exporter, memory = open_memory()
    with exporting(exporter), span("images image") as step:
        step.fail(ValueError("no"))
    [made] = memory.get_finished_spans()
    assert made.status.status_code is StatusCode.ERROR
    assert [event.name for event in made.events] == ["exception"]


def test_step_whose_trace_was_learnt_late_keeps_its_beginning() -> None:
    exporter, memory = open_memory()
    began, trace_id = datetime.now(UTC) - timedelta(seconds=2), new_trace_id()
    with exporting(exporter), following(new_trace_id()):
        record_span("submit_annotation", started_at=began, kind="server", trace_id=trace_id, status=201)
    [made] = memory.get_finished_spans()
    assert made.context is not None
    assert made.context.trace_id == trace_id.int
    assert made.start_time == pytest.approx(began.timestamp() * 1e9, abs=1e6)


def test_every_process_samples_the_same_traces() -> None:
    ids = [new_trace_id() for _ in range(400)]

    def sampled() -> set[int]:
        exporter, memory = open_memory(ratio=0.25)
        with exporting(exporter):
            for trace_id in ids:
                with following(trace_id), span("a step"):
                    pass
        return {s.context.trace_id for s in memory.get_finished_spans() if s.context}

    first = sampled()
    assert first == sampled()
    assert 50 <= len(first) <= 150  # 100 are expected; a version 4 UUID would give none at all


def test_nothing_is_built_while_nobody_looks() -> None:
    def attributes() -> dict[str, Any]:
        return {"image_id": 7}

    assert span("decode", **attributes()) is span("store")
