"""What commands print: tables and JSON on stdout, progress on stderr; and the options that many commands share."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.exits import CommandFailed


class Advance(Protocol):
    """Moves a bar on, by one or by so many; a total that became known is named once or again."""

    def __call__(self, count: int = 1, *, total: int | None = None) -> None: ...


JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
ProjectOption = Annotated[int, typer.Option("--project", help="The project's id.")]


def print_json(value: object) -> None:
    """Print a value, indented, and nothing else."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows below their head, each column as wide as its widest cell; None is an empty cell."""
    cells = [list(head), *(["" if c is None else str(c) for c in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, as_json: bool) -> None:
    """Print JSON objects as they are, or as a table of `columns` (head → field)."""
    if as_json:
        print_json(list(rows))
    else:
        print_table(list(columns), [[row[field] for field in columns.values()] for row in rows])


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; raises CommandFailed."""
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise CommandFailed(f"{path} is not JSON: {error}") from error


@contextmanager
def show_progress(what: str, *, total: int | None) -> Iterator[Advance]:
    """Show a bar on stderr while the block runs, and yield what moves it on; without a terminal nothing is shown.

    Where the total is not known yet, what moves the bar on names it when it is.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)
    with bar:
        task = bar.add_task(what, total=total)

        def advance(count: int = 1, *, total: int | None = None) -> None:
            bar.update(task, advance=count, total=total)

        yield advance
