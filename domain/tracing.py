"""Which trace the work at hand belongs to: 128 bits that travel from a bucket's event to the accepted label.

A value of the context, so that whatever is written meanwhile carries it on. Knows no exporter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_CURRENT: ContextVar[UUID | None] = ContextVar("plumbline_trace_id", default=None)


def get_trace_id() -> UUID | None:
    """Return the trace of the work at hand, None outside of any."""
    return _CURRENT.get()


@contextmanager
def following(trace_id: UUID | None) -> Iterator[None]:
    """Do what stands in the block as part of a trace."""
    token = _CURRENT.set(trace_id)
    try:
        yield
    finally:
        _CURRENT.reset(token)
