"""Lists as CSV (RFC 4180), a page at a time: no transaction is open while the reader takes what it got."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from starlette.responses import StreamingResponse

PAGE_ROWS = 1000
# A spreadsheet takes a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = TypeVar("Row")


class CsvStream(StreamingResponse):
    media_type = "text/csv"


def describe_csv(lines: str) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of an operation that answers with CSV."""
    return {200: {"description": lines, "content": {"text/csv": {"schema": {"type": "string"}}}}}


def stream_csv(
    name: str,
    head: Sequence[str],
    first: list[Row],
    read_after: Callable[[Row], list[Row]],
    cells: Callable[[Row], Iterable[object]],
) -> CsvStream:
    """Answer with all rows: the first page, which is read already, and what follows each last row."""

    def lines() -> Iterator[str]:
        yield _line(head)
        rows = first
        while rows:
            yield "".join(_line(cells(row)) for row in rows)
            rows = read_after(rows[-1]) if len(rows) >= PAGE_ROWS else []

    return CsvStream(lines(), headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _line(values: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([_cell(value) for value in values])
    return line.getvalue()


def _cell(value: object) -> str:
    written = "" if value is None else str(value)
    return f"'{written}" if written.startswith(_FORMULA) else written
