"""`plumbline board` and `plumbline time …`: what people have done, and for how long."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import connect, told
from cli.printing import JsonFlag, print_rows

app = typer.Typer(no_args_is_help=True, help="Measured time.")
COLUMNS = {
    "who": "who",
    "answers": "submits",
    "skips": "skips",
    "run out": "expiries",
    "given back": "releases",
    "active s": "active_s",
    "s an answer": "seconds_per_answer",
    "pre-labels kept": "prelabels_accepted",
    "returned": "returned",
    "acceptance": "acceptance",
}


def show_board(
    by: Annotated[str, typer.Option("--by", help="member, team, site, project or hour.")] = "member",
    project: Annotated[int | None, typer.Option("--project", help="One project; else all that you see.")] = None,
    stage: Annotated[str | None, typer.Option(help="label or review.")] = None,
    since: Annotated[str | None, typer.Option(help="From this time, such as 2026-11-25T00:00:00Z.")] = None,
    until: Annotated[str | None, typer.Option(help="To this time; now by default, and 24 hours before it.")] = None,
    sort: Annotated[str | None, typer.Option(help="Such as -submits, -skip_rate, seconds_per_answer.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what people have done, summed in whole hours."""
    wanted = {"project_id": project, "stage": stage, "since": since, "until": until, "sort": sort}
    rows = connect().list_all("/v1/board", by=by, **wanted)
    if not as_json:
        rows = [{k: f"{v:.3g}" if isinstance(v, float) and k != "active_s" else v for k, v in r.items()} for r in rows]
    print_rows(rows, COLUMNS, as_json=as_json)


@app.command("export")
def export_time(
    month: Annotated[str, typer.Option("--month", help="The month in UTC, such as 2026-11.")],
    project: Annotated[int | None, typer.Option("--project", help="One project; else all that you know.")] = None,
    out: Annotated[Path | None, typer.Option("--out", dir_okay=False, help="The file; else standard output.")] = None,
) -> None:
    """Export a month of measured time as CSV, by pseudonym and project."""
    client = connect().client
    if out is not None:
        with told():
            client.boards.export_time(month, out, project_id=project)
        print(f"wrote {out}", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:  # whole or not at all: half a month looks like a month
        path = Path(folder) / "time.csv"
        with told():
            client.boards.export_time(month, path, project_id=project)
        with path.open(encoding="utf-8", newline="") as file:
            shutil.copyfileobj(file, sys.stdout)
