"""Which trace the work at hand belongs to: 128 bits that travel from a bucket's event to the accepted label.

A value of the context, so that whatever is written meanwhile carries it on. Knows no exporter.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(slots=True)
class _Trace:
    """Shared by the copies of a context: a request goes on in the event loop after a thread learnt what it is about."""

    id: UUID | None


_CURRENT: ContextVar[_Trace | None] = ContextVar("plumbline_trace", default=None)


def new_trace_id() -> UUID:
    """Return a new trace. All its bits are random, those of a version 4 UUID are not: samplers go by their value."""
    return UUID(int=secrets.randbits(128) or 1)


def get_trace_id() -> UUID | None:
    """Return the trace of the work at hand, None outside of any."""
    trace = _CURRENT.get()
    return trace.id if trace else None


@contextmanager
def following(trace_id: UUID | None) -> Iterator[None]:
    """Do what stands in the block as part of a trace."""
    token = _CURRENT.set(_Trace(trace_id))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def adopt(trace_id: UUID | None) -> None:
    """Go on in the trace of what the work at hand turned out to be about; does nothing outside of any `following`."""
    trace = _CURRENT.get()
    if trace is not None and trace_id is not None:
        trace.id = trace_id
