"""Sends steps to whoever OpenTelemetry's own variables name. Its library is an optional extra, imported only then."""

import os
from typing import Final

import structlog

from runtime.spans import send_to

log = structlog.get_logger()
ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
RATIO: Final = "OTEL_TRACES_SAMPLER_ARG"
DISABLED: Final = "OTEL_SDK_DISABLED"


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
    ratio = read_ratio()
    send_to(otlp_exporter(process=process, ratio=ratio))
    log.info("spans_exported", variable=name, ratio=ratio)


def read_ratio() -> float:
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
