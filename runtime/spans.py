"""Steps of a trace, measured for whoever looks (`runtime.span_export`). By default nobody does: then a step costs next
to nothing."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Final, Literal, Protocol
from uuid import UUID

from domain.tracing import get_trace_id

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


def send_to(exporter: Exporter) -> None:
    """Send the steps of this process there from now on."""
    _exporters.append(exporter)


@contextmanager
def exporting(exporter: Exporter) -> Iterator[None]:
    """Send the steps of this process there while the block runs."""
    _exporters.append(exporter)
    try:
        yield
    finally:
        _exporters.remove(exporter)
