"""`plumbline review …`: what waits for a supervisor."""

from itertools import islice
from typing import Annotated

import typer

from cli.connection import connect
from cli.printing import JsonFlag, ProjectOption, print_rows

app = typer.Typer(no_args_is_help=True, help="What is contested.")

COLUMNS = {
    "task": "id",
    "key": "key",
    "agreement": "agreement",
    "causes": "causes",
    "since": "state_since",
    "why": "reason",
}


@app.command("list")
def list_reviews(
    project: ProjectOption,
    cause: Annotated[str | None, typer.Option(help="Only tasks contested for this, such as boundary.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the tasks in review, those with the least agreement first."""
    path = f"/v1/projects/{project}/tasks"
    found = connect().client.connection.items(path, state="in_review", sort="agreement", cause=cause)
    rows = list(islice(found, limit))
    if not as_json:
        rows = [row | {"causes": " ".join(row["causes"])} for row in rows]
    print_rows(rows, COLUMNS, as_json=as_json)
