"""Structured logs: one line an event; the event's name is constant, identifiers are keywords.

Every line names its process, and its trace where there is one; lines of the standard library's loggers likewise.
"""

import logging
import sys

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from domain.tracing import get_trace_id


def configure_logging(*, format: str, level: str, process: str) -> None:
    """Set structlog up for this process; `format` is json or console."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_trace_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    rendering = _rendering(format)
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(),
        # A stream that a test put in the place of stdout is closed one day.
        cache_logger_on_first_use=sys.stdout is sys.__stdout__,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*shared, _add_logger],
            processors=[ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def _rendering(format: str) -> list[Processor]:
    if format == "json":
        # Without the frames' variables: they hold tokens and whole documents.
        plain = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
        return [plain, structlog.processors.JSONRenderer()]
    return [
        structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback)
    ]


def add_trace_id(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Name the trace of the work at hand, in hex, unless the line names one itself."""
    trace_id = get_trace_id()
    if trace_id is not None:
        event.setdefault("trace_id", trace_id.hex)
    return event


def _add_logger(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Say whose line it is: libraries write sentences, which name no part of ours."""
    record: logging.LogRecord = event["_record"]
    event["logger"] = record.name
    return event
