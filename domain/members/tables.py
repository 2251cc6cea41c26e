"""A CSV file with a line of names, as lines of texts by name."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from domain.members.errors import FileRefused


@dataclass(frozen=True, slots=True)
class TableLine:
    """A line of a file; 1 is the line of names."""

    number: int
    values: dict[str, str]


def read_table(
    content: bytes, *, columns: Sequence[str], needed: frozenset[str], most: int, what: str
) -> list[TableLine]:
    """Read a CSV file; raises FileRefused for what is none, has other columns, or not 1 to `most` lines."""
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        names = [name.strip().lower() for name in next(rows, [])]
        if not (needed <= set(names) <= set(columns) and len(names) == len(set(names))):
            wanted = [name for name in columns if name in needed]
            raise FileRefused(
                f"the first line names columns out of {', '.join(columns)}; {' and '.join(wanted)} are needed"
                if len(wanted) < len(columns)
                else f"the first line names the columns {', '.join(columns)}"
            )
        found = [
            TableLine(rows.line_num, {n: value.strip() for n, value in zip(names, row, strict=False)})
            for row in rows
            if any(row)
        ]
    except UnicodeDecodeError as error:
        raise FileRefused("the file is not UTF-8 text") from error
    except csv.Error as error:
        raise FileRefused(f"the file is not CSV: {error}") from error
    if not 0 < len(found) <= most:
        raise FileRefused(f"a file names 1 to {most} {what}, this one names {len(found)}", **{what: len(found)})
    return found
