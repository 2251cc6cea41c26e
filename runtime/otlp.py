"""Spans by OpenTelemetry's SDK, in our own traces. Needs the extra `otel`: imported only where spans are exported."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

from runtime.spans import Attribute, Kind, Step

_WANTED: ContextVar[int | None] = ContextVar("plumbline_wanted_trace", default=None)


class _OurTraces(RandomIdGenerator):
    """Begins a trace under the id that ours has already."""

    def generate_trace_id(self) -> int:
        return _WANTED.get() or super().generate_trace_id()


class _Step:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, **attributes: Attribute) -> None:
        self._span.set_attributes(attributes)

    def fail(self, error: Exception) -> None:
        self._span.record_exception(error)
        self._span.set_status(Status(StatusCode.ERROR, str(error)))


class SdkExporter:
    """Makes spans. Whether a trace is sampled follows from its id alone, alike in every process and at every hop."""

    def __init__(self, processor: SpanProcessor, *, process: str, ratio: float) -> None:
        resource = Resource.create()  # from OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES
        if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
            resource = resource.merge(Resource({SERVICE_NAME: f"plumbline-{process}"}))
        self._provider = TracerProvider(sampler=TraceIdRatioBased(ratio), id_generator=_OurTraces(), resource=resource)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("plumbline")

    @contextmanager
    def span(self, name: str, trace_id: int | None, kind: Kind, attributes: dict[str, Attribute]) -> Iterator[Step]:
        """Measure the block; inside a span of another trace this one begins its own, with a link to that."""
        context, links = _place(trace_id)
        token = _WANTED.set(trace_id)
        try:
            span = self._tracer.start_span(
                name, context=context, kind=SpanKind[kind.upper()], attributes=attributes, links=links
            )
        finally:
            _WANTED.reset(token)
        with trace.use_span(span, end_on_exit=True):
            yield _Step(span)

    def record(
        self, name: str, trace_id: int | None, kind: Kind, started_at: datetime, attributes: dict[str, Attribute]
    ) -> None:
        """Write a span that ends now."""
        context, links = _place(trace_id)
        token = _WANTED.set(trace_id)
        try:
            self._tracer.start_span(
                name,
                context=context,
                kind=SpanKind[kind.upper()],
                attributes=attributes,
                links=links,
                start_time=round(started_at.timestamp() * 1e9),
            ).end()
        finally:
            _WANTED.reset(token)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def _place(trace_id: int | None) -> tuple[Context | None, list[Link]]:
    """Return the context and links of a new span: below the span at hand if that is of this trace."""
    around = trace.get_current_span().get_span_context()
    if not around.is_valid:
        return Context(), []
    if trace_id is None or around.trace_id == trace_id:
        return None, []
    return Context(), [Link(around)]


def otlp_exporter(*, process: str, ratio: float) -> SdkExporter:
    """Return what sends spans by OTLP over HTTP; endpoint, headers and time-outs are OpenTelemetry's own variables."""
    return SdkExporter(BatchSpanProcessor(OTLPSpanExporter()), process=process, ratio=ratio)
