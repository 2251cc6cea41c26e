"""Steps of a trace, measured for whoever looks. By default nobody does: a step then costs next to nothing.

`export_spans` looks for a receiver in OpenTelemetry's own variables; its library is an optional extra, and is not
imported before.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Final, Literal, Protocol
from uuid import UUID

import structlog

from domain.tracing import get_trace_id

log = structlog.get_logger()
ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
RATIO: Final = "OTEL_TRACES_SAMPLER_ARG"
DISABLED: Final = "OTEL_SDK_DISABLED"

Attribute = str | int | float | bool
Kind = Literal["internal", "server", "producer", "consumer"]


class Step(Protocol):
    """A step of the work at hand, while it lasts."""

    def set(self, **attributes: Attribute) -> None:
        """Say more of the step."""

    def fail(self, error: Exception) -> None:
        """Say that the step failed; one that an error leaves says so by itself."""


class Exporter(Protocol):
    """Where steps go."""

    def span(
        self, name: str, trace_id: int | None, kind: Kind, attributes: dict[str, Attribute]
    ) -> AbstractContextManager[Step]:
        """Measure the block; an error that leaves it is noted and goes on."""

    def record(
        self, name: str, trace_id: int | None, kind: Kind, started_at: datetime, attributes: dict[str, Attribute]
    ) -> None:
        """Write a step that ends now."""


class _Unseen:
    def set(self, **attributes: Attribute) -> None:
        return

    def fail(self, error: Exception) -> None:
        return


_UNSEEN: Final = nullcontext[Step](_Unseen())
_exporters: Final[list[Exporter]] = []


def span(name: str, /, *, kind: Kind = "internal", **attributes: Attribute) -> AbstractContextManager[Step]:
    """Measure a step of the trace at hand: `with span("decode", image_id=7) as step: …; step.set(width=640)`."""
    if not _exporters:
        return _UNSEEN
    return _exporters[-1].span(name, _at_hand(None), kind, attributes)


def record_span(
    name: str,
    /,
    *,
    started_at: datetime,
    kind: Kind = "internal",
    trace_id: UUID | None = None,
    **attributes: Attribute,
) -> None:
    """Write a step that ends now, whose trace (None: the one at hand) was not known when it began."""
    if _exporters:
        _exporters[-1].record(name, _at_hand(trace_id), kind, started_at, attributes)


def _at_hand(trace_id: UUID | None) -> int | None:
    found = trace_id or get_trace_id()
    return found.int if found else None


@contextmanager
def exporting(exporter: Exporter) -> Iterator[None]:
    """Send the steps of this process there while the block runs."""
    _exporters.append(exporter)
    try:
        yield
    finally:
        _exporters.remove(exporter)


def export_spans(*, process: str) -> None:
    """Export from now on if the environment names a receiver; says so in the log, also when it cannot."""
    name = next((name for name in ENDPOINTS if os.environ.get(name)), None)
    if name is None or os.environ.get(DISABLED, "").lower() == "true":
        return
    try:
        from runtime.otlp import otlp_exporter  # noqa: PLC0415 - an optional extra, and slow to import
    except ImportError as error:
        log.warning("spans_not_exported", variable=name, error=repr(error), remedy="install plumbline[otel]")
        return
    ratio = _ratio()
    _exporters.append(otlp_exporter(process=process, ratio=ratio))
    log.info("spans_exported", variable=name, ratio=ratio)


def _ratio() -> float:
    """Return which share of traces is exported, in [0, 1]."""
    text = os.environ.get(RATIO) or "1"
    try:
        ratio = float(text)
    except ValueError:
        ratio = -1.0
    if 0.0 <= ratio <= 1.0:
        return ratio
    log.warning("sampling_ratio_unreadable", variable=RATIO, value=text)
    return 1.0
