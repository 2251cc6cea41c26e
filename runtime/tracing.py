"""Trace context on the wire, as W3C Trace Context writes it (`traceparent`, level 1, 2021)."""

import re
from uuid import UUID

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_NOT_SAMPLED = "00"


def traceparent(trace_id: UUID) -> str:
    """Return the header of a trace. Its parent is a span that no process has: the trace itself, by its low 64 bits."""
    return f"00-{trace_id.hex}-{trace_id.hex[16:]}-{_NOT_SAMPLED}"


def parse_traceparent(text: object) -> UUID | None:
    """Return the trace that a header names; None for none, or one that cannot be read."""
    found = _TRACEPARENT.fullmatch(text) if isinstance(text, str) else None
    trace_id = UUID(found.group(1)) if found else None
    return trace_id if trace_id and trace_id.int else None
