"""The chain that every line goes through."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from domain.tracing import following, new_trace_id
from runtime.logs import configure_logging


@contextmanager
def logging_to_stdout(*, format: str = "json", level: str = "INFO") -> Iterator[None]:
    """Configure as a process does, with a root logger that has no handler; pytest's come back afterwards."""
    root = logging.getLogger()
    handlers, before = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        configure_logging(format=format, level=level, process="worker")
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(before)


def read_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_line_of_ours_and_of_a_library_name_the_trace_at_hand(capsys: pytest.CaptureFixture[str]) -> None:
    trace_id = new_trace_id()
    with logging_to_stdout(), following(trace_id):
        structlog.get_logger().info("image_ready", image_id=7)
        logging.getLogger("botocore.retry").warning("tried %s times", 3)
    ours, library = read_lines(capsys)
    assert (ours["event"], ours["trace_id"], ours["process"]) == ("image_ready", trace_id.hex, "worker")
    assert (library["event"], library["trace_id"], library["logger"]) == (
        "tried 3 times", trace_id.hex, "botocore.retry",
    )  # fmt: skip


def test_line_outside_of_any_trace_names_none(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to_stdout():
        structlog.get_logger().info("worker_ready")
    [line] = read_lines(capsys)
    assert "trace_id" not in line


def test_error_of_a_library_is_one_line_without_the_variables_of_its_frames(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with logging_to_stdout():
        try:
            raise ValueError("no")
        except ValueError:
            logging.getLogger("aiobotocore").exception("broken")
    [line] = read_lines(capsys)
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert "locals" not in json.dumps(line)


def test_library_says_only_what_is_worth_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to_stdout(format="console", level="DEBUG"):
        logging.getLogger("a_library").info("a detail")
        logging.getLogger("a_library").warning("a warning")
    text = capsys.readouterr().out
    assert "a warning" in text
    assert "a detail" not in text
